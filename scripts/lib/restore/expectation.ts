/** What a restore compares its result with: the facts of the manifest, as this target can take them. */
import { type AnyManifest, isProving } from "@backup/vault/manifest.ts";
import { restoredRows } from "@backup/vault/platform.ts";
import { contentWithout, type Omission } from "../archive/omission.ts";
import { fingerprintOf } from "../postgres/database_facts.ts";
import { withReachableOwners } from "../postgres/fingerprint_differences.ts";
import { readFingerprintLines } from "../vault/fetch_backup.ts";
import type { Vault } from "../vault/vault.ts";
import type { RestoreTargetFacts } from "./target_facts.ts";
import { type ArchivedKey, withUnvalidated } from "./unvalidated_keys.ts";
import type { Expectation } from "./verify.ts";

/** @param keys foreign keys that come back without a validation */
export async function expectationOf(
  vault: Vault,
  key: string,
  manifest: AnyManifest | null,
  { keepOps, user, ownRoles }: RestoreTargetFacts,
  keys: readonly ArchivedKey[],
  omission?: Omission,
): Promise<Expectation> {
  if (!manifest || !isProving(manifest)) {
    return {
      mode: manifest?.mode ?? "full",
      sourceMajor: null,
      rows: null,
      sequences: null,
      platformSequences: {},
      fingerprint: null,
      fingerprintLines: null,
      isOmitted: () => false,
      ignoredAreas: {},
      takenOver: [],
    };
  }
  const lines = await readFingerprintLines(vault, key, manifest);
  const loaded = contentWithout(omission, manifest, lines);
  const owned = withReachableOwners(withUnvalidated(loaded.lines, keys), user, ownRoles);
  return {
    mode: manifest.mode,
    sourceMajor: Number.parseInt(manifest.server_version),
    rows: manifest.mode === "full" ? restoredRows(loaded.rows) : null,
    sequences: manifest.mode === "full" ? loaded.sequences : null,
    platformSequences: manifest.platform_sequences,
    fingerprint: owned.from.length === 0 && keys.length === 0 && omission === undefined
      ? manifest.fingerprint
      : fingerprintOf(owned.lines).areas,
    fingerprintLines: owned.lines,
    isOmitted: (line) => omission?.covers(line) ?? false,
    ignoredAreas: keepOps ? { "~ops": "the catalog's own objects: they stay as they are" } : {},
    takenOver: [
      ...owned.from.map((owner) => `objects of ${owner}: they belong to ${user} now`),
      ...keys.map(({ schema, name }) => `foreign key ${schema}.${name}: restored NOT VALID, it has orphans`),
    ],
  };
}
