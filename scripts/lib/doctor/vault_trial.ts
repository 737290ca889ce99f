/** Tests the vault with one small object, by the operations of the commands: list, write, refuse to overwrite, read, delete. */
import { toBackupError } from "@backup/errors.ts";
import type { Vault } from "../vault/vault.ts";
import { check, type CheckVerdict, type DoctorCheck, notChecked } from "./check.ts";
import { type Result } from "@backup/result.ts";
import { type Limit, withinLimit } from "./within_limit.ts";

/** Outside the prefixes of backups and audit, so that no lock of the bucket covers it. */
export const TRIAL_PREFIX = "doctor/";
const CONTENT = "revo-backups doctor\n";
const LEFTOVER_MS = 3_600_000;

export interface VaultTrial {
  list: Result<unknown>;
  /** This one and the next are `null` when the step before failed. */
  write: Result<void> | null;
  /** Whether a second object of the same name was refused. */
  conditional: Result<boolean> | null;
  /** Whether what was read is what was written. */
  read: Result<boolean> | null;
  /** Keys that the vault refused to delete, with its reasons. */
  remove: Result<string[]> | null;
}

export interface TrialOptions {
  vault: Vault;
  /** Of the object that is written and deleted again; new each time. */
  key: string;
  now: Date;
  limit: Limit;
}

/** Also deletes the objects that an earlier trial could not. */
export async function tryVault({ vault, key, now, limit }: TrialOptions): Promise<VaultTrial> {
  const list = await withinLimit(limit, () => leftovers(vault, now));
  const write = list.ok ? await withinLimit(limit, () => vault.put(key, CONTENT, "text/plain")) : null;
  if (!write?.ok) return { list, write, conditional: null, read: null, remove: null };
  const conditional = await withinLimit(limit, () => refusesSecond(vault, key));
  const read = await withinLimit(limit, async () => await vault.text(key) === CONTENT);
  const remove = await withinLimit(limit, () => removeAll(vault, [key, ...list.ok ? list.value : []]));
  return { list, write, conditional, read, remove };
}

async function leftovers(vault: Vault, now: Date): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key, modifiedAt } of vault.list(TRIAL_PREFIX)) {
    if (now.getTime() - modifiedAt.getTime() > LEFTOVER_MS) keys.push(key);
  }
  return keys;
}

async function refusesSecond(vault: Vault, key: string): Promise<boolean> {
  try {
    await vault.put(key, "second", "text/plain");
    return false;
  } catch (thrown) {
    if (toBackupError(thrown).code === "vault_object_exists") return true;
    throw thrown;
  }
}

async function removeAll(vault: Vault, keys: readonly string[]): Promise<string[]> {
  const refused = await vault.deleteMany(keys);
  return refused.map(({ key, reason }) => `${key}: ${reason}`);
}

/** @param readsOnly the job whose token it is writes nothing */
export function vaultChecks(trial: VaultTrial, readsOnly: boolean): DoctorCheck[] {
  const { list, write, conditional, read, remove } = trial;
  if (readsOnly && write?.ok === false && write.code === "vault_auth_failed") return readerChecks(list);
  return [
    check("vault", "r2_list", listVerdict(list)),
    check("vault", "r2_write", write ? writeVerdict(write) : notChecked("o cofre não foi alcançado")),
    check("vault", "r2_conditional", conditional ? conditionalVerdict(conditional) : NOTHING_WRITTEN),
    check("vault", "r2_read", read ? readVerdict(read) : NOTHING_WRITTEN),
    check("vault", "r2_delete", remove ? deleteVerdict(remove) : NOTHING_WRITTEN),
  ];
}

/** Of a token that may not write, where it has not to. */
function readerChecks(list: Result<unknown>): DoctorCheck[] {
  const writes = notChecked(
    "a chave desta tarefa só lê",
    "Rode o diagnóstico à mão: ele usa a chave que grava.",
  );
  return [
    check("vault", "r2_list", listVerdict(list)),
    check("vault", "r2_write", { status: "ok", message: "A chave desta tarefa não grava, como deve ser." }),
    ...["r2_conditional", "r2_read", "r2_delete"].map((name) => check("vault", name, writes)),
  ];
}

/** Without a vault that could be tested. */
export function vaultNotChecked(because: string): DoctorCheck[] {
  return [
    "r2_list",
    "r2_write",
    "r2_conditional",
    "r2_read",
    "r2_delete",
    "r2_lifecycle",
    "r2_lock",
    "signing",
  ]
    .map((name) => check("vault", name, notChecked(because)));
}

const NOTHING_WRITTEN = notChecked("nenhum objeto de teste foi gravado");

function listVerdict(list: Result<unknown>): CheckVerdict {
  if (list.ok) return { status: "ok", message: "O cofre responde e lista objetos." };
  return {
    status: "failed",
    message: `O cofre não lista objetos: ${list.message}`,
    hint: "Confira R2_ENDPOINT, R2_BUCKET e a chave (R2_ACCESS_KEY_ID e R2_SECRET_ACCESS_KEY).",
    facts: { code: list.code },
  };
}

function writeVerdict(write: Result<void>): CheckVerdict {
  if (write.ok) return { status: "ok", message: `A chave grava objetos (testado em ${TRIAL_PREFIX}).` };
  return {
    status: "failed",
    message: `A chave do R2 não grava: ${write.message}`,
    hint: "Crie no R2 uma chave com Object Read & Write neste balde e atualize os segredos.",
    facts: { code: write.code },
  };
}

function conditionalVerdict(conditional: Result<boolean>): CheckVerdict {
  if (conditional.ok && conditional.value) {
    return { status: "ok", message: "O cofre recusa sobrescrever um objeto (If-None-Match)." };
  }
  return {
    status: "failed",
    message: conditional.ok
      ? "O cofre aceitou sobrescrever um objeto: um backup poderia ser trocado."
      : `Não se sabe se o cofre recusa sobrescrever: ${conditional.message}`,
    hint: "Confira se R2_ENDPOINT é mesmo o do R2, que entende If-None-Match.",
  };
}

function readVerdict(read: Result<boolean>): CheckVerdict {
  if (read.ok && read.value) return { status: "ok", message: "O que foi gravado se lê igual." };
  return {
    status: "failed",
    message: read.ok ? "O que se lê não é o que foi gravado." : `A chave do R2 não lê: ${read.message}`,
    hint: "Crie no R2 uma chave com Object Read & Write neste balde e atualize os segredos.",
  };
}

/** R2 has no key that may write but not delete: any refusal counts as a lock's, whose error code is not documented. */
function deleteVerdict(remove: Result<string[]>): CheckVerdict {
  if (remove.ok && remove.value.length === 0) {
    return { status: "ok", message: `O objeto de teste foi apagado; nada ficou em ${TRIAL_PREFIX}.` };
  }
  const reason = remove.ok ? remove.value.join("; ") : remove.message;
  return {
    status: "failed",
    message: `O cofre recusou apagar o objeto de teste, que ficou lá: ${reason}`,
    hint:
      "Se há um bloqueio do balde, restrinja-o a revo/ e audit/ (Bucket lock rules); a próxima vez apaga o que ficou.",
    facts: { refused: reason },
  };
}
