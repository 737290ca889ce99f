/** What a release promises: of this tree, and by planted faults of the check itself. */
import { describe, expect, test } from "vitest";
import { type Api, apiBreaks, currentApi } from "./api_schema.ts";
import { releaseProblems } from "./check.ts";
import { brokenPromises, hashesOf } from "./migrations.ts";
import { readFacts } from "./read_facts.ts";
import { breakingChanges, type Schema } from "./schema_changes.ts";
import { nextVersion, parseChangelog, parseVersion } from "./versions.ts";

const facts = await readFacts();

describe("this tree", () => {
  test("has every released migration as it went out, and new ones after them", () => {
    expect(Object.keys(facts.released).length).toBeGreaterThan(0);
    expect(brokenPromises(facts.released, facts.migrations)).toEqual([]);
  });

  test("says one version everywhere, and has a changelog of the known form with it", () => {
    expect(new Set(Object.values(facts.versions)).size).toBe(1);
    expect(facts.changelog.map(({ version }) => version)).toContain(facts.versions["package.json"]);
  });

  test("breaks no caller of the API without the version saying so", () => {
    const [version = ""] = Object.values(facts.versions);
    if (version in facts.released) expect(apiBreaks(facts.api.published, facts.api.current)).toEqual([]);
  });
});

/** A tree that may go out as 1.2.0 after 1.1.0. */
function ready() {
  const migrations = { "20260101_a.sql": "create table a;", "20260102_b.sql": "create table b;" };
  const { "20260101_a.sql": first = "" } = hashesOf(migrations);
  return {
    versions: { "package.json": "1.2.0", "package-lock.json": "1.2.0" },
    changelog: parseChangelog(
      "# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-02-01\n\n### Added\n\n- b\n\n## [1.1.0] - 2026-01-01\n\n- a\n",
    ),
    released: { "1.1.0": { migrations: { "20260101_a.sql": first } } },
    migrations,
    api: { published: currentApi(), current: currentApi() },
    manifestSchemaIsCurrent: true,
  };
}

describe("a release", () => {
  test("may go out when everything is in place", () => expect(releaseProblems(ready())).toEqual([]));

  test("is held back by a released migration that was changed, is gone, or has got one before it", () => {
    const { released } = ready();
    expect(brokenPromises(released, { "20260101_a.sql": "create table c;" }).join()).toContain("is changed");
    expect(brokenPromises(released, {}).join()).toContain("is gone");
    const late = { "20260101_a.sql": "create table a;", "20251231_z.sql": "" };
    expect(brokenPromises(released, late)).toEqual([
      expect.stringContaining("20251231_z.sql would come before"),
    ]);
  });

  test.each([
    ["a version said differently", { versions: { a: "1.2.0", b: "1.2.1" } }, "said differently"],
    ["new migrations in a fix", { versions: { a: "1.1.1" } }, "1.2.0 at least"],
    ["a version that the changelog does not have", { versions: { a: "1.3.0" } }, "no section of 1.3.0"],
    ["a manifest's schema that is not current", { manifestSchemaIsCurrent: false }, "manifest.schema.json"],
    [
      "what is still unreleased",
      { changelog: parseChangelog("## [Unreleased]\n- x\n\n## [1.2.0] - 2026-02-01\n- b\n") },
      "[Unreleased]",
    ],
    ["a section without words", { changelog: parseChangelog("## [1.2.0] - 2026-02-01\n") }, "says nothing"],
    [
      "a changelog upside down",
      {
        changelog: parseChangelog(
          "## [1.2.0] - 2026-02-01\n- b\n## [0.9.0] - 2025-02-01\n- a\n## [1.0.0] - 2026-01-01\n- a\n",
        ),
      },
      "not ordered",
    ],
  ])("is held back by %s", (_what, change, said) => {
    expect(releaseProblems({ ...ready(), ...change }).join("\n")).toContain(said);
  });

  test("that breaks old callers needs the next major version, and says what they stumble over", () => {
    const current: Api = structuredClone(currentApi());
    delete current.answers.dispatched?.properties?.run_url;
    current.requests.backup?.required?.push("reason");
    const [problem = ""] = releaseProblems({ ...ready(), api: { published: currentApi(), current } });
    expect(problem).toContain("2.0.0 at least");
    expect(problem).toContain("request backup: reason is needed now");
    expect(problem).toContain("answer dispatched: run_url is gone");
  });
});

describe("a schema", () => {
  const object = (properties: Record<string, Schema>, required: string[] = []): Schema => ({
    type: "object",
    properties,
    required,
  });
  const text: Schema = { type: "string" };
  const maybe: Schema = { type: ["string", "null"] };
  test.each([
    ["a field more that may be left out", object({ a: text }), object({ a: text, b: text }), [0, 0]],
    ["a field more that is needed", object({}), object({ b: text }, ["b"]), [1, 0]],
    ["a field less", object({ a: text }), object({}), [1, 1]],
    ["a field that is no longer always there", object({ a: text }, ["a"]), object({ a: text }), [0, 1]],
    ["null where there was none", object({ a: text }), object({ a: maybe }), [0, 1]],
    ["no null where there was one", object({ a: maybe }), object({ a: text }), [1, 0]],
    ["a word less", object({ a: { enum: ["x", "y"] } }), object({ a: { enum: ["x"] } }), [1, 0]],
    ["another type in a list", { type: "array", items: text }, { type: "array", items: { type: "number" } }, [
      1,
      1,
    ]],
  ])(
    "with %s breaks who asks, and who reads the answer, as it does",
    (_what, before, after, [asks, reads]) => {
      expect(breakingChanges(before, after, "request")).toHaveLength(asks ?? 0);
      expect(breakingChanges(before, after, "answer")).toHaveLength(reads ?? 0);
    },
  );
});

test("versions follow each other as semantic versioning says, and before 1.0.0 the minor number breaks", () => {
  expect(nextVersion(parseVersion("1.2.3"), "breaking")).toEqual([2, 0, 0]);
  expect(nextVersion(parseVersion("0.2.3"), "breaking")).toEqual([0, 3, 0]);
  expect(nextVersion(parseVersion("1.2.3"), "feature")).toEqual([1, 3, 0]);
  expect(nextVersion(parseVersion("1.2.3"), "fix")).toEqual([1, 2, 4]);
  expect(() => parseVersion("1.2")).toThrow("MAJOR.MINOR.PATCH");
  expect(() => parseChangelog("## 1.2.0\n")).toThrow("'## 1.2.0' is not");
  expect(() => parseChangelog("## [1.2.0] - 2026-01-01\n### Things\n")).toThrow("'### Things' is none of");
});
