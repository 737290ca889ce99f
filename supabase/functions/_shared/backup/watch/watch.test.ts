import assert from "node:assert/strict";
import {
  type CatalogFacts,
  CONDITION_IDS,
  type VaultFacts,
  type WatchedBackup,
  type WatchFacts,
  type WatchName,
  type WorkflowFacts,
} from "./conditions.ts";
import { type Result } from "../result.ts";
import { statusOfWatch, watch } from "./watch.ts";

const NOW = "2026-01-20T12:00:00Z";
const HOUR = 3_600_000;

/** The instant so many hours before now. */
function ago(hours: number): string {
  return new Date(Date.parse(NOW) - hours * HOUR).toISOString();
}

function backup(hours: number, changes: Partial<WatchedBackup> = {}): WatchedBackup {
  const rows = { "public.pedidos": 1000, "public.paises": 50, "auth.users": 200, "auth.sessions": 5000 };
  return {
    key: `backup ${hours}`,
    createdAtUtc: ago(hours),
    bytes: 1_000_000,
    rows,
    rejectedAt: null,
    ...changes,
  };
}

function workflow(changes: Partial<WorkflowFacts> = {}): WorkflowFacts {
  return { file: "db-backup.yml", state: "active", scheduleHours: 26, lastFiredAt: ago(9), ...changes };
}

const vault: VaultFacts = {
  backups: [backup(9), backup(33), backup(57), backup(81)],
  corrupt: [],
  datedAhead: [],
  isSigned: true,
  unsigned: [],
  unopenable: [],
  drills: [{ key: "backup 57", drilledAtUtc: ago(50), failed: [] }],
};
const catalog: CatalogFacts = { lostRuns: [], breakGlass: [], audit: { ok: true, brokenAt: null } };
const seen = <T>(value: T): Result<T> => ({ ok: true, value });
const silent = { ok: false, code: "vault_unreachable", message: "no answer" } as const;

function facts(
  changes: { vault?: Partial<VaultFacts>; catalog?: Partial<CatalogFacts>; workflows?: WorkflowFacts[] } = {},
): WatchFacts {
  return {
    now: NOW,
    target: "prod",
    vault: seen({ ...vault, ...changes.vault }),
    catalog: seen({ ...catalog, ...changes.catalog }),
    github: seen(changes.workflows ?? [workflow()]),
    tokens: seen([{ name: "GITHUB_TOKEN", expiresAt: ago(-24 * 90) }]),
    other: { name: "watch", isExpected: true, lastReport: seen(ago(1)) },
    unseen: [],
  };
}

const ids = (facts: WatchFacts) => watch(facts).conditions.map(({ id }) => id);
const newest = (changes: Partial<WatchedBackup>) =>
  facts({
    vault: { backups: [backup(9, changes), ...vault.backups.slice(1)] },
  });

Deno.test("without a problem no condition is raised and none is unknown", () => {
  assert.deepEqual(watch(facts()), { conditions: [], unknown: [] });
});

Deno.test("backup_overdue: not at the limit, a second after it, and without any backup", () => {
  assert.deepEqual(ids(facts({ vault: { backups: [backup(26)] } })), []);
  assert.deepEqual(ids(facts({ vault: { backups: [backup(26.001)] } })), ["backup_overdue"]);
  const [none] = watch(facts({ vault: { backups: [], drills: [] } })).conditions;
  assert.equal(none?.id, "backup_overdue");
  assert.match(none?.facts.join() ?? "", /nenhum backup completo de prod/);
});

Deno.test("backup_corrupt names the objects", () => {
  const [condition] = watch(facts({ vault: { corrupt: [{ key: "revo/x", reason: "falta" }] } })).conditions;
  assert.equal(condition?.id, "backup_corrupt");
  assert.deepEqual(condition?.facts, ["revo/x: falta"]);
});

Deno.test("dated_ahead names the objects and when the vault received them", () => {
  const [condition] = watch(facts({ vault: { datedAhead: [{ key: "revo/x", storedAt: NOW }] } })).conditions;
  assert.equal(condition?.id, "dated_ahead");
  assert.deepEqual(condition?.facts, [
    "revo/x: o cofre o recebeu em 20/01/2026, 09:00 (horário de Brasília).",
  ]);
});

Deno.test("unsigned_backup names the objects; signing_off stands where there are no keys", () => {
  const [unsigned] = watch(facts({ vault: { unsigned: [{ key: "revo/x", storedAt: NOW }] } })).conditions;
  assert.equal(unsigned?.id, "unsigned_backup");
  assert.deepEqual(unsigned?.facts, [
    "revo/x: o cofre o recebeu em 20/01/2026, 09:00 (horário de Brasília).",
  ]);
  const [off] = watch(facts({ vault: { isSigned: false } })).conditions;
  assert.equal(off?.id, "signing_off");
  assert.equal(off?.severity, "warning");
  assert.deepEqual(ids(facts({ vault: { isSigned: null } })), []);
});

Deno.test("unopenable_backup names the encrypted backups that no stated key opens", () => {
  const [condition] = watch(facts({ vault: { unopenable: [{ key: "revo/x.dump.gz.age" }] } })).conditions;
  assert.equal(condition?.id, "unopenable_backup");
  assert.deepEqual(condition?.facts, ["revo/x.dump.gz.age"]);
});

Deno.test("proof_overdue: 8 days, never, and at once when the newest drill failed", () => {
  const drill = (hours: number, failed: string[] = []) => ({ key: "k", drilledAtUtc: ago(hours), failed });
  assert.deepEqual(ids(facts({ vault: { drills: [drill(192)] } })), []);
  assert.deepEqual(ids(facts({ vault: { drills: [drill(192.001)] } })), ["proof_overdue"]);
  assert.deepEqual(ids(facts({ vault: { drills: [] } })), ["proof_overdue"]);
  const [failed] = watch(facts({ vault: { drills: [drill(1, ["rows"]), drill(24)] } })).conditions;
  assert.equal(failed?.id, "proof_overdue");
  assert.match(failed?.facts[0] ?? "", /reprovou k: rows/);
  assert.deepEqual(ids(facts({ vault: { drills: [drill(1), drill(24, ["rows"])] } })), []);
});

Deno.test("a rejected backup does not count, and is reported although another one passed since", () => {
  const rejected = backup(9, { rejectedAt: ago(8), bytes: 1, rows: {} });
  const drills = [{ key: "backup 33", drilledAtUtc: ago(1), failed: [] }];
  const [raised, ...others] =
    watch(facts({ vault: { backups: [rejected, backup(25), backup(49)], drills } })).conditions;
  assert.equal(raised?.id, "proof_overdue");
  assert.equal(raised?.title, "O backup mais novo foi reprovado num ensaio");
  assert.match(raised?.facts[0] ?? "", /reprovou backup 9\.$/);
  assert.deepEqual(others, []);
  const late = watch(facts({ vault: { backups: [rejected, backup(33)], drills } })).conditions;
  assert.deepEqual(late.map(({ id }) => id), ["backup_overdue", "proof_overdue"]);
  assert.match(late[0]?.facts.join("\n") ?? "", /backup 9, mas um ensaio o reprovou.*\n.*backup 33/);
  // a backup since then counts, whatever drills found of earlier ones
  assert.deepEqual(ids(facts({ vault: { backups: [backup(1), rejected], drills } })), []);
});

Deno.test("size_dropped: below half of the median, not at it, and not without a backup before", () => {
  assert.deepEqual(ids(newest({ bytes: 500_000 })), []);
  assert.deepEqual(ids(newest({ bytes: 499_999 })), ["size_dropped"]);
  assert.deepEqual(ids(facts({ vault: { backups: [backup(9, { bytes: 1 })] } })), []);
});

Deno.test("size_dropped: one outlier among the earlier backups does not change the result", () => {
  const backups = [backup(9), backup(33, { bytes: 90_000_000 }), backup(57), backup(81)];
  assert.deepEqual(ids(facts({ vault: { backups } })), []);
});

Deno.test("rows_dropped: by table, from 100 rows on, not where rows come and go by themselves", () => {
  const rows = { "public.pedidos": 500, "public.paises": 0, "auth.users": 100, "auth.sessions": 0 };
  assert.deepEqual(ids(newest({ rows })), []);
  const [condition] =
    watch(newest({ rows: { ...rows, "public.pedidos": 499, "auth.users": 99 } })).conditions;
  assert.equal(condition?.id, "rows_dropped");
  assert.deepEqual(condition?.facts.slice(1), ["auth.users: 200 → 99", "public.pedidos: 1.000 → 499"]);
});

Deno.test("rows_dropped: for a missing table, not for a new one or a manifest without rows", () => {
  const { "public.pedidos": _, ...others } = backup(9).rows ?? {};
  assert.deepEqual(ids(newest({ rows: others })), ["rows_dropped"]);
  assert.deepEqual(ids(newest({ rows: { ...backup(9).rows, "public.nova": 0 } })), []);
  assert.deepEqual(ids(newest({ rows: null })), []);
});

Deno.test("run_lost and audit_broken follow the catalog", () => {
  const run = { requestId: "r", kind: "restore", target: "dev", at: ago(3), runUrl: "https://x" };
  assert.deepEqual(ids(facts({ catalog: { lostRuns: [run] } })), ["run_lost"]);
  const audit = { ok: false, brokenAt: { where: "between" as const, chainId: "c", seq: 7, reason: "hash" } };
  const [broken] = watch(facts({ catalog: { audit } })).conditions;
  assert.equal(broken?.id, "audit_broken");
  assert.match(broken?.facts[0] ?? "", /registro 7: o banco não diz o mesmo/);
  assert.deepEqual(watch(facts({ catalog: { audit: null } })), { conditions: [], unknown: ["audit_broken"] });
});

Deno.test("workflow_disabled: any other state than active, and none", () => {
  const workflows = [workflow(), workflow({ state: "disabled_inactivity" }), workflow({ state: null })];
  const [condition] = watch(facts({ workflows })).conditions;
  assert.equal(condition?.id, "workflow_disabled");
  assert.equal(condition?.facts.length, 2);
});

Deno.test("schedule_not_fired: past its hours, only where it is active and has a schedule", () => {
  assert.deepEqual(ids(facts({ workflows: [workflow({ lastFiredAt: ago(26) })] })), []);
  assert.deepEqual(ids(facts({ workflows: [workflow({ lastFiredAt: ago(26.001) })] })), [
    "schedule_not_fired",
  ]);
  const off = workflow({ lastFiredAt: ago(99), state: "disabled_manually" });
  assert.deepEqual(ids(facts({ workflows: [off] })), ["workflow_disabled"]);
  assert.deepEqual(ids(facts({ workflows: [workflow({ lastFiredAt: ago(999), scheduleHours: null })] })), []);
});

Deno.test("secret_expiring: 14 days before the end, urgent from 3 days on, and when it is refused", () => {
  const until = (days: number | null) => {
    const expiresAt = days === null ? null : ago(-24 * days);
    return watch({ ...facts(), tokens: seen([{ name: "T", expiresAt }]) }).conditions;
  };
  assert.deepEqual(until(14.001), []);
  assert.deepEqual(until(14).map(({ id, severity }) => [id, severity]), [["secret_expiring", "warning"]]);
  assert.equal(until(3)[0]?.severity, "failed");
  assert.notEqual(until(3)[0]?.material, until(-1)[0]?.material);
  assert.match(until(null)[0]?.facts[0] ?? "", /não vale mais/);
});

Deno.test("a source that does not answer raises a condition, and the conditions that it decides are unknown", () => {
  const all = { ...facts(), vault: silent, catalog: silent, github: silent, tokens: silent };
  const { conditions, unknown } = watch(all);
  assert.deepEqual(conditions.map(({ id }) => id), [
    "vault_unreachable",
    "catalog_unreachable",
    "github_unreachable",
  ]);
  const judged = [...unknown, ...conditions.map(({ id }) => id), "watch_silent", "watchdog_silent"];
  assert.deepEqual(judged.sort(), [...CONDITION_IDS].sort());
  const unasked = watch({ ...facts(), github: null, tokens: null });
  assert.deepEqual(unasked.conditions, []);
  assert.deepEqual(unasked.unknown.sort(), [
    "github_unreachable",
    "schedule_not_fired",
    "secret_expiring",
    "workflow_disabled",
  ]);
  assert.ok(watch({ ...facts(), vault: null }).unknown.includes("vault_unreachable"));
});

Deno.test("a change of age is not notified again, a change of the newest backup is", () => {
  const material = (backups: WatchedBackup[], now = NOW) =>
    watch({ ...facts({ vault: { backups } }), now }).conditions[0]?.material;
  const later = "2026-01-20T13:00:00Z";
  assert.equal(material([backup(30)]), material([backup(30)], later));
  assert.notEqual(material([backup(30)]), material([backup(31)]));
});

Deno.test("the status is the worst severity", () => {
  assert.equal(statusOfWatch([]), "ok");
  assert.equal(statusOfWatch([{ severity: "warning" }]), "warning");
  assert.equal(statusOfWatch([{ severity: "warning" }, { severity: "failed" }]), "failed");
});

Deno.test("each watch judges the other by its own service level", () => {
  const found = (name: WatchName, lastReport: string | null, isExpected = true) =>
    ids({ ...facts(), other: { name, isExpected, lastReport: seen(lastReport) } });
  assert.deepEqual(found("watch", ago(3)), []);
  assert.deepEqual(found("watch", ago(3.01)), ["watch_silent"]);
  assert.deepEqual(found("watchdog", ago(13)), []);
  assert.deepEqual(found("watchdog", ago(13.01)), ["watchdog_silent"]);
  assert.deepEqual(found("watch", null), ["watch_silent"]);
  assert.deepEqual(found("watch", null, false), []);
});

Deno.test("the other watch's silence is unknown while its report cannot be read", () => {
  const of = (isExpected: boolean) =>
    watch({ ...facts(), other: { name: "watch", isExpected, lastReport: silent } });
  assert.deepEqual(of(true), { conditions: [], unknown: ["watch_silent"] });
  assert.deepEqual(of(false), { conditions: [], unknown: [] });
});
