/** A record of the audit, as the catalog lists it. */

import { z } from "zod";

export const auditEntrySchema = z.object({
  chain_id: z.guid(),
  seq: z.number(),
  at: z.string(),
  event: z.string(),
  actor: z.string().nullable(),
  actor_id: z.guid().nullable(),
  target: z.string().nullable(),
  request_id: z.guid().nullable(),
  r2_key: z.string().nullable(),
  code: z.string().nullable(),
  detail: z.unknown(),
  hash: z.string(),
});
/** A row of `ops_db_backup_audit_list`. */
export type AuditEntry = z.infer<typeof auditEntrySchema>;
