/** Verdicts on facts that no simulator produces. */
import { expect, it } from "vitest";
import { parseDatabaseUrl } from "../postgres/connection.ts";
import { lifecycleVerdict, type LockRule, lockVerdict } from "./bucket_rules.ts";
import { quotaVerdict } from "./quotas.ts";
import { migrationsVerdict, proofVerdict } from "./catalog_state.ts";
import { check, type CheckVerdict } from "./check.ts";
import { type Result } from "@backup/result.ts";
import { clockVerdict } from "./clocks.ts";
import { catalogRoleVerdict } from "./catalog_role.ts";
import { dumpVerdict, extensionsVerdict, locksVerdict } from "./database_verdicts.ts";
import { functionVerdict } from "./edge_function.ts";
import { withinLimit } from "./within_limit.ts";
import { networkVerdict } from "./network.ts";
import type { DatabaseFacts } from "./read_database.ts";
import { linesOf } from "./report_text.ts";

const NOW = new Date("2026-11-24T12:00:00Z");
const ok = <T>(value: T): Result<T> => ({ ok: true, value });
const nothing: Result<never> = { ok: false, code: "vault_auth_failed", message: "refused" };
const direct = parseDatabaseUrl(
  "postgres://postgres:x@db.abcdefghijklmnopqrst.supabase.co:5432/postgres",
  "URL",
);
const locked = (prefix: string, changes: Partial<LockRule> = {}): LockRule => (
  { id: prefix, prefix, days: 7, until: null, ...changes }
);
const erasing = (prefix: string) => ok([{ id: "r", prefix, days: 30, on: null }]);
const answered = (status: number, code: string | null) => ok({ status, code });
const proven = (at: string) => ok({ key: "k", provenAt: at });
const skewed = (seconds: number) => ok({ remote: 0, local: seconds * 1000 });
const inMigrations = (wanted: string[] | null, applied: string[] | null) => (
  { wanted, applied: ok(applied), differences: ok([]), proof: nothing, pace: nothing }
);

const database: DatabaseFacts = {
  server: { versionNumber: 170006, version: "17.6", databaseBytes: 1, user: "postgres" },
  clock: { remote: 0, local: 0 },
  rights: {
    unreadable: [],
    hiddenRows: [],
    notOwned: [],
    foreignTriggers: [],
    mayCreateSchemas: true,
    locksOfCopy: 6_000,
    dependencyLocksOfCopy: 3_000,
    mayDisableTriggers: true,
  },
  foreignSchemas: [],
  warnings: [],
  extensions: [{ name: "pg_cron", schema: "cron" }, { name: "postgis", schema: "public" }],
  available: ["postgis"],
  lockTable: { setting: 64, sessions: 100, moved: 1000, locksDependencies: false },
};
const withRights = (rights: Partial<DatabaseFacts["rights"]>): DatabaseFacts => (
  { ...database, rights: { ...database.rights, ...rights } }
);

it.each<[what: string, CheckVerdict["status"], CheckVerdict, message: RegExp]>([
  ["rules that delete other things", "ok", lifecycleVerdict(erasing("logs/")), /Nenhuma regra/],
  [
    "a rule over everything",
    "failed",
    lifecycleVerdict(erasing("")),
    /r \(tudo, após 30 dias: os 12 mensais, .*\)/,
  ],
  ["a rule over the audit", "failed", lifecycleVerdict(erasing("audit/x")), /audit\/x/],
  ["unreadable lifecycle rules", "unknown", lifecycleVerdict(nothing), /Não verificado.*refused/],
  ["locks on both", "ok", lockVerdict(ok([locked("revo/"), locked("audit/")])), /protegem/],
  ["one lock on all", "ok", lockVerdict(ok([locked("")])), /protegem/],
  [
    "a lock on a part",
    "warning",
    lockVerdict(ok([locked("revo/prod/"), locked("audit/")])),
    /protege revo\//,
  ],
  [
    "a lock without an end",
    "warning",
    lockVerdict(ok([locked("revo/", { days: null }), locked("audit/")])),
    /dura mais/,
  ],
  [
    "a lock without an end on the audit",
    "ok",
    lockVerdict(ok([locked("revo/"), locked("audit/", { days: null })])),
    /./,
  ],
  ["unreadable locks", "unknown", lockVerdict(nothing), /Não verificado/],
  ["a clock", "ok", clockVerdict("do cofre", skewed(59)), /hora do cofre/],
  [
    "a clock that is late",
    "warning",
    clockVerdict("do cofre", skewed(-61)),
    /61 s atrasado em relação ao cofre/,
  ],
  ["a clock that is far ahead", "failed", clockVerdict("do cofre", skewed(301)), /adiantado/],
  ["a function that is not there", "failed", functionVerdict(answered(404, null)), /404/],
  ["a function without settings", "failed", functionVerdict(answered(500, "config_error")), /config_error/],
  ["a gateway in front", "warning", functionVerdict(answered(401, null)), /não se sabe/],
  ["a proof", "ok", proofVerdict(proven("2026-11-22T06:00:00Z"), NOW), /há 2 dias/],
  ["a proof of long ago", "failed", proofVerdict(proven("2026-11-10T06:00:00Z"), NOW), /há 14 dias/],
  ["no proof", "failed", proofVerdict(ok(null), NOW), /Nenhum backup/],
  [
    "a daily backup of 1 GB",
    "ok",
    quotaVerdict(ok({ perDay: 1, rawBytes: 1e9, seconds: 30 })),
    /30 GB.*251 minutos/,
  ],
  [
    "six a day of 2 GB",
    "warning",
    quotaVerdict(ok({ perDay: 6, rawBytes: 2e9, seconds: 30 })),
    /365 GB.*incluem 250 GB/,
  ],
  [
    "six a day of 10 min",
    "warning",
    quotaVerdict(ok({ perDay: 6, rawBytes: 1e9, seconds: 600 })),
    /2\.199 minutos/,
  ],
  [
    "no backup to measure",
    "unknown",
    quotaVerdict(ok({ perDay: 0, rawBytes: null, seconds: null })),
    /medir/,
  ],
  ["all migrations", "ok", migrationsVerdict(inMigrations(["1", "2"], ["1", "2"])), /até 2/],
  ["a migration less", "failed", migrationsVerdict(inMigrations(["1", "2"], ["1"])), /Faltam.*2/],
  ["no record of them", "unknown", migrationsVerdict(inMigrations(["1"], null)), /supabase_migrations/],
  ["no migrations here", "unknown", migrationsVerdict(inMigrations(null, [])), /não está aqui/],
  ["IPv4", "ok", networkVerdict(direct, { families: ok([6, 4]), hasIpv6: false }), /IPv4/],
  ["IPv6 alone", "warning", networkVerdict(direct, { families: ok([6]), hasIpv6: true }), /GitHub/],
  [
    "IPv6 without any here",
    "failed",
    networkVerdict(direct, { families: ok([6]), hasIpv6: false }),
    /só tem IPv6/,
  ],
  [
    "no such host",
    "failed",
    networkVerdict(direct, { families: nothing, hasIpv6: true }),
    /não tem endereço/,
  ],
  [
    "hidden rows",
    "failed",
    dumpVerdict(withRights({ hiddenRows: ["public.a"] })),
    /esconde linhas de public.a/,
  ],
  [
    "an object of a platform's schema",
    "warning",
    dumpVerdict({
      ...database,
      warnings: [{ kind: "needs_platform", name: "view public.agenda", detail: "cron.job", rows: null }],
    }),
    /view public\.agenda usa cron\.job.*pg_cron/,
  ],
  ["a foreign event trigger", "warning", dumpVerdict(withRights({ foreignTriggers: ["g"] })), /gatilhos.* g/],
  ["extensions", "ok", extensionsVerdict(database, database), /Tem/],
  ["an extension less", "failed", extensionsVerdict({ ...database, available: [] }, database), /: postgis\./],
  ["room for locks", "ok", locksVerdict(database, database), /comporta/],
  ["too many objects", "failed", locksVerdict(database, withRights({ locksOfCopy: 20_000 })), /21000 travas/],
  [
    "too many objects with what they refer to",
    "failed",
    locksVerdict(
      { ...database, lockTable: { ...database.lockTable, locksDependencies: true } },
      database,
    ),
    /10000 travas; cabem com segurança 8960/,
  ],
])("%s is %s", (_, status, verdict, message) => {
  expect(verdict.status).toBe(status);
  expect(verdict.message).toMatch(message);
  if (status === "failed" || status === "warning") expect(verdict.hint).toBeTruthy();
});

it("a check that takes too long fails, and a cancellation is thrown", async () => {
  const never = () => new Promise<never>(() => {});
  const cancel = new AbortController();
  const limit = { ms: 20, signal: cancel.signal, late: "vault_unreachable" } as const;
  expect(await withinLimit(limit, never)).toMatchObject({ ok: false, code: "vault_unreachable" });
  expect(await withinLimit(limit, () => Promise.reject(new Error("broken")))).toMatchObject({
    message: "broken",
  });
  const ended = withinLimit({ ...limit, ms: 60_000 }, never);
  cancel.abort(new Error("ended"));
  await expect(ended).rejects.toThrow("ended");
});

it("formats a check as one line under its group", () => {
  const checks = [
    check("vault", "r2_write", { status: "failed", message: "não\n grava", hint: "Faça." }),
    check("machine", "machine_gzip", { status: "ok", message: "Comprime." }),
  ];
  expect(linesOf({ checked_at: "", status: "failed", checks })).toEqual([
    "Máquina",
    "  OK        machine_gzip: Comprime.",
    "Cofre (R2)",
    "  FALHA     r2_write: não grava → Faça.",
    "1 OK, 1 FALHA",
  ]);
});

it("the roles of the catalog pass without further rights, and fail with them", () => {
  const role = "ops_db_backup_catalog";
  const verdict = (signsIn: boolean, ...rights: string[]) =>
    catalogRoleVerdict({ ok: true, value: [{ role, signsIn, rights }] });
  expect(verdict(true)).toMatchObject({ status: "ok", message: expect.stringContaining("só fazem") });
  expect(verdict(false)).toMatchObject({
    status: "ok",
    message: expect.stringContaining(`Sem senha: ${role}`),
  });
  expect(verdict(true, "BYPASSRLS", "public.clientes")).toMatchObject({
    status: "failed",
    message: expect.stringContaining("BYPASSRLS, public.clientes"),
  });
});
