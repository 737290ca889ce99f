import assert from "node:assert/strict";
import { DEFAULT_POLICY, type RetentionBackup, retentionBackupOf, type RetentionFacts } from "./policy.ts";
import { planRetention } from "./retention.ts";
import { addPeriods, periodStart } from "./periods.ts";
import { listOf, policyText, retentionText } from "./text.ts";

const NOW = new Date("2026-03-11T12:00:00Z"); // a Wednesday
const NONE: RetentionFacts = { inUse: new Set() };

/** A backup of a moment; proven ones have a drill on the same day. */
const AS_LISTED = { storedAt: null, isTrusted: true };

function backup(createdAt: string, changes: Partial<RetentionBackup> = {}): RetentionBackup {
  const digits = createdAt.replaceAll(/[-:Z]/g, "").replace("T", "_");
  const { target = "prod", label = null } = changes;
  const name = `supabase_${target}_${digits}${label === null ? "" : `_${label}`}`;
  return {
    key: `revo/${target}/${createdAt.slice(0, 10).replaceAll("-", "/")}/${name}.dump.gz`,
    createdAt,
    target,
    mode: "full",
    label,
    origin: "schedule",
    bytes: 1000,
    storedAt: null,
    provenAt: null,
    rejectedAt: null,
    isTrusted: true,
    holdUntil: null,
    holdReason: null,
    ...changes,
  };
}

const proven = { provenAt: "2026-03-11T06:00:00Z" };
const day = (date: string, changes?: Partial<RetentionBackup>) => backup(`${date}T03:10:00Z`, changes);

/** One backup a day up to the newest, which is proven. */
function daily(count: number, newest = "2026-03-11"): RetentionBackup[] {
  return Array.from({ length: count }, (_, i) => {
    const at = new Date(Date.parse(`${newest}T03:10:00Z`) - i * 86_400_000).toISOString();
    return backup(at.replace(".000", ""), i === 0 ? proven : {});
  });
}

const plan = (backups: RetentionBackup[], facts = NONE, policy = DEFAULT_POLICY, now = NOW) =>
  planRetention(backups, policy, now, facts);
const kept = (backups: RetentionBackup[], ...rest: [RetentionFacts?, typeof DEFAULT_POLICY?]) =>
  plan(backups, ...rest).filter(({ keep }) => keep).map(({ key }) => key.split("/").slice(2, 5).join("-"));

Deno.test("periods begin in UTC, weeks on Monday", () => {
  const at = Date.parse("2026-01-01T23:59:59Z"); // a Thursday, ISO week 1
  const iso = (period: Parameters<typeof periodStart>[0]) => new Date(periodStart(period, at)).toISOString();
  assert.equal(iso("daily"), "2026-01-01T00:00:00.000Z");
  assert.equal(iso("weekly"), "2025-12-29T00:00:00.000Z");
  assert.equal(iso("monthly"), "2026-01-01T00:00:00.000Z");
  assert.equal(iso("yearly"), "2026-01-01T00:00:00.000Z");
  assert.equal(addPeriods("monthly", Date.UTC(2026, 10, 1), 3), Date.UTC(2027, 1, 1));
  assert.equal(addPeriods("yearly", Date.UTC(2026, 0, 1), 2), Date.UTC(2028, 0, 1));
  assert.equal(addPeriods("weekly", Date.UTC(2026, 1, 23), 1), Date.UTC(2026, 2, 2));
});

Deno.test("of three years of daily backups 7 days, 4 weeks, 12 months and 2 years are kept", () => {
  assert.deepEqual(kept(daily(1100)), [
    ...["2026-03-11", "2026-03-10", "2026-03-09", "2026-03-08", "2026-03-07", "2026-03-06", "2026-03-05"],
    ...["2026-03-01", "2026-02-28", "2026-02-22"],
    ...["2026-01-31", "2025-12-31", "2025-11-30", "2025-10-31", "2025-09-30", "2025-08-31", "2025-07-31"],
    ...["2025-06-30", "2025-05-31", "2025-04-30"],
  ]);
});

Deno.test("only periods with backups are counted: when backups stop, nothing is deleted", () => {
  const backups = daily(1100);
  const decisions = plan(backups);
  const left = backups.filter((_, i) => decisions[i]?.keep);
  const later = planRetention(left, DEFAULT_POLICY, new Date("2029-01-01T00:00:00Z"), NONE);
  assert.equal(later.filter(({ keep }) => keep).length, left.length);
});

Deno.test("each kept backup has a rule, each deleted one a reason", () => {
  const policy = {
    ...DEFAULT_POLICY,
    recentHours: 0,
    daily: 2,
    weekly: 0,
    monthly: 0,
    yearly: 0,
    minimum: 1,
  };
  const backups = [
    backup("2026-03-11T11:30:00Z", proven),
    backup("2026-03-11T03:10:00Z"),
    day("2026-03-10"),
    day("2026-03-09"),
    day("2026-03-08", { holdUntil: "2026-04-01T00:00:00Z", holdReason: "auditoria" }),
    day("2026-03-07", { holdUntil: "2026-03-11T12:00:00Z", holdReason: "acabou" }),
    day("2026-03-06"),
  ];
  const facts = { inUse: new Set([backups[6]?.key ?? ""]) };
  assert.deepEqual(plan(backups, facts, policy).map(({ reasons }) => reasons.join(" ")), [
    "young newest_proven minimum daily",
    "superseded",
    "daily",
    "expired",
    "hold",
    "expired",
    "in_use",
  ]);
});

Deno.test("in the 48 hours before the newest backup the newest of each four hours stays", () => {
  const policy = { ...DEFAULT_POLICY, daily: 1, weekly: 0, monthly: 0, yearly: 0, minimum: 1 };
  const at = (text: string, also = {}) => backup(`2026-03-${text}:00Z`, { target: "dev", ...also });
  const decisions = plan(
    [at("11T10:30"), at("11T07:30"), at("11T07:10"), at("09T15:10"), at("09T11:10"), at("09T07:10")],
    NONE,
    policy,
  );
  assert.deepEqual(decisions.map(({ reasons }) => reasons.join(" ")), [
    "minimum recent daily",
    "recent",
    "superseded",
    "recent",
    "superseded",
    "superseded",
  ]);
  // of prod, with a backup every day at 03:10
  const [, later] = plan(
    [at("11T03:10", { target: "prod", ...proven }), at("10T15:10", { target: "prod" })],
    NONE,
    policy,
  );
  assert.deepEqual([later?.reasons, later?.deleteAfter], [["recent"], "2026-03-13T03:10:00.000Z"]);
});

Deno.test("the newest proven backup and everything after it stay, and before the first proof all of prod", () => {
  const policy = {
    ...DEFAULT_POLICY,
    recentHours: 0,
    daily: 1,
    weekly: 0,
    monthly: 0,
    yearly: 0,
    minimum: 1,
  };
  const days = ["2026-03-10", "2026-03-09", "2026-03-08", "2026-03-07"];
  const with3rd = days.map((date, i) => day(date, i === 2 ? proven : {}));
  assert.deepEqual(kept(with3rd, NONE, policy), days.slice(0, 3));
  assert.deepEqual(kept(days.map((date) => day(date)), NONE, policy), days);
  const dev = days.map((date) => day(date, { target: "dev" }));
  assert.deepEqual(kept(dev, NONE, policy), days.slice(0, 1));
});

Deno.test("a safety copy or a schema-only backup is not counted for its day, and its proof does not release full backups", () => {
  const policy = {
    ...DEFAULT_POLICY,
    recentHours: 0,
    daily: 1,
    weekly: 0,
    monthly: 0,
    yearly: 0,
    minimum: 1,
    safety: 1,
  };
  const full = day("2026-03-08", proven);
  const copies = ["2026-03-05", "2026-03-04"].map((date) =>
    day(date, { label: "antes-da-restauracao", origin: "safety", ...proven })
  );
  const structure = backup("2026-03-07T12:00:00Z", { mode: "schema-only", ...proven });
  const older = day("2026-03-03", { mode: "schema-only" });
  const decisions = plan([full, ...copies, structure, older], NONE, policy);
  assert.deepEqual(decisions.map(({ keep }) => keep), [true, true, false, true, false]);
  assert.deepEqual(decisions[0]?.reasons, ["newest_proven", "minimum", "daily"]);
  assert.deepEqual(decisions[2]?.reasons, ["safety_expired"]);
});

Deno.test("a rejected backup counts for nothing, and stays as evidence for a while", () => {
  const policy = {
    ...DEFAULT_POLICY,
    recentHours: 0,
    daily: 2,
    weekly: 0,
    monthly: 0,
    yearly: 0,
    minimum: 2,
  };
  const rejected = (date: string, at: string) => day(date, { rejectedAt: `${at}T05:30:00Z` });
  const backups = [
    rejected("2026-03-11", "2026-03-11"), // nothing newer was not rejected
    backup("2026-03-10T12:00:00Z", { rejectedAt: "2026-03-10T18:00:00Z" }),
    day("2026-03-10", proven),
    day("2026-03-09"),
    rejected("2026-03-08", "2026-03-08"),
    rejected("2026-02-08", "2026-02-08"),
    day("2026-02-07"),
  ];
  const decisions = plan(backups, NONE, policy);
  assert.deepEqual(decisions.map(({ reasons }) => reasons.join(" ")), [
    "evidence",
    "evidence",
    "newest_proven minimum daily",
    "minimum daily",
    "evidence",
    "rejected",
    "expired",
  ]);
  assert.deepEqual(decisions.map(({ deleteAfter }) => deleteAfter).slice(0, 2), [null, null]);
  assert.equal(decisions[4]?.deleteAfter, "2026-04-07T05:30:00.000Z");
  const texts = decisions.map(retentionText);
  assert.equal(
    texts[4],
    "Será apagado em 07/04/2026, porque então termina o prazo de guarda de um backup reprovado num ensaio.",
  );
  assert.equal(
    texts[5],
    "Será apagado na próxima limpeza, porque um ensaio o reprovou e há um backup mais novo.",
  );
});

Deno.test("the catalog's row says whether the newest ruling is a rejection", () => {
  const row = {
    ...{ r2_key: "k", created_at: "2026-03-10T03:10:00Z", target: "prod", mode: "full", label: null },
    ...{ origin: "schedule", bytes: 1, proven_at: null, hold_until: null, hold_reason: null },
  };
  const drilled_at = "2026-03-10T05:30:00Z";
  const rejectedAt = (failed: number) =>
    retentionBackupOf({ ...row, proof: { failed, drilled_at } }, AS_LISTED).rejectedAt;
  assert.equal(rejectedAt(2), drilled_at);
  assert.equal(rejectedAt(0), null);
});

Deno.test("targets are counted separately, and the result has the order of the input", () => {
  const backups = [
    day("2026-03-01", { target: "dev" }),
    day("2026-03-11", proven),
    day("2026-02-01", { target: "dev" }),
  ];
  assert.deepEqual(plan(backups).map(({ key }) => key), backups.map(({ key }) => key));
  assert.ok(plan(backups).every(({ keep }) => keep));
});

Deno.test("an invalid time deletes nothing", () => {
  assert.throws(() => plan([backup("2026-99-01T00:00:00Z")]), /is not a time/);
});

Deno.test("a row of the catalog becomes a backup, in each form of its times", () => {
  const row = {
    r2_key: "k",
    created_at: "2026-03-10 03:10:00+00",
    target: "prod",
    mode: "full",
    label: null,
    origin: "schedule",
    bytes: 1,
    proven_at: null,
    proof: null,
    hold_until: "2026-03-12 00:00:00.5+00",
    hold_reason: "x",
  };
  assert.deepEqual(plan([retentionBackupOf(row, AS_LISTED)])[0]?.reasons.slice(0, 2), [
    "hold",
    "none_proven",
  ]);
});

Deno.test("the text states the date and the reason", () => {
  const backups = daily(400);
  const text = (date: string) =>
    plan(backups).filter(({ key }) => key.includes(date)).map(retentionText).join();
  assert.equal(
    text("2026/03/05"),
    "Será apagado em 12/03/2026, porque então haverá backups de dias mais novos.",
  );
  assert.equal(
    text("2026/02/22"),
    "Será apagado em 16/03/2026, porque então haverá backups de semanas mais novas.",
  );
  assert.equal(
    text("2025/12/31"),
    "Será apagado em 01/01/2027, porque então haverá backups de anos mais novos.",
  );
  assert.equal(
    text("2026/03/04"),
    "Será apagado na próxima limpeza, porque há backups mais novos para cada dia, semana, mês e ano que se guarda.",
  );
});

Deno.test("a hold whose end no program can read keeps its backup, and the others are judged", () => {
  const held = day("2026-03-08", { holdUntil: "294000-01-01T00:00:00+00:00", holdReason: "x" });
  const [of, ...others] = plan([held, ...["2026-01-03", "2026-01-02"].map((date) => day(date))]);
  assert.deepEqual([of?.keep, of?.reasons[0]], [true, "hold"]);
  assert.equal(others.length, 2);
});

Deno.test("the text of a hold has its reason, the text without a date has the rules", () => {
  const held = day("2025-03-10", { holdUntil: "2026-04-10T12:00:00Z", holdReason: "auditoria" });
  const [decision] = plan([held, ...daily(30)]);
  assert.equal(
    decision && retentionText(decision),
    "Será apagado em 01/01/2027, porque então haverá backups de meses mais novos e haverá backups de anos mais novos.",
  );
  const old = day("2025-03-10", { ...held, createdAt: "2025-03-10T03:10:00Z" });
  const policy = { ...DEFAULT_POLICY, yearly: 1, monthly: 1 };
  const [only] = plan([old, ...daily(30)], NONE, policy);
  assert.equal(
    only && retentionText(only),
    "Será apagado em 10/04/2026, porque então termina a retenção pedida (auditoria).",
  );
  const [safety] = plan([day("2026-01-01", { origin: "safety" }), ...daily(2)]);
  assert.equal(
    safety && retentionText(safety),
    "Fica guardado, porque é uma das últimas cópias feitas antes de uma restauração.",
  );
  const [newest] = plan(daily(1));
  assert.equal(
    newest && listOf(newest),
    "é o mais novo que um ensaio provou, é um dos últimos deste banco, " +
      "tem menos de dois dias e é o mais novo das suas quatro horas, é o backup do seu dia, é o backup da sua semana, é o backup do seu mês e é o backup do seu ano",
  );
  assert.match(policyText(DEFAULT_POLICY), /7 dias, 4 semanas, 12 meses e 2 anos/);
});
