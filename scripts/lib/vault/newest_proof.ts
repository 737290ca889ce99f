/** What drills found of a backup, from the receipts beside its archive. */
import { isReceiptKey } from "@backup/vault/object_key.ts";
import { type Proof, proofOf, receiptSchema, rulingOf } from "@backup/vault/receipt.ts";
import type { Vault } from "./vault.ts";

/**
 * The newest drill that proved or rejected a backup, `null` without one. A receipt that cannot be read says nothing.
 * @param beside keys of the objects beside its archive
 * @throws {BackupError} `vault_*`
 */
export async function newestProof(vault: Vault, beside: readonly string[]): Promise<Proof | null> {
  for (const key of beside.filter(isReceiptKey).sort().reverse()) {
    const receipt = receiptSchema.safeParse(parseJson(await vault.text(key)));
    if (receipt.success && rulingOf(receipt.data.checks) !== null) return proofOf(receipt.data, key);
  }
  return null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
