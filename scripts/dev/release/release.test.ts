/** The invariants of a release: frozen migrations, one version, a section of the changelog. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TOOL_VERSION } from "../../lib/run/tool_version.ts";
import { ROOT } from "../root.ts";
import { migrationFaults, readMigrationHashes, readReleased, unreleased } from "./migrations.ts";

const textOf = (file: string) => readFileSync(join(ROOT, file), "utf8");

test("every released migration is unchanged, and new ones come after them", async () => {
  const released = await readReleased();
  expect(Object.keys(released).length).toBeGreaterThan(0);
  expect(migrationFaults(released, await readMigrationHashes())).toEqual([]);
});

test("package.json, its lock and the commands have one version, which the changelog contains", () => {
  for (const file of ["package.json", "package-lock.json"]) {
    expect(JSON.parse(textOf(file)).version, file).toBe(TOOL_VERSION);
  }
  const sections = textOf("CHANGELOG.md").split(/^## /m).slice(1);
  const heads = sections.map((section) => section.split("\n", 1)[0] ?? "");
  for (const head of heads) expect(head).toMatch(/^\[(Unreleased|\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}$)/);
  expect(heads.find((head) => head !== "[Unreleased]")).toContain(`[${TOOL_VERSION}]`);
});

test("finds a changed or missing released migration, and a new one before it", () => {
  const released = { "1.1.0": { migrations: { "20260101_a.sql": "hash" } } };
  const faults = (current: Record<string, string>) => migrationFaults(released, current);
  expect(faults({ "20260101_a.sql": "hash", "20260102_b.sql": "new" })).toEqual([]);
  expect(faults({ "20260101_a.sql": "other" })).toEqual([expect.stringContaining("is changed")]);
  expect(faults({})).toEqual([expect.stringContaining("is gone")]);
  expect(faults({ "20260101_a.sql": "hash", "20251231_z.sql": "new" })).toEqual([
    expect.stringContaining("20251231_z.sql would come before 20260101_a.sql"),
  ]);
  expect(unreleased(released, { "20260101_a.sql": "hash", "20260102_b.sql": "new" }))
    .toEqual({ "20260102_b.sql": "new" });
});
