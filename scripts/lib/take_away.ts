import { toBackupError } from "../../supabase/functions/_shared/backup/errors.ts";
import type { Vault } from "./vault.ts";

/**
 * Takes away what a failed backup wrote or may have written, the last first: a manifest goes before the archive that it
 * names. Where the vault does not answer the rest stays, and that is told: a backup that nobody counts on is better
 * than a manifest whose archive is gone.
 */
export async function takeAway(
  vault: Vault,
  written: readonly string[],
  log: (line: string) => void,
): Promise<void> {
  const left = [...written];
  try {
    for (let key = left.at(-1); key !== undefined; left.pop(), key = left.at(-1)) await vault.delete(key);
  } catch (error) {
    log(`could not take away ${left.join(", ")}: ${toBackupError(error).message}`);
  }
}
