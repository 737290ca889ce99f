/** Rules for the text of backup_db_local.sh and restore_db_local.sh. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import * as platform from "@backup/vault/platform.ts";
import { NOTICE_LOSS } from "../lib/postgres/connection.ts";

const BACKUP = new URL("../backup_db_local.sh", import.meta.url);
const RESTORE = new URL("../restore_db_local.sh", import.meta.url);

test("excludes the same objects of the platform as the engine", async () => {
  const text = await readFile(BACKUP, "utf8");
  const words = (name: string) => new RegExp(`^${name}="([^"]*)"`, "m").exec(text)?.[1]?.split(/\s+/);
  expect(words("EXCLUDED_SCHEMAS")).toEqual([...platform.EXCLUDED_SCHEMAS]);
  expect(words("PLATFORM_SCHEMAS")).toEqual([...platform.DATA_ONLY_SCHEMAS, platform.EXTENSIONS_SCHEMA]);
  expect(words("AUTH_TABLES_EXCEPT")).toEqual([...(platform.PLATFORM_ROWS.auth.except ?? [])]);
  expect(words("STORAGE_TABLES")).toEqual([...(platform.PLATFORM_ROWS.storage.only ?? [])]);
  expect(words("OLD_CONTENT_PREFIX")).toEqual([platform.OLD_CONTENT_PREFIX]);
  expect(await readFile(RESTORE, "utf8")).toContain(
    `\nAUTH_SESSION_TABLES="${platform.AUTH_SESSION_TABLES.join(" ")}"\n`,
  );
  expect(words("OPS_OBJECT_PREFIX")).toEqual([platform.OPS_OBJECT_PREFIX]);
});

test("detects a lost connection with the same settings as the engine", async () => {
  expect(await readFile(BACKUP, "utf8")).toContain(`\nNOTICE_LOSS="${NOTICE_LOSS}"\n`);
});

test("uses nothing newer than bash 3.2 and no option that only GNU tools have", async () => {
  const newer: readonly RegExp[] = [
    /\b(mapfile|readarray|coproc)\b/,
    /\b(declare|local|typeset) -[a-z]*[Ang]/,
    /\$\{\w+(,,?|\^\^?|@[A-Za-z])\}/,
    /&>>|\|&|;;&|;&/,
    /\bwait -[nfp]/,
    /\$\{[A-Za-z_]+: -?\d+: -/,
    /\[\[ -v /,
    /printf .*%\(/,
    /\bsed -i\b|\bstat -c|\bdate -d|\breadlink -f|\bmktemp [^-]|\bgrep -P|\bxargs -r|\bcp --/,
  ];
  for (const file of [BACKUP, RESTORE]) {
    const lines = (await readFile(file, "utf8")).split("\n").filter((line) =>
      !line.trimStart().startsWith("#")
    );
    for (const rule of newer) expect(lines.filter((line) => rule.test(line)), String(rule)).toEqual([]);
  }
});
