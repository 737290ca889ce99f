/** Asks the database whether the caller may act, before anything is written. */
import type { Action } from "../_shared/backup/api.ts";
import type { CallerDatabase } from "./ports.ts";
import { RequestError } from "./responses.ts";

/**
 * `status` needs `ops:view`; `backup` and `restore` need `ops:manage` and an active company.
 * @throws {BackupError} `forbidden`, `empresa_not_selected`, `perm_check_failed`
 */
export async function requirePermission(database: CallerDatabase, action: Action): Promise<void> {
  const acting = action !== "status";
  const right = acting ? "manage" : "view";
  const [may, empresa] = await Promise.all([database.mayOps(right), database.currentEmpresa()]);
  if (!may) {
    // Rights are given within a company: without one the caller may only have forgotten to select it.
    const unselected = empresa === null ? " Nenhuma empresa está selecionada." : "";
    throw new RequestError("forbidden", `Cannot ${action} without ops:${right}`, {
      sentence: `Permissão exigida: ops:${right}.${unselected}`,
    });
  }
  if (acting && empresa === null) {
    throw new RequestError("empresa_not_selected", `Cannot ${action} without an active company`);
  }
}
