/**
 * One round of a watch: collects facts, judges them, notifies, reports and calls the dead man's switch. Both watches
 * run it; they differ in what they can read and in where they store what the webhook accepted: the watchdog on GitHub
 * in the issues of its alarms, the watch in the database in its report.
 */
import type { Report } from "@backup/api.ts";
import { BackupError, toBackupError } from "@backup/errors.ts";
import { type Result } from "@backup/result.ts";
import type { Target } from "@backup/target.ts";
import { CONDITION_IDS, type WatchFacts, type WatchName } from "@backup/watch/conditions.ts";
import { memoriesOf, withTimes } from "@backup/watch/notifications.ts";
import { otherWatch, type RoundReport, type WatchReports } from "@backup/watch/reports.ts";
import { isSilent } from "@backup/watch/silence.ts";
import { statusOfWatch, watch, type Watched } from "@backup/watch/watch.ts";
import { type Channels, deliver, type Delivered } from "./deliver.ts";
import { type Beat, sendBeat } from "./heartbeat.ts";

/** What the sources answered; one that did not is a failed result. */
export interface Collected {
  facts: Omit<WatchFacts, "now" | "target" | "other">;
  /** The last reports of both watches. */
  reports: Result<WatchReports>;
  /** Kept in the report, for the next round. */
  state: Readonly<Record<string, unknown>>;
}

export interface RoundPorts {
  /** Whose round it is. */
  name: WatchName;
  /** `false`: this installation does without the other watch, whose silence is then no alarm. */
  expectsOther: boolean;
  target: Target;
  /** @param at the round's time, ISO 8601. Never throws for a source that does not answer. */
  collect: (at: string) => Promise<Collected>;
  channels: Channels;
  /** Replaces the report of this watch. @throws {BackupError} `catalog_unavailable` */
  report: (report: Omit<Report, "at">) => Promise<void>;
  runUrl: string | null;
  now: () => Date;
  log: (line: string) => void;
}

export interface Round extends Watched {
  at: string;
  delivered: Delivered;
}

/**
 * A raised condition is not an error if every channel received it.
 * @throws {BackupError} `alert_failed` when a delivery failed; all others were made.
 */
export async function runRound(ports: RoundPorts): Promise<Round> {
  const failures: BackupError[] = [];
  await beat(ports, failures, "start", "");
  let round: Round;
  try {
    round = await watchOnce(ports, failures);
  } catch (thrown) {
    await beat(ports, failures, "fail", toBackupError(thrown).message);
    throw thrown;
  }
  const isWell = failures.length === 0 && statusOfWatch(round.conditions) !== "failed";
  await beat(ports, failures, isWell ? "success" : "fail", heartbeatText(round, failures));
  requireDelivered(failures);
  return round;
}

async function watchOnce(ports: RoundPorts, failures: BackupError[]): Promise<Round> {
  const { name, expectsOther, target, runUrl, channels, log } = ports;
  const at = ports.now().toISOString();
  const { facts, reports, state } = await ports.collect(at);
  const other = otherWatch(name);
  const lastReport = reports.ok ? { ok: true as const, value: reports.value[other]?.at ?? null } : reports;
  const watched = watch({
    ...facts,
    now: at,
    target,
    other: { name: other, isExpected: expectsOther, lastReport },
  });
  for (const { id, risk, facts } of watched.conditions) log(`${id}: ${risk} ${facts.join(" ")}`);
  const decided = CONDITION_IDS.filter((id) => !watched.unknown.includes(id));
  const delivered = await deliver(channels, {
    alarms: watched.conditions,
    decided,
    source: { at, runUrl },
    test: false,
    memories: (marked) => {
      const stored: WatchReports = reports.ok ? reports.value : {};
      const reported = stored[name]?.report.notified ?? {};
      const own = marked === null ? reported : withTimes(marked, reported);
      const isSilentAt = (time: string | undefined) =>
        time !== undefined && lastReport.ok && isSilent(other, lastReport.value, time);
      return memoriesOf({ own, other: stored[other]?.report.notified ?? {} }, {
        silent: isSilentAt(at),
        // without the other watch its silence is no alarm, which could have been sent
        knownAsSilent: expectsOther ? own[`${other}_silent`] !== undefined : isSilentAt(stored[name]?.at),
      }, decided);
    },
  });
  failures.push(...delivered.failures);
  const round = { ...watched, at, delivered };
  if (reports.ok) await report(ports, round, state, failures);
  return round;
}

/** Writes the report that the screen shows. An unreachable catalog is a condition already. */
async function report(
  ports: RoundPorts,
  { at, conditions, unknown, delivered }: Round,
  state: Collected["state"],
  failures: BackupError[],
): Promise<void> {
  const issueOf = (id: string) => delivered.delivered.find((it) => it.id === id)?.issue?.url ?? null;
  const text: RoundReport = {
    target: ports.target,
    checked_at: at,
    run_url: ports.runUrl,
    conditions: conditions.map(({ material: _, ...shown }) => ({ ...shown, issue_url: issueOf(shown.id) })),
    unknown,
    undelivered: delivered.failures.map(({ message }) => message),
    notified: delivered.notified,
  };
  const status = delivered.failures.length > 0 ? "failed" : statusOfWatch(conditions);
  try {
    await ports.report({ name: ports.name, status, report: { ...text, ...state } });
  } catch (thrown) {
    failures.push(toBackupError(thrown));
  }
}

async function beat(
  { channels: { heartbeat } }: RoundPorts,
  failures: BackupError[],
  kind: Beat,
  text: string,
): Promise<void> {
  if (heartbeat === null) return;
  try {
    await sendBeat(heartbeat, kind, text);
  } catch (thrown) {
    failures.push(toBackupError(thrown));
  }
}

function heartbeatText({ conditions }: Round, failures: readonly BackupError[]): string {
  const lines = conditions.map(({ id, risk, todo }) => `${id}: ${risk} ${todo}`);
  return [...lines, ...failures.map(({ message }) => message)].join("\n");
}

function requireDelivered(failures: readonly BackupError[]): void {
  const [first, ...others] = failures;
  if (first === undefined) return;
  throw new BackupError("alert_failed", failures.map(({ message }) => message).join("; "), {
    cause: first,
    hint: first.hint ?? undefined,
    details: { failures: 1 + others.length },
  });
}
