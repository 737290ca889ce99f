/** What the audit records of a take: counts and hashes, and never a value. */
import type { Target } from "@backup/target.ts";
import type { AuditEntry } from "../catalog/catalog.ts";
import type { Requester } from "../run/requester.ts";
import type { Counts } from "./patch_table.ts";

export interface TakeRecord {
  /** `begun` is recorded before a row is written, the others of an apply after it. */
  step: "reviewed" | "begun" | "done" | "failed" | "unknown";
  target: Target;
  /** Of the backup, or of the reverse patch that undoes a take. */
  source: string;
  hash: string | null;
  counts: Counts;
  obstacles?: number;
  /** Of the reverse patch. */
  undo?: string;
  code?: string;
  personalColumns?: "shown" | "covered";
}

export function takeAuditEntry(
  { requestedBy, requestId }: Requester,
  { target, source, hash, counts, personalColumns, ...detail }: TakeRecord,
  reason: string | null,
): AuditEntry {
  return {
    event: "take",
    actor: requestedBy,
    target,
    request_id: requestId,
    r2_key: source,
    detail: {
      ...detail,
      patch_sha256: hash,
      tables: counts,
      ...(personalColumns === undefined ? {} : { personal_columns: personalColumns }),
      reason,
    },
  };
}
