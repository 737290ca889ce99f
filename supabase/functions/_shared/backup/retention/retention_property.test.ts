/**
 * Retention over years of days: invariants after every pruning, for random histories. A failure prints the seed and
 * the smallest history that fails.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  DEFAULT_POLICY,
  type RetentionBackup,
  type RetentionDecision,
  type RetentionPolicy,
} from "./policy.ts";
import { planRetention } from "./retention.ts";
import { DAY_MS, VAULT_TIME_AHEAD_MS, VAULT_TIME_BEHIND_MS } from "../service_levels.ts";

/** Random histories. The nightly workflow sets a higher number. */
const RUNS = Number(Deno.env.get("PROPERTY_RUNS") ?? 3);

const HOUR_MS = DAY_MS / 24;
const BEGIN = Date.UTC(2023, 11, 20);
const iso = (instant: number) => new Date(instant).toISOString().slice(0, 19) + "Z";
const at = ({ createdAt }: RetentionBackup) => Date.parse(createdAt);
const isFull = ({ mode, label }: RetentionBackup) => mode === "full" && label === null;
const isSafety = ({ label }: RetentionBackup) => label === "antes-da-restauracao";

/** A vault with a clock that only moves forward; `prune` deletes what the plan lists. */
class World {
  now = BEGIN;
  stored: RetentionBackup[] = [];
  /** All backups, had none ever been deleted. */
  everything: RetentionBackup[] = [];
  inUse = new Set<string>();
  constructor(public policy: RetentionPolicy = DEFAULT_POLICY) {}

  add(target: string, mode = "full", label: string | null = null): void {
    const createdAt = iso(this.now);
    const made = {
      key: `revo/${target}/${createdAt}/${mode}/${label}`,
      createdAt,
      target,
      mode,
      label,
      origin: null,
      bytes: 1,
      storedAt: new Date(this.now),
      provenAt: null,
      rejectedAt: null,
      isTrusted: true,
      holdUntil: null,
      holdReason: null,
    };
    if (this.stored.some(({ key }) => key === made.key)) return;
    this.stored.push(made);
    this.everything.push(made);
  }

  /** The n-th existing backup, modulo their number. */
  pick(n: number): RetentionBackup | undefined {
    return this.stored[n % Math.max(this.stored.length, 1)];
  }

  newest(target: string): RetentionBackup | undefined {
    return newestFirst(this.stored.filter((each) => each.target === target && isFull(each)))[0];
  }

  plan(backups = this.stored, now = this.now): RetentionDecision[] {
    return planRetention(backups, this.policy, new Date(now), { inUse: this.inUse });
  }

  clean(): { before: RetentionBackup[]; decisions: RetentionDecision[] } {
    const before = this.stored;
    const decisions = this.plan();
    this.stored = before.filter((_, i) => decisions[i]?.keep);
    return { before, decisions };
  }

  /** Advances time by the schedules: backup at 03:10, on Sunday a drill at 05:30. */
  runUntil(end: number): void {
    for (;;) {
      const backup = nextDaily(this.now, 3, 10);
      const drill = nextDaily(this.now, 5, 30);
      const next = Math.min(backup, drill);
      if (next > end) break;
      this.now = next;
      if (next === backup) this.add("prod");
      else if (new Date(next).getUTCDay() === 0) this.prove(this.newest("prod"));
    }
    this.now = end;
  }

  /** The same until the next cleaning. */
  day(): ReturnType<World["clean"]> {
    this.runUntil(nextDaily(this.now, 6, 40));
    return this.clean();
  }

  prove(backup: RetentionBackup | undefined): void {
    if (backup) backup.provenAt = iso(this.now);
  }
}

/** The next instant after `now` at that time of the day. */
function nextDaily(now: number, hour: number, minute: number): number {
  const offset = hour * HOUR_MS + minute * 60_000;
  return Math.floor((now - offset) / DAY_MS + 1) * DAY_MS + offset;
}

function newestFirst(backups: readonly RetentionBackup[]): RetentionBackup[] {
  return [...backups].sort((a, b) => at(b) - at(a) || (a.key < b.key ? 1 : -1));
}

/** The newest of each of the `count` newest groups, in the simplest implementation. */
function newestOfGroups(backups: readonly RetentionBackup[], count: number, group: (at: Date) => string) {
  const found = new Map<string, RetentionBackup>();
  for (const backup of newestFirst(backups)) {
    const name = group(new Date(at(backup)));
    if (!found.has(name)) found.set(name, backup);
  }
  return [...found.values()].slice(0, count);
}

/** ISO 8601: the week of the Thursday of its days. */
function isoWeek(date: Date): string {
  const thursday = new Date(date.getTime() + (4 - (date.getUTCDay() || 7)) * DAY_MS);
  const year = thursday.getUTCFullYear();
  return `${year}-${Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * DAY_MS))}`;
}

const slot = (backup?: RetentionBackup) =>
  backup ? Math.floor(at(backup) / (4 * HOUR_MS)) * 4 * HOUR_MS : NaN;

/** Everything that must have been kept, by the rules of docs/retention.md, independent of the code's. */
function mustStay(world: World, before: readonly RetentionBackup[]): RetentionBackup[] {
  const { policy, now, inUse } = world;
  return ["prod", "dev"].flatMap((target) => {
    const all = newestFirst(before.filter((each) => each.target === target));
    const full = all.filter(isFull);
    const proven = full.find(({ provenAt }) => provenAt !== null) ??
      all.find(({ provenAt }) => provenAt !== null);
    return [
      ...all.filter(({ holdUntil }) => holdUntil !== null && Date.parse(holdUntil) > now),
      ...all.filter(({ key }) => inUse.has(key)),
      ...all.filter((each) => at(each) > now - HOUR_MS),
      ...all.filter(isSafety).slice(0, policy.safety),
      ...full.slice(0, policy.minimum),
      ...newestOfGroups(full, Infinity, (date) => String(Math.floor(date.getTime() / (4 * HOUR_MS))))
        .filter((each) => slot(full[0]) - slot(each) < policy.recentHours * HOUR_MS),
      ...proven ? all.filter((each) => at(each) >= at(proven)) : target === "prod" ? all : [],
      ...newestOfGroups(full, policy.daily, (date) => date.toISOString().slice(0, 10)),
      ...newestOfGroups(full, policy.weekly, isoWeek),
      ...newestOfGroups(full, policy.monthly, (date) => date.toISOString().slice(0, 7)),
      ...newestOfGroups(full, policy.yearly, (date) => date.toISOString().slice(0, 4)),
    ];
  });
}

function requireInvariants(
  world: World,
  { before, decisions }: { before: RetentionBackup[]; decisions: RetentionDecision[] },
): void {
  const stored = new Set(world.stored);
  const wanted = mustStay(world, before);
  for (const backup of wanted) assert.ok(stored.has(backup), `${backup.key} had to stay`);
  const fullGone = world.stored.filter((each) => isFull(each) && !wanted.includes(each));
  assert.deepEqual(fullGone, [], "what nothing wants goes");
  assert.ok(decisions.every(({ reasons, keep, rules }) => reasons.length > 0 && keep === rules.length > 0));
  assert.ok(world.plan().every(({ keep }) => keep), "a second cleaning finds nothing");
  for (const target of ["prod", "dev"]) {
    const count = (list: RetentionBackup[]) =>
      list.filter((each) => each.target === target && !isSafety(each)).length;
    assert.ok(count(world.stored) >= Math.min(world.policy.minimum, count(before)));
  }
}

const target = fc.constantFrom("prod", "dev");
const anyone = fc.nat(10_000);
const policy = fc.record({
  recentHours: fc.integer({ min: 0, max: 100 }),
  daily: fc.integer({ min: 0, max: 10 }),
  weekly: fc.integer({ min: 0, max: 6 }),
  monthly: fc.integer({ min: 0, max: 14 }),
  yearly: fc.integer({ min: 0, max: 3 }),
  minimum: fc.integer({ min: 1, max: 5 }),
  safety: fc.integer({ min: 0, max: 4 }),
}).map((changes) => ({ ...DEFAULT_POLICY, ...changes }));

type Happening = (world: World) => void;

function happens<T>(weight: number, values: fc.Arbitrary<T>, apply: (world: World, value: T) => void) {
  return { weight, arbitrary: values.map((value): Happening => (world) => apply(world, value)) };
}

const happening = fc.oneof(
  happens(4, fc.integer({ min: 1, max: 1500 }), (world, hours) => void (world.now += hours * HOUR_MS)),
  happens(4, target, (world, of) => world.add(of)),
  happens(2, target, (world, of) => world.add(of, "full", "antes-da-restauracao")),
  happens(1, target, (world, of) => world.add(of, "schema-only")),
  happens(2, target, (world, of) => world.prove(world.newest(of))),
  happens(1, anyone, (world, n) => world.prove(world.pick(n))),
  happens(2, fc.tuple(anyone, fc.integer({ min: 1, max: 900 })), (world, [n, days]) => {
    const backup = world.pick(n);
    if (backup) Object.assign(backup, { holdUntil: iso(world.now + days * DAY_MS), holdReason: "x" });
  }),
  happens(1, anyone, (world, n) => void Object.assign(world.pick(n) ?? {}, { holdUntil: null })),
  happens(1, anyone, (world, n) => void (world.inUse = new Set([world.pick(n)?.key ?? ""]))),
  happens(1, policy, (world, changed) => void (world.policy = changed)),
);
/** An event, and how many days of routine follow it. */
const history = fc.array(fc.tuple(happening, fc.integer({ min: 0, max: 45 })), {
  minLength: 20,
  maxLength: 60,
});

Deno.test("over years of random events, what must be kept is kept and the rest is deleted", () => {
  fc.assert(
    fc.property(history, (events) => {
      const world = new World();
      for (const [happen, days] of events) {
        happen(world);
        requireInvariants(world, world.clean());
        for (let i = 0; i < days; i++) requireInvariants(world, world.day());
      }
    }),
    { numRuns: RUNS },
  );
});

Deno.test("what is deleted today is not kept by tomorrow's plan", () => {
  const gap = fc.tuple(
    fc.integer({ min: 0, max: 20 }),
    fc.integer({ min: 0, max: 90 }),
    fc.integer({ min: 0, max: 2 }),
  );
  fc.assert(
    fc.property(policy, fc.array(gap, { minLength: 5, maxLength: 15 }), (chosen, gaps) => {
      const world = new World(chosen);
      for (const [days, silence, extra] of gaps) {
        for (let i = 0; i < days; i++) world.day();
        world.now += silence * DAY_MS;
        for (let i = 0; i < extra; i++) {
          world.now += 3 * HOUR_MS;
          world.add("prod", "full", i === 0 ? null : "antes-da-restauracao");
        }
        world.clean();
        const stored = new Set(world.stored);
        const decisions = world.plan(world.everything);
        const wanted = world.everything.filter((_, i) => decisions[i]?.keep);
        for (const backup of wanted) assert.ok(stored.has(backup), `${backup.key} was deleted too early`);
      }
    }),
    { numRuns: 15 },
  );
});

Deno.test("a backup is deleted on the predicted day", () => {
  const moment = fc.integer({ min: 0, max: 7 * 24 - 1 });
  fc.assert(
    fc.property(policy, fc.integer({ min: 1, max: 120 }), moment, (chosen, days, hours) => {
      const world = new World(chosen);
      for (let i = 0; i < days; i++) world.day();
      world.runUntil(world.now + hours % 24 * HOUR_MS);
      if (hours % 3 === 0) world.add("prod");
      const predicted = new Map(world.plan().map(({ key, deleteAfter }) => [key, deleteAfter]));
      assert.ok([...predicted.values()].every((each) => each !== null));
      const last = Math.max(...[...predicted.values()].map((each) => Date.parse(each ?? "")));
      while (world.now < Math.min(last + 2 * DAY_MS, BEGIN + 900 * DAY_MS)) {
        world.day();
        const stored = new Set(world.stored.map(({ key }) => key));
        for (const [key, deleteAfter] of predicted) {
          const due = Date.parse(deleteAfter ?? "") <= world.now;
          assert.equal(stored.has(key), !due, `${key} at ${iso(world.now)}, predicted for ${deleteAfter}`);
        }
      }
    }),
    { numRuns: 12 },
  );
});

const forgery = fc.record({
  target,
  /** Beyond what the vault's time allows, back or ahead. */
  offset: fc.oneof(
    fc.integer({ min: VAULT_TIME_BEHIND_MS + 1, max: 900 * DAY_MS }).map((back) => -back),
    fc.integer({ min: VAULT_TIME_AHEAD_MS + 1, max: 900 * DAY_MS }),
  ),
  label: fc.constantFrom(null, "antes-da-restauracao", "x"),
  mode: fc.constantFrom("full", "schema-only"),
  proven: fc.boolean(),
  rejected: fc.boolean(),
  held: fc.boolean(),
});

Deno.test("backups that are dated back or in the future change no decision on a true one", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(happening, fc.array(forgery, { maxLength: 6 }), fc.integer({ min: 0, max: 20 })), {
        minLength: 5,
        maxLength: 25,
      }),
      (events) => {
        const world = new World();
        let forged: RetentionBackup[] = [];
        for (const [happen, forgeries, days] of events) {
          happen(world);
          const made = forgeries.map((each, i) => forge(world.now, each, i));
          forged = [...forged, ...made];
          for (let day = 0; day <= days; day++) {
            if (day > 0) world.runUntil(nextDaily(world.now, 6, 40));
            const alone = world.plan();
            const mixed = world.plan([...forged, ...world.stored]);
            assert.deepEqual(mixed.slice(forged.length), alone);
            const left = forged.filter((_, i) => mixed[i]?.keep);
            const ahead = forged.filter(({ createdAt, storedAt }) =>
              Date.parse(createdAt) > Number(storedAt)
            );
            assert.ok(ahead.every((each) => left.includes(each)), "what is dated ahead is left to people");
            world.clean();
            forged = left;
          }
        }
      },
    ),
    { numRuns: 20 },
  );
});

const unsigned = forgery.map((each) => ({ ...each, isTrusted: false }));
/** Stored at the time that it states, as any writer can. */
const honestlyDated = unsigned.map((each) => ({ ...each, offset: 0 }));

Deno.test("unsigned backups, whatever their dates and proofs, change no decision on a signed one nor on each other", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          happening,
          fc.array(fc.oneof(unsigned, honestlyDated), { maxLength: 6 }),
          fc.integer({ min: 0, max: 20 }),
        ),
        { minLength: 5, maxLength: 25 },
      ),
      (events) => {
        const world = new World();
        let forged: RetentionBackup[] = [];
        for (const [happen, forgeries, days] of events) {
          happen(world);
          forged = [...forged, ...forgeries.map((each, i) => forge(world.now, each, i))];
          for (let day = 0; day <= days; day++) {
            if (day > 0) world.runUntil(nextDaily(world.now, 6, 40));
            const alone = world.plan();
            const mixed = world.plan([...forged, ...world.stored]);
            assert.deepEqual(mixed.slice(forged.length), alone);
            const i = day % Math.max(forged.length, 1);
            const only = forged.slice(i, i + 1);
            assert.deepEqual(world.plan([...only, ...world.stored])[0], [...mixed.slice(i), ...alone][0]);
            world.clean();
            forged = forged.filter((_, i) => mixed[i]?.keep);
          }
        }
      },
    ),
    { numRuns: 4 },
  );
});

Deno.test("without the vault's time a backup from the future is set aside", () => {
  const world = new World();
  for (let day = 0; day < 40; day++) world.day();
  const future = { ...forge(world.now, { offset: 300 * DAY_MS }, 0), storedAt: null };
  const [decision, ...others] = world.plan([future, ...world.stored]);
  assert.deepEqual(decision?.reasons, ["dated_ahead"]);
  assert.deepEqual(others, world.plan());
});

type Forgery = typeof forgery extends fc.Arbitrary<infer T> ? T : never;

/** As a program with write access to the vault leaves it: stored now, with the time that it likes. */
function forge(
  now: number,
  { offset, ...given }: Partial<Forgery> & { offset: number; isTrusted?: boolean },
  i: number,
): RetentionBackup {
  const createdAt = new Date(now + offset).toISOString();
  const ruling = new Date(now + Math.max(offset, 0)).toISOString();
  return {
    key: `forged/${now}/${i}`,
    createdAt,
    target: given.target ?? "prod",
    mode: given.mode ?? "full",
    label: given.label ?? null,
    origin: null,
    bytes: 1,
    storedAt: new Date(now),
    provenAt: given.proven && !given.rejected ? ruling : null,
    rejectedAt: given.rejected ? ruling : null,
    isTrusted: given.isTrusted ?? true,
    holdUntil: given.held ? new Date(now + 400 * DAY_MS).toISOString() : null,
    holdReason: given.held ? "x" : null,
  };
}
