/**
 * Keys, labels, targets and limits are the same in the domain (TypeScript), the catalog (SQL) and the local script
 * (bash): each row of these tables is checked against every implementation that applies.
 */
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { backupRequestSchema, REASON_MAX_LENGTH } from "@backup/api.ts";
import { convertLabel, LABEL_MAX_LENGTH, normalizeLabel } from "@backup/label.ts";
import { isReason } from "@backup/reason.ts";
import { RUN_KINDS, RUN_STATUSES } from "@backup/runs/run.ts";
import { MODES, TARGETS } from "@backup/target.ts";
import { archiveKeyOf, tryParseArchiveKey } from "@backup/vault/object_key.ts";
import { shells } from "../../scripts/tests/shells.ts";
import { asCaller, outcomeOf, TestCluster } from "./cluster.ts";
import { backupOf, request } from "./run_calls.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/backup_db_local.sh", import.meta.url));

let cluster: TestCluster;
let sql: Sql;
beforeAll(async () => {
  cluster = await TestCluster.start();
  sql = await cluster.createMigrated("names");
});
afterAll(() => cluster.stop());

const LONGEST = "x".repeat(LABEL_MAX_LENGTH);

describe("an archive's key", () => {
  const prod = (day: string, time = "031022", label = "") => {
    const [y, m, d] = day.split("-");
    return `revo/prod/${y}/${m}/${d}/supabase_prod_${y}${m}${d}_${time}${label}.dump.gz`;
  };
  const KEYS: [key: string, isKey: boolean][] = [
    [prod("2026-01-15"), true],
    [prod("2026-01-15").replaceAll("prod", "dev"), true],
    [prod("2026-01-15").replaceAll("prod", "verify"), true],
    [prod("2026-01-15").replaceAll("prod", "staging"), false],
    [prod("2026-01-15").replace("/prod/", "/dev/"), false],
    [prod("2026-01-15").replace("/15/", "/16/"), false],
    [prod("2026-01-15", "000000"), true],
    [prod("2026-01-15", "235959"), true],
    [prod("2026-01-15", "240000"), false],
    [prod("2026-01-15", "246000"), false],
    [prod("2026-01-15", "236000"), false],
    [prod("2026-01-15", "235960"), false],
    [prod("2026-01-15", "03102"), false],
    [prod("2028-02-29"), true],
    [prod("2026-02-29"), false],
    [prod("2000-02-29"), true],
    [prod("2100-02-29"), false],
    [prod("2026-04-30"), true],
    [prod("2026-04-31"), false],
    [prod("2026-12-31"), true],
    [prod("2026-12-32"), false],
    [prod("2026-00-10"), false],
    [prod("2026-13-10"), false],
    [prod("2026-01-00"), false],
    [prod("0000-01-10"), false],
    [prod("0999-01-10"), false],
    [prod("9999-12-31"), true],
    [prod("2026-01-15", "031022", "_antes_2.0-rc"), true],
    [prod("2026-01-15", "031022", `_${LONGEST}`), true],
    [prod("2026-01-15", "031022", `_${LONGEST}x`), false],
    [prod("2026-01-15", "031022", "_"), false],
    [prod("2026-01-15", "031022", "_a b"), false],
    [prod("2026-01-15", "031022", "_migração"), false],
    [prod("2026-01-15", "031022", "_a/b"), false],
    [prod("2026-01-15", "\u0660\u0663\u0661\u0660\u0662\u0662"), false],
    [prod("2026-01-15").replace(".dump.gz", ".manifest.json"), false],
    [prod("2026-01-15").replace(".dump.gz", ".dump"), false],
    [` ${prod("2026-01-15")}`, false],
    [`${prod("2026-01-15")}\n`, false],
    [`../${prod("2026-01-15")}`, false],
    ["", false],
  ];
  it.each(KEYS)("%j: %j", async (key, isKey) => {
    expect(tryParseArchiveKey(key) !== null, "TypeScript").toBe(isKey);
    const manifest = key.replace(/\.dump\.gz$/, ".manifest.json");
    if (manifest !== key) {
      expect(archiveKeyOf(manifest), "its manifest in TypeScript").toBe(isKey ? key : null);
    }
    const [row] = await sql`select public.ops_db_backup_is_archive_key(${key}) as is_key`;
    expect(row, "SQL").toEqual({ is_key: isKey });
  });
});

describe("a label", () => {
  /** The input, and the resulting label: `null` when it is refused, empty when there is none. */
  const LABELS: [entered: string, label: string | null][] = [
    ["antes_2.0-rc", "antes_2.0-rc"],
    [" antes da  migracao ", "antes_da_migracao"],
    [LONGEST, LONGEST],
    [`  ${LONGEST}  `, LONGEST],
    [`${LONGEST}x`, null],
    ["a".repeat(LABEL_MAX_LENGTH - 1) + "  b", null],
    ["Migração às 3 ", "Migracao_as_3"],
    ["migrac\u0327a\u0303o", "migracao"],
    ["\u0301", ""],
    ["  ", ""],
    ["Kelvin: \u212a", null],
    ["\u212a", "K"],
    ["ã".repeat(LABEL_MAX_LENGTH), "a".repeat(LABEL_MAX_LENGTH)],
    ["ø", null],
    ["a\u20dd", null],
    ["a\tb", null],
    ["a\t", null],
    ["a\n", null],
    ["\na", null],
    ["a\u00a0", null],
    ["a/b", null],
    ["../a", null],
    ["a;b", null],
    ["$(id)", null],
    ["a*", null],
    ["ª", null],
    ["x.dump.gz.age", null],
    ["x.dump.gz", "x.dump.gz"],
    ["x.age", "x.age"],
  ];
  it.each(LABELS)("%j: %j", async (entered, label) => {
    expect(normalized(entered), "TypeScript").toBe(label);
    const order = { ...backupOf("dev"), label: entered };
    const stored = await asCaller(
      sql,
      "owner",
      (tx) =>
        request(tx, randomUUID(), order).then(({ run }) => run.label ?? "", (error) => String(error.hint)),
    );
    expect(stored, "SQL").toBe(label ?? "invalid_label");
    for (const [version, shell] of shells()) {
      expect(localRefusal(shell, { LABEL: entered }), `bash ${version}`).toMatch(
        label === null ? /^erro: etiqueta/ : /^erro: falta DATABASE_URL/,
      );
      if (label !== null) expect(convertedBy(shell, entered), `bash ${version}`).toBe(label);
    }
  });

  /** Every character that is a letter, a digit or nothing once its marks are gone. */
  const CHARACTERS = Array.from({ length: 0x2fff }, (_, index) => String.fromCodePoint(index + 1)).filter((
    it,
  ) => /^[A-Za-z0-9._-]?$/.test(convertLabel(it)));

  it("has the same letters everywhere", async () => {
    expect(CHARACTERS.length).toBeGreaterThan(600);
    const rows = await sql<{ it: string }[]>`
      select chr(n) as it from generate_series(1, ${0x2fff}::int) n
       where coalesce(public.ops_db_backup_label(chr(n)), '') ~ '^[A-Za-z0-9._-]?$' order by n`;
    expect(rows.map(({ it }) => it), "SQL").toEqual(CHARACTERS);
    const all = CHARACTERS.join("");
    for (const [version, shell] of shells()) {
      expect(convertedBy(shell, all), `bash ${version}`).toBe(convertLabel(all));
    }
  });
});

describe("the known values", () => {
  it.each([...TARGETS, "staging", "PROD", ""])("target %j", async (target) => {
    const isKnown = TARGETS.some((known) => known === target);
    expect(await requestOutcome(backupOf(target)), "SQL").toBe(isKnown ? "ok" : "PT400 invalid_payload");
    if (target === "") return; // the script's argument is then absent, which means prod
    for (const [version, shell] of shells()) {
      expect(localRefusal(shell, {}, [target]), `bash ${version}`).toMatch(
        isKnown ? /^erro: falta DATABASE_URL/ : /^erro: banco desconhecido/,
      );
    }
  });

  it.each([...MODES, "data-only", "Full"])("mode %j", async (mode) => {
    const isKnown = MODES.some((known) => known === mode);
    expect(await requestOutcome({ ...backupOf("dev"), mode }), "SQL").toBe(
      isKnown ? "ok" : "PT400 invalid_payload",
    );
    for (const [version, shell] of shells()) {
      expect(localRefusal(shell, { MODE: mode }), `bash ${version}`).toMatch(
        isKnown ? /^erro: falta DATABASE_URL/ : /^erro: MODE desconhecido/,
      );
    }
  });

  it.each([
    ["kind", RUN_KINDS],
    ["status", RUN_STATUSES],
  ])("of a run's %s are those that the table accepts", async (column, values) => {
    const [constraint] = await sql<{ text: string }[]>`
      select pg_get_constraintdef(oid) as text from pg_constraint
       where conname = ${`ops_db_backup_runs_${column}_known`}`;
    const taken = [...(constraint?.text ?? "").matchAll(/'([^']+)'::text/g)].map(([, value]) => value);
    expect(taken.toSorted()).toEqual([...values].toSorted());
  });
});

describe("a reason", () => {
  it.each([
    ["fim", true],
    ["é só", true],
    ["修正版", true],
    ["x", false],
    ["a b", false],
    ["12345", false],
    ["...", false],
    ["", false],
  ])("%j: %j", async (text, is) => {
    expect(isReason(text), "TypeScript").toBe(is);
    expect(await sql`select public.ops_db_backup_is_reason(${text}) as it`, "SQL").toEqual([{ it: is }]);
  });

  const accepted = (reason: string) =>
    backupRequestSchema.safeParse({ action: "backup", target: "dev", reason }).success;

  it("of the maximum length is stored in full", async () => {
    const reason = "é".repeat(REASON_MAX_LENGTH);
    expect([accepted(reason), accepted(`${reason}é`)]).toEqual([true, false]);
    const kept = await asCaller(sql, "owner", async (tx) => {
      const { run } = await request(tx, randomUUID(), { ...backupOf("dev"), reason: `${reason}é` });
      return run.reason;
    });
    expect(kept).toBe(reason);
  });
});

function normalized(entered: string): string | null {
  try {
    return normalizeLabel(entered) ?? "";
  } catch {
    return null;
  }
}

/** The catalog's result for a request, whose row is rolled back. */
async function requestOutcome(order: Parameters<typeof request>[2]): Promise<string> {
  return await asCaller(sql, "owner", (tx) => outcomeOf(request(tx, randomUUID(), order)));
}

/** What the local script makes of a label that it does not refuse. */
function convertedBy(shell: string, label: string): string {
  const [part = ""] = /^LETTERS=.*?^\)$/ms.exec(readFileSync(SCRIPT, "utf8")) ?? [];
  const { stdout, stderr } = spawnSync(shell, ["--norc", "-c", `${part}\nconvert_label "$1"`, shell, label], {
    env: { PATH: process.env.PATH },
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  return stdout;
}

/**
 * Why the local script refuses: a valid argument fails for the missing DATABASE_URL, which is read after all
 * arguments.
 */
function localRefusal(shell: string, env: Record<string, string>, args: string[] = []): string {
  const { status, stderr } = spawnSync(shell, [SCRIPT, ...args], {
    env: { PATH: process.env.PATH, ...env },
    encoding: "utf8",
  });
  expect(status).toBe(2);
  return stderr;
}
