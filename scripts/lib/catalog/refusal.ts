/** Records in the audit that the catalog refused a run: a refused run has no row of its own. */
import type { BackupError } from "@backup/errors.ts";
import type { Catalog, RunStart } from "./catalog.ts";

/** @throws {BackupError} `catalog_unavailable`. */
export async function recordRefusal(catalog: Catalog, run: RunStart, error: BackupError): Promise<void> {
  await catalog.appendAudit({
    event: "refusal",
    actor: run.requested_by,
    target: run.target,
    request_id: run.request_id,
    r2_key: run.r2_key,
    code: error.code,
    detail: { action: run.kind, message: error.message, run_url: run.run_url },
  });
}
