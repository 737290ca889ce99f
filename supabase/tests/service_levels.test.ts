/** The service levels are defined once: SQL uses the numbers of the domain, and the documents state them. */
import { readFile } from "node:fs/promises";
import type { Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  AUDIT_WHOLE_AFTER_MS,
  BACKUP_OVERDUE_AFTER_MS,
  CATALOG_SERVICE_LEVELS,
  days,
  hours,
  minutes,
  PLAN_VALID_MS,
  PROOF_OVERDUE_AFTER_MS,
  RUN_SILENT_AFTER_MS,
  SCHEDULE_LATE_AFTER_MS,
  VAULT_TIME_AHEAD_MS,
  VAULT_TIME_BEHIND_MS,
  WATCH_SILENT_AFTER_MS,
} from "@backup/service_levels.ts";
import { outcomeOf, TestCluster } from "./cluster.ts";

let cluster: TestCluster;
let sql: Sql;
beforeAll(async () => {
  cluster = await TestCluster.start();
  sql = await cluster.createMigrated("levels");
});
afterAll(() => cluster.stop());

describe("ops_db_backup_service_level", () => {
  it("has the levels of the domain, each with its value", async () => {
    const [source] = await sql<{ text: string }[]>`
      select prosrc as text from pg_proc where proname = 'ops_db_backup_service_level'`;
    const names = [...(source?.text ?? "").matchAll(/when '(\w+)'/g)].map(([, name]) => name);
    expect(names.toSorted()).toEqual(Object.keys(CATALOG_SERVICE_LEVELS).toSorted());
    for (const [name, ms] of Object.entries(CATALOG_SERVICE_LEVELS)) {
      const [level] = await sql`
        select (extract(epoch from public.ops_db_backup_service_level(${name})) * 1000)::float8 as ms`;
      expect(level, name).toEqual({ ms });
    }
  });

  it("refuses an unknown name", async () => {
    expect(await outcomeOf(sql`select public.ops_db_backup_service_level('run_silnet')`)).toBe("22023");
  });

  it("is the only function of the catalog that states a period", async () => {
    const others = await sql`
      select proname from pg_proc
       where starts_with(proname, 'ops_db_backup') and proname <> 'ops_db_backup_service_level'
         and regexp_replace(prosrc, 'interval ''1 (month|day)''', '', 'g') ~ 'interval ''[0-9]'`;
    expect(others).toEqual([]);
  });
});

const LATE = SCHEDULE_LATE_AFTER_MS;
/** The text of a document, generated from the levels. */
const STATEMENTS: [document: string, statement: string][] = [
  [
    "docs/watchdog.md",
    `the newest full backup that no drill rejected is older than ${
      hours(BACKUP_OVERDUE_AFTER_MS)
    } h, or there is none`,
  ],
  ["docs/watchdog.md", `no drill passed within ${days(PROOF_OVERDUE_AFTER_MS)} days`],
  [
    "docs/watchdog.md",
    `within ${hours(LATE["db-backup.yml"])} h (backup, pruning), ${
      days(LATE["db-backup-doctor.yml"])
    } days ` +
    `(drill, doctor), ${hours(LATE["db-backup-watchdog.yml"])} h (watchdog), ` +
    `${days(LATE["db-backup-alarm-test.yml"])} days (alarm test)`,
  ],
  ["docs/watchdog.md", `the watchdog left no report for ${hours(WATCH_SILENT_AFTER_MS.watchdog)} h`],
  [
    "docs/watchdog.md",
    `the watch in the database left no report for ${hours(WATCH_SILENT_AFTER_MS.watch)} h`,
  ],
  [
    "docs/retention.md",
    `at most ${hours(VAULT_TIME_AHEAD_MS)} h after it and ${hours(VAULT_TIME_BEHIND_MS)} h before it`,
  ],
  [
    "docs/storage-format.md",
    `at most ${hours(VAULT_TIME_AHEAD_MS)} h after it and ${hours(VAULT_TIME_BEHIND_MS)} h before it`,
  ],
  ["docs/watchdog.md", `every ${hours(AUDIT_WHOLE_AFTER_MS)} h as a whole`],
  ["docs/watchdog.md", `dated more than ${hours(VAULT_TIME_AHEAD_MS)} h after the vault's own time`],
  ["docs/doctor.md", `older than ${days(PROOF_OVERDUE_AFTER_MS)} days`],
  ["docs/drill.md", `is older than ${hours(BACKUP_OVERDUE_AFTER_MS)} h (\`prod\`; \`FRESH_HOURS\`)`],
  ["docs/environment.md", `default ${hours(BACKUP_OVERDUE_AFTER_MS)} for \`prod\``],
  ["docs/guia/auditor.md", `uma simulação de menos de ${minutes(PLAN_VALID_MS)} minutos`],
  ["docs/guia/restaurar-producao.md", `A simulação vale ${minutes(PLAN_VALID_MS)} minutos`],
  ["docs/guia/avisos.md", `nenhum ensaio aprovado há ${days(PROOF_OVERDUE_AFTER_MS)} dias`],
  ["docs/guia/primeiros-passos.md", `depois de ${hours(BACKUP_OVERDUE_AFTER_MS)} horas sem backup`],
  ["docs/guia/primeiros-passos.md", `sem dar sinal por ${minutes(RUN_SILENT_AFTER_MS)} minutos`],
];

it.each(STATEMENTS)("%s states: %s", async (document, statement) => {
  const text = await readFile(new URL(`../../${document}`, import.meta.url), "utf8");
  expect(text.replaceAll(/\s+/g, " ")).toContain(statement);
});
