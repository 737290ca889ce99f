/**
 * What a watch sends to the webhook: one notification for each condition, another one when it changes, one when it
 * clears. What the other watch has sent is not sent again; the watch that sent an alarm also clears it.
 */
import type { AlarmEvent } from "./alarm.ts";
import type { Notified } from "./reports.ts";

export interface Memories {
  /** What this watch has sent. */
  own: Notified;
  /** What the other watch has sent. */
  other: Notified;
}

/**
 * The memories of a round: when the other watch falls silent, its notifications become this watch's own. Those that this
 * watch cannot decide stay with the other one, which alone can see that they ended.
 * @param decided conditions that this watch can judge in this round
 */
export function memoriesOf(
  { own, other }: Memories,
  otherIs: { silent: boolean; knownAsSilent: boolean },
  decided: readonly string[],
): Memories {
  if (!otherIs.silent) return { own, other };
  if (otherIs.knownAsSilent) return { own, other: {} };
  const taken = Object.entries(other).filter(([id]) => decided.includes(id));
  return { own: { ...Object.fromEntries(taken), ...own }, other: {} };
}

/** Marks of issues state no times: adds those of the last report, where it has the same. */
export function withTimes(marked: Notified, reported: Notified): Notified {
  return Object.fromEntries(
    Object.entries(marked).map(([id, it]) => {
      const before = reported[id];
      return [id, before?.material === it.material ? { ...it, at: before.at } : it];
    }),
  );
}

/** What to send for a condition that is raised; `null`: nothing, the last message of both watches said it. */
export function eventOf({ own, other }: Memories, id: string, material: string): AlarmEvent | null {
  const [mine, theirs] = [own[id], other[id]];
  const last = mine && theirs ? (theirs.at > mine.at ? theirs : mine) : mine ?? theirs;
  if (last === undefined) return "raised";
  return last.material === material ? null : "changed";
}

/** Whether the end of a condition is to be sent: when both watches sent the alarm, the later one sends its end. */
export function isEndDue({ own, other }: Memories, id: string): boolean {
  return own[id] !== undefined && other[id] === undefined;
}
