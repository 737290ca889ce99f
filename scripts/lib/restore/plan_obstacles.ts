/** Finds the obstacles that would end a restore before it changes anything. */
import type { AnyManifest } from "@backup/vault/manifest.ts";
import type { ArchiveToc } from "../archive/archive_toc.ts";
import { type LockTableOverflow, lockTableOverflow, mayFit } from "./lock_table.ts";
import type { TargetNow } from "./read_target.ts";
import { type TargetObstacle, targetObstacles } from "./target_obstacles.ts";
import type { Selection } from "../archive/select_entries.ts";

export type Obstacle =
  | TargetObstacle
  /** The backup holds no rows, and the confirmation for an empty target is missing. */
  | { kind: "schema_only" }
  /** The size of the stored archive differs from its manifest. */
  | { kind: "archive_size"; manifest: number; stored: number }
  /** The content of the stored archive differs from its manifest. */
  | { kind: "archive_hash"; manifest: string; stored: string }
  /** The server's lock table is too small for so many objects in one transaction. */
  | { kind: "lock_table" } & LockTableOverflow;

export interface PlanInputs {
  allowSchemaOnly: boolean;
  allowTightLockTable?: boolean;
  allowOrphans?: boolean;
  manifest: AnyManifest | null;
  bytes: number;
  /** SHA-256 of the stored archive, `null` when it was not read. */
  hash: string | null;
  toc: ArchiveToc;
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
  const { lockTable, extensionNames } = planned.now.facts;
  const loaded = { ...planned, extensionNames, unvalidatedKeys: [], salvage: false };
  const overflow = lockTableOverflow(loaded, lockTable);
  const isConfirmed = overflow && planned.allowTightLockTable && mayFit(overflow, lockTable);
  if (overflow && !isConfirmed) obstacles.push({ kind: "lock_table", ...overflow });
  return [...obstacles, ...targetObstacles({ ...planned, facts: planned.now.facts })];
}
