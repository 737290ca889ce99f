/** What has to be true before a version goes out. */
import { type Api, apiBreaks } from "./api_schema.ts";
import { brokenPromises, type MigrationTexts, type Released, unreleased } from "./migrations.ts";
import {
  type Change,
  type ChangelogSection,
  compareVersions,
  nextVersion,
  parseVersion,
} from "./versions.ts";

export interface ReleaseFacts {
  /** Of package.json, package-lock.json and scripts/lib/run/tool_version.ts, by file. */
  versions: Readonly<Record<string, string>>;
  changelog: readonly ChangelogSection[];
  released: Released;
  migrations: MigrationTexts;
  /** As docs/api.schema.json has it from the last release, and as the code stands. */
  api: { published: Api; current: Api };
  /** Whether docs/manifest.schema.json is what the code checks. */
  manifestSchemaIsCurrent: boolean;
}

/** @returns what is in the way, in sentences; none: it may go out. */
export function releaseProblems(facts: ReleaseFacts): string[] {
  return [
    ...brokenPromises(facts.released, facts.migrations),
    ...versionProblems(facts),
    ...changelogProblems(facts),
    ...(facts.manifestSchemaIsCurrent ? [] : [
      "docs/manifest.schema.json is not what the code checks: npx vitest -u -c scripts/vitest.config.ts manifest_schema",
    ]),
  ];
}

function versionProblems(facts: ReleaseFacts): string[] {
  const { versions, released } = facts;
  const [first = "", ...others] = Object.values(versions);
  if (others.some((other) => other !== first)) {
    return [
      `one version, said differently: ${Object.entries(versions).map((pair) => pair.join(" ")).join(", ")}`,
    ];
  }
  const last = Object.keys(released).toSorted((a, b) => compareVersions(parseVersion(a), parseVersion(b))).at(
    -1,
  );
  if (last === undefined) return [];
  const needed = nextVersion(parseVersion(last), changeOf(facts));
  if (compareVersions(parseVersion(first), needed) >= 0) return [];
  const breaks = apiBreaks(facts.api.published, facts.api.current);
  const why = breaks.length > 0 ? ` (old callers would stumble: ${breaks.join("; ")})` : "";
  return [`version ${first} is too low after ${last}: ${needed.join(".")} at least${why}`];
}

/** The largest change since the last release that can be seen in what is published. */
function changeOf({ api, released, migrations }: ReleaseFacts): Change {
  if (apiBreaks(api.published, api.current).length > 0) return "breaking";
  const isSame = JSON.stringify(api.published) === JSON.stringify(api.current);
  return isSame && unreleased(released, migrations).length === 0 ? "fix" : "feature";
}

function changelogProblems({ versions, changelog }: ReleaseFacts): string[] {
  const [version = ""] = Object.values(versions);
  const numbers = changelog.flatMap((section) => section.version === null ? [] : [section.version]);
  const sorted = numbers.toSorted((a, b) => compareVersions(parseVersion(b), parseVersion(a)));
  return [
    ...(numbers[0] === version ? [] : [`CHANGELOG.md has no section of ${version} on top`]),
    ...(numbers.join() === sorted.join()
      ? []
      : ["CHANGELOG.md is not ordered from the newest version to the oldest"]),
    ...changelog.filter((section) => section.version === null && section.text !== "").map(() =>
      `CHANGELOG.md has lines under [Unreleased]: they belong to ${version}`
    ),
    ...changelog.filter((section) => section.version === version && section.text === "").map(() =>
      `CHANGELOG.md says nothing of ${version}`
    ),
  ];
}
