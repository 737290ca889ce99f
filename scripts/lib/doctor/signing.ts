/** Whether this installation knows its backups by their signatures. */
import { toBackupError } from "@backup/errors.ts";
import type { Result } from "@backup/result.ts";
import { newestBackup } from "../vault/newest_backup.ts";
import { readSignedManifest } from "../vault/trust.ts";
import type { Vault } from "../vault/vault.ts";
import { check, type CheckVerdict, type DoctorCheck } from "./check.ts";
import { type Limit, withinLimit } from "./within_limit.ts";

const RUNBOOK = "docs/runbooks/signing-keys.md";

export async function signingCheck(vault: Vault, limit: Limit): Promise<DoctorCheck> {
  const newest = await withinLimit(limit, () => keyOfNewest(vault));
  return check("vault", "signing", signingVerdict(vault.trusted.isEmpty, newest));
}

/** The id of the key that signed prod's newest backup that counts; `null`: it is not signed, or there is none. */
async function keyOfNewest(vault: Vault): Promise<string | null> {
  try {
    return (await readSignedManifest(vault, await newestBackup(vault, "prod"))).trust.keyId;
  } catch (thrown) {
    if (toBackupError(thrown).code === "no_backup_found") return null;
    throw thrown;
  }
}

function signingVerdict(hasNoKeys: boolean, newest: Result<string | null>): CheckVerdict {
  if (!newest.ok) {
    return {
      status: newest.code === "public_keys_missing" ? "failed" : "unknown",
      message: newest.code === "public_keys_missing"
        ? "O cofre tem backups assinados, e falta a chave pública para conferi-los."
        : `Não verificado: ${newest.message}`,
      hint: "Ponha a chave pública em scripts/signing_keys.txt ou em BACKUP_PUBLIC_KEYS.",
    };
  }
  if (hasNoKeys) {
    return {
      status: "warning",
      message: "Os backups não são assinados: um falso não se distingue dos verdadeiros.",
      hint: `Crie um par de chaves com \`npm run backups -- keys\` e siga ${RUNBOOK}.`,
    };
  }
  if (newest.value === null) {
    return {
      status: "warning",
      message: "Há chave pública, e nenhum backup de prod assinado por ela: nenhum conta.",
      hint: `Confira o segredo BACKUP_SIGNING_KEY, faça um backup e siga ${RUNBOOK}.`,
    };
  }
  return { status: "ok", message: `Os backups são assinados; o mais novo, por ${newest.value}.` };
}
