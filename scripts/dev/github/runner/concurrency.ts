/** Concurrency groups: one member runs, the others wait or are cancelled, according to `concurrency:`. */

export interface ConcurrencyRule {
  group: string;
  /** The new member cancels the one that runs. */
  cancelInProgress: boolean;
  /** `single` keeps one waiting and drops the older one; `max` keeps up to a hundred. */
  queue: "single" | "max";
}

/** A run or a job inside a group. */
export interface Member {
  /** Requests it to end because another one arrived. */
  cancel(reason: string): void;
}

const MAX_WAITING = 100;

interface Place {
  member: Member;
  /** Starts it (`true`), or reports that its place was taken (`false`). */
  answer(mayRun: boolean): void;
}

/** The place of a member: `turn` resolves to true when it may run, to false when it lost its place. */
export interface Turn {
  readonly turn: Promise<boolean>;
  /** Releases the place, whether it ran or not. */
  leave(): void;
}

/** All groups of a repository. Names are case-insensitive. */
export class ConcurrencyGroups {
  readonly #groups = new Map<string, { running: Place | null; waiting: Place[] }>();

  enter(rule: ConcurrencyRule, member: Member): Turn {
    const name = rule.group.toLowerCase();
    const group = this.#groups.get(name) ?? { running: null, waiting: [] };
    this.#groups.set(name, group);
    let answer: Place["answer"] = () => {};
    const turn = new Promise<boolean>((resolve) => (answer = resolve));
    const place: Place = { member, answer };
    const reason = `Canceling since a higher priority waiting request for ${rule.group} exists`;
    if (group.running === null) {
      group.running = place;
      answer(true);
    } else {
      if (rule.cancelInProgress) group.running.member.cancel(reason);
      const room = rule.queue === "max" ? MAX_WAITING : 1;
      for (const old of group.waiting.splice(0, group.waiting.length - room + 1)) {
        old.answer(false);
        old.member.cancel(reason);
      }
      group.waiting.push(place);
    }
    return { turn, leave: () => this.#leave(name, place) };
  }

  #leave(name: string, place: Place): void {
    const group = this.#groups.get(name);
    if (group === undefined) return;
    group.waiting = group.waiting.filter((each) => each !== place);
    place.answer(false);
    if (group.running !== place) return;
    group.running = group.waiting.shift() ?? null;
    if (group.running === null) this.#groups.delete(name);
    else group.running.answer(true);
  }
}
