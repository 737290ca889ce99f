/** What a later version finds in a repository that adopted an earlier one. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { Checkout } from "./checkout.ts";
import { fileFindings } from "./files.ts";
import { hashOf, RECORD_FILE } from "./plan.ts";

test("leaves the ERP's signing keys alone, removes our older files, and asks about others", () => {
  const erp = new Checkout(mkdtempSync(join(tmpdir(), "revo-files-")));
  try {
    erp.git("init", "-q");
    const older = "backups/scripts/older.ts";
    for (const path of [RECORD_FILE, older, "backups/scripts/signing_keys.txt", "backups/notes.txt"]) {
      mkdirSync(dirname(join(erp.root, path)), { recursive: true });
      writeFileSync(join(erp.root, path), "x");
    }
    const record = { version: "1", files: { [older]: hashOf(Buffer.from("x")) } };
    expect(fileFindings(erp, new Map(), record).map(({ item, standing }) => [item, standing])).toEqual([
      ["backups/notes.txt", "conflict"],
      [older, "differs"],
    ]);
  } finally {
    rmSync(erp.root, { recursive: true });
  }
});
