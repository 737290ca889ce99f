/** Checks with the database what the caller may do, before anything is written. */
import type { Action } from "@backup/api.ts";
import { BackupError } from "@backup/errors.ts";
import type { CallerDatabase } from "./ports.ts";
import { RequestError } from "./responses.ts";

const LOOKING: readonly Action[] = ["status", "health"];

/**
 * Reading (`status`, `health`) needs `ops:view`; everything else `ops:manage` and an active company.
 * @throws {BackupError} `forbidden`, `empresa_not_selected`, `perm_check_failed`
 */
export async function requirePermission(database: CallerDatabase, action: Action): Promise<void> {
  const acting = !LOOKING.includes(action);
  const right = acting ? "manage" : "view";
  const [may, company] = await Promise.all([
    database.mayOps(right),
    acting ? database.currentEmpresa() : null,
  ]);
  if (!may) {
    const empresa = acting ? company : await database.currentEmpresa();
    // rights are granted within a company: the caller may only have to select one
    const unselected = empresa === null ? " Nenhuma empresa está selecionada." : "";
    throw new RequestError("forbidden", `Cannot ${action} without ops:${right}`, {
      sentence: `Permissão exigida: ops:${right}.${unselected}`,
    });
  }
  if (acting && company === null) {
    throw new RequestError("empresa_not_selected", `Cannot ${action} without an active company`);
  }
}

/**
 * Does work that the database refuses without permission, and reads the reason only after a refusal.
 * @throws {BackupError} what {@link requirePermission} throws, and what `work` does.
 */
export async function explainRefusal<T>(
  database: CallerDatabase,
  action: Action,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof BackupError && thrown.code === "forbidden") {
      await requirePermission(database, action);
    }
    throw thrown;
  }
}
