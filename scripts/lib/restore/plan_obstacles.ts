/** Finds the obstacles that would end a restore before it changes anything. */
import { type AnyManifest, isProving } from "@backup/vault/manifest.ts";
import { DATA_ONLY_SCHEMAS, restoredRows } from "@backup/vault/platform.ts";
import type { ArchiveToc } from "../archive/archive_toc.ts";
import { type LockTableOverflow, lockTableOverflow, mayFit } from "./lock_table.ts";
import { projectExtensions } from "./plan_objects.ts";
import type { TargetNow } from "./read_target.ts";
import type { Selection } from "../archive/select_entries.ts";

export type Obstacle =
  /** The backup holds no rows, and the confirmation for an empty target is missing. */
  | { kind: "schema_only" }
  /** The size of the stored archive differs from its manifest. */
  | { kind: "archive_size"; manifest: number; stored: number }
  /** The content of the stored archive differs from its manifest. */
  | { kind: "archive_hash"; manifest: string; stored: string }
  /** The archive creates an extension that the target's server does not have. */
  | { kind: "extension_unavailable"; name: string }
  /** It stays in schema public, and the backup does not have it. */
  | { kind: "extension_only_in_target"; name: string }
  /** It cannot be brought to where the backup has it: an extension of the project's schemas does not move. */
  | { kind: "extension_schema"; name: string; backup: string; target: string }
  /** A table of the platform whose rows are restored exists on one side only: the platform's versions differ. */
  | { kind: "platform_table"; table: string; in: "backup" | "target" }
  /** The server's lock table is too small for so many objects in one transaction. */
  | { kind: "lock_table" } & LockTableOverflow;

export interface PlanInputs {
  allowSchemaOnly: boolean;
  allowTightLockTable?: boolean;
  manifest: AnyManifest | null;
  bytes: number;
  /** SHA-256 of the stored archive, `null` when it was not read. */
  hash: string | null;
  toc: ArchiveToc;
  lines: readonly string[] | null;
  now: TargetNow;
  selection: Selection;
}

export function findObstacles(planned: PlanInputs): Obstacle[] {
  const { manifest, bytes, hash } = planned;
  const obstacles: Obstacle[] = [];
  if (manifest?.mode === "schema-only" && !planned.allowSchemaOnly) obstacles.push({ kind: "schema_only" });
  if (manifest && manifest.bytes !== bytes) {
    obstacles.push({ kind: "archive_size", manifest: manifest.bytes, stored: bytes });
  } else if (manifest && hash !== null && manifest.sha256 !== hash) {
    obstacles.push({ kind: "archive_hash", manifest: manifest.sha256, stored: hash });
  }
  for (const name of unavailableExtensions(planned)) obstacles.push({ kind: "extension_unavailable", name });
  const { lockTable } = planned.now.facts;
  const overflow = lockTableOverflow(planned.toc, planned.selection, lockTable);
  const isConfirmed = overflow && planned.allowTightLockTable && mayFit(overflow, lockTable);
  if (overflow && !isConfirmed) obstacles.push({ kind: "lock_table", ...overflow });
  return [...obstacles, ...misplacedExtensions(planned), ...platformTables(planned)];
}

function unavailableExtensions({ toc, selection, now }: PlanInputs): string[] {
  const taken = new Set(selection.main);
  return toc.entries
    .filter(({ kind, dumpId, tag }) =>
      kind === "EXTENSION" && taken.has(dumpId) && !now.facts.availableExtensions.has(tag)
    )
    .map(({ tag }) => tag);
}

function misplacedExtensions({ manifest, lines, now }: PlanInputs): Obstacle[] {
  if (!manifest || !isProving(manifest) || !lines) return [];
  const wanted = new Map(manifest.extensions.map(({ name, schema }) => [name, schema]));
  const [source, target] = [projectExtensions(lines), projectExtensions(now.fingerprint.lines)];
  return now.extensions.flatMap(({ name, schema }): Obstacle[] => {
    const backup = wanted.get(name);
    const found = target.get(name);
    if (backup === undefined) return found === "public" ? [{ kind: "extension_only_in_target", name }] : [];
    return source.get(name) === found ? [] : [{ kind: "extension_schema", name, backup, target: schema }];
  });
}

function platformTables({ manifest, now }: PlanInputs): Obstacle[] {
  if (!manifest || !isProving(manifest) || manifest.mode === "schema-only") return [];
  const ofPlatform = (table: string) => DATA_ONLY_SCHEMAS.some((schema) => table.startsWith(`${schema}.`));
  const found = now.tables.map(({ key }) => key).filter(ofPlatform);
  const wanted = Object.keys(restoredRows(manifest.rows)).filter(ofPlatform);
  const missing = (from: readonly string[], side: "backup" | "target", other: readonly string[]) =>
    from.filter((table) => !other.includes(table)).map((table) =>
      ({ kind: "platform_table", table, in: side }) as const
    );
  return [...missing(wanted, "backup", found), ...missing(found, "target", wanted)];
}
