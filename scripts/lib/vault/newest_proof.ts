/** What drills found of a backup, from the receipts beside its archive. */
import { isReceiptKey, receiptTimeOf } from "@backup/vault/object_key.ts";
import { type Proof, proofOf, receiptSchema, rulingOf } from "@backup/vault/receipt.ts";
import { isAhead } from "@backup/vault/time.ts";
import { isTrusted } from "./trust.ts";
import type { ListedObject, Vault } from "./vault.ts";

/**
 * The newest drill that proved or rejected a backup, `null` without one. A receipt that cannot be read, that states a
 * time after the vault's own, or that no key of this installation signed, says nothing.
 * @param beside the objects beside its archive
 * @throws {BackupError} `vault_*`
 */
export async function newestProof(
  vault: Vault,
  beside: readonly Pick<ListedObject, "key" | "modifiedAt">[],
): Promise<Proof | null> {
  const receipts = beside.filter((each) => isReceiptKey(each.key) && !isReceiptAhead(each));
  for (const { key, modifiedAt } of receipts.sort((a, b) => a.key < b.key ? 1 : -1)) {
    const text = await vault.text(key);
    const receipt = receiptSchema.safeParse(parseJson(text));
    if (!await isTrustedReceipt(vault, key, text)) continue;
    if (!receipt.success || isAhead(receipt.data.drilled_at_utc, modifiedAt)) continue;
    if (rulingOf(receipt.data.checks) !== null) return proofOf(receipt.data, key);
  }
  return null;
}

/** Whether a receipt's key states a time after the vault's own. */
export function isReceiptAhead({ key, modifiedAt }: Pick<ListedObject, "key" | "modifiedAt">): boolean {
  return isAhead(receiptTimeOf(key) ?? "", modifiedAt);
}

/** Whether a receipt counts: signed by a key of this installation, where it has one. */
export async function isTrustedReceipt(vault: Vault, key: string, text: string): Promise<boolean> {
  return isTrusted(vault, await vault.trusted.judgeJson(key, parseJson(text)));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
