/** What was copied into a checkout last, as `adopt apply` writes it down there. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Tree } from "./tree.ts";

/** Beside the ERP's own package.json. */
export const RECORD_FILE = ".revo-backups.json";

const recordSchema = z.object({
  version: z.string(),
  /** SHA-256 by path. */
  files: z.record(z.string(), z.string()),
});
export type AdoptionRecord = z.infer<typeof recordSchema>;

/** @throws {Error} when the file is there and is no record. */
export function readRecord(erp: Tree): AdoptionRecord | null {
  return erp.json(RECORD_FILE, recordSchema);
}

export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
