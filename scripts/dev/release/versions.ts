/** Versions, and CHANGELOG.md as keepachangelog.com has it. */

export type Version = readonly [major: number, minor: number, patch: number];

/** @throws {Error} for what is no plain semantic version. */
export function parseVersion(text: string): Version {
  const found = /^(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (found === null) throw new Error(`Cannot read '${text}' as a version: it is not MAJOR.MINOR.PATCH`);
  return [Number(found[1]), Number(found[2]), Number(found[3])];
}

/** Negative when `a` comes before `b`. */
export function compareVersions([a1, a2, a3]: Version, [b1, b2, b3]: Version): number {
  return a1 - b1 || a2 - b2 || a3 - b3;
}

export type Change = "breaking" | "feature" | "fix";

/** The first version that may carry such a change after `last`; before 1.0.0 the minor number says what breaks. */
export function nextVersion([major, minor, patch]: Version, change: Change): Version {
  if (change === "fix") return [major, minor, patch + 1];
  return change === "breaking" && major > 0 ? [major + 1, 0, 0] : [major, minor + 1, 0];
}

export interface ChangelogSection {
  /** `null` for what is not released. */
  version: string | null;
  date: string | null;
  text: string;
}

const KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];

/** @throws {Error} naming the line that is not of the form. */
export function parseChangelog(text: string): ChangelogSection[] {
  return text.split(/^## /m).slice(1).map((part) => {
    const [head = "", ...lines] = part.split("\n");
    const { version, date } =
      /^\[(?<version>[^\]]+)\](?: - (?<date>\d{4}-\d{2}-\d{2}))?$/.exec(head)?.groups ?? {};
    if (version === undefined) {
      throw new Error(`CHANGELOG.md: '## ${head}' is not '## [VERSION] - YYYY-MM-DD'`);
    }
    const unknown = lines.find((line) => line.startsWith("### ") && !KINDS.includes(line.slice(4)));
    if (unknown !== undefined) throw new Error(`CHANGELOG.md: '${unknown}' is none of ${KINDS.join(", ")}`);
    const isReleased = version !== "Unreleased";
    if (isReleased && date === undefined) throw new Error(`CHANGELOG.md: ${version} has no date`);
    return { version: isReleased ? version : null, date: date ?? null, text: lines.join("\n").trim() };
  });
}
