/** Checks with the database what the caller may do, before anything is written. */
import type { Action } from "@backup/api.ts";
import { BackupError } from "@backup/errors.ts";
import type { CallerDatabase, OpsRight } from "./ports.ts";
import { RequestError } from "./responses.ts";

const LOOKING: readonly Action[] = ["status", "health", "features"];
/** Actions of a user who may only restore, where the ERP has that right: the database decides by its settings. */
const RESTORING: readonly Action[] = ["restore", "plan", "cancel", "log"];

/** One of them is needed; the first is the usual one. */
function rightsFor(action: Action): readonly [OpsRight, ...OpsRight[]] {
  if (LOOKING.includes(action)) return ["view"];
  return RESTORING.includes(action) ? ["manage", "restore"] : ["manage"];
}

/**
 * Reading (`status`, `health`, `features`) needs `ops:view`; everything else an active company and `ops:manage`, or for a restore,
 * its plan, a cancellation and a log, which may say more than the catalog, `ops:restore`. A cancellation is checked here by the database's settings as well: it
 * reaches GitHub before the database writes anything.
 * @throws {BackupError} `forbidden`, `empresa_not_selected`, `not_operator`, `perm_check_failed`
 */
export async function requirePermission(database: CallerDatabase, action: Action): Promise<void> {
  const acting = !LOOKING.includes(action);
  const [right, ...others] = rightsFor(action);
  const [may, company] = await Promise.all([
    mayOne(database, [right, ...others]),
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
  if (action === "cancel" && !await database.mayAct()) {
    throw new RequestError(
      "not_operator",
      "Cannot cancel: the database's settings do not let this caller act",
    );
  }
}

/** Asks for the next right only when the one before is missing. */
async function mayOne(database: CallerDatabase, rights: readonly OpsRight[]): Promise<boolean> {
  for (const right of rights) {
    if (await database.mayOps(right)) return true;
  }
  return false;
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
