/** Schema and privileges of a backup against those of the target. */
import { describeDifferences } from "../postgres/fingerprint_differences.ts";
import { type AnyManifest, isProving, type Manifest } from "@backup/vault/manifest.ts";
import type { ArchiveToc } from "../archive/archive_toc.ts";
import { type LostObject, objectsOnlyInTarget, OPS_AREA, wholeObjects } from "./plan_objects.ts";
import { DIFFERENCES } from "./plan_words.ts";
import type { TargetNow } from "./read_target.ts";
import { withoutMajorDifferences } from "./verify.ts";

/** What is fetched of a backup for a plan. */
export interface StoredBackup {
  manifest: AnyManifest | null;
  bytes: number;
  toc: ArchiveToc;
  /** Lines of the fingerprint, `null` for a backup without proofs. */
  lines: string[] | null;
}

/** The number of all items, and the first of them. */
export interface Listed<T> {
  total: number;
  listed: T[];
}

export interface SchemaComparison {
  /** Differences of the target from the backup, with privileges; `null` here and below: unknown to the backup. */
  differences: Listed<string> | null;
  onlyInTarget: Listed<LostObject> | null;
  /** Extensions of the backup that the target lacks or has in another version. */
  extensions: { name: string; backup: string; target: string | null; available: boolean }[] | null;
  /** Roles that the restore will create, without login. */
  missingRoles: string[] | null;
}

const LISTED = 200;

export function list<T>(items: readonly T[], limit = LISTED): Listed<T> {
  return { total: items.length, listed: items.slice(0, limit) };
}

/** Every fact is `null` when the backup carries no proofs. */
export function compareSchemas({ manifest, lines }: StoredBackup, now: TargetNow): SchemaComparison {
  if (!lines || !manifest || !isProving(manifest)) {
    return { differences: null, onlyInTarget: null, extensions: null, missingRoles: null };
  }
  const versions = new Map(now.extensions.map(({ name, version }) => [name, version]));
  const others = manifest.extensions.filter(({ name, version }) => versions.get(name) !== version);
  return {
    differences: list(schemaDifferences(manifest, lines, now)),
    onlyInTarget: list([
      ...objectsOnlyInTarget(lines, now.fingerprint.lines),
      ...now.facts.dependents.map(({ name, detail }) =>
        ({ kind: `de ${detail}`, name, fate: "removed" }) as const
      ),
    ]),
    extensions: others.map(({ name, version }) => ({
      name,
      backup: version,
      target: versions.get(name) ?? null,
      available: now.facts.availableExtensions.has(name),
    })),
    missingRoles: now.facts.missingRoles,
  };
}

/**
 * Differences as the check before COMMIT finds them: without what depends on the major version or stays in place. A relation
 * that one side lacks is one difference, whatever its columns and constraints.
 */
export function schemaDifferences(manifest: Manifest, backup: readonly string[], now: TargetNow): string[] {
  const sameMajor =
    Number.parseInt(manifest.server_version) === Math.floor(now.server.versionNumber / 10_000);
  const comparable = (lines: readonly string[]) =>
    (sameMajor ? lines : withoutMajorDifferences(lines).lines)
      .filter((line) => !now.facts.keepOps || !line.startsWith(`["${OPS_AREA}",`));
  const [expected, found] = [comparable(backup), comparable(now.fingerprint.lines)];
  return describeDifferences(wholeObjects(expected, found), wholeObjects(found, expected), DIFFERENCES);
}
