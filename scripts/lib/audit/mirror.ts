/**
 * Copies of the audit in the vault: written once, never changed, outside `revo/`. A loss or an older restore of the
 * database does not affect them.
 */
import { z } from "zod";
import {
  auditKey,
  type AuditLine,
  auditLineSchema,
  formatAuditCopy,
  formatAuditLines,
  parseAuditLines,
} from "@backup/audit.ts";
import { BackupError, toBackupError } from "@backup/errors.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { jsonb } from "../postgres/sql_text.ts";
import { type Environment, readEnvironment } from "../process/environment.ts";
import { signerFields, vaultFields, vaultOf } from "../vault/environment.ts";
import type { Vault } from "../vault/vault.ts";

/** Records of one object: a plan's record may have 200 kB, most have 1 kB. */
const BATCH = 200;

const keptLineSchema = auditLineSchema.extend({ chain_id: z.string(), seq: z.number() });
type KeptLine = z.infer<typeof keptLineSchema>;

/**
 * Copies every record that has no copy yet.
 * @returns how many.
 * @throws {BackupError} `audit_broken` when the vault holds another copy of a record; errors of vault and catalog.
 */
export async function mirrorAudit(vault: Vault, catalog: Catalog): Promise<number> {
  let copied = 0;
  for (;;) {
    const rows = await catalog.rows(
      `select to_json(u) from public.ops_db_backup_audit_unmirrored(${BATCH}) u;`,
    );
    const lines = z.array(keptLineSchema).parse(rows);
    if (lines.length === 0) return copied;
    for (const chain of byChain(lines)) await copyLines(vault, catalog, chain);
    copied += lines.length;
  }
}

/** The same as a side task: a failure is a warning, and the next command copies the records. */
export async function copyAudit(
  vault: () => Vault,
  catalog: Catalog,
  reporter: { warn(text: string): void },
): Promise<void> {
  await copyAuditIfWritable(vault, catalog, {
    warn: (text) => reporter.warn(text),
    log: (text) => reporter.warn(text),
  });
}

/** As {@link copyAudit}, by a command whose token may be one that only reads: then the next one that writes copies. */
export async function copyAuditIfWritable(
  vault: () => Vault,
  catalog: Catalog,
  reporter: { warn(text: string): void; log(text: string): void },
): Promise<void> {
  try {
    await mirrorAudit(vault(), catalog);
  } catch (error) {
    const { code, message } = toBackupError(error);
    const text = `the vault has no copy of the newest audit records yet: ${message}`;
    if (code === "vault_auth_failed") reporter.log(text);
    else reporter.warn(text);
  }
}

/**
 * {@link copyAudit} into the vault that the environment names. After the signal it has the time limit of a
 * rollback.
 */
export function auditCopier(environment: Environment, signal: AbortSignal) {
  const fields = z.object({ ...vaultFields, ...signerFields });
  const open = () => vaultOf(readEnvironment(fields, environment), { signal }).forCleanup();
  return (catalog: Catalog, reporter: { warn(text: string): void }) => copyAudit(open, catalog, reporter);
}

/** Groups consecutive lines of the same chain. */
function byChain(lines: readonly KeptLine[]): KeptLine[][] {
  const chains = new Map<string, KeptLine[]>();
  for (const line of lines) chains.set(line.chain_id, [...chains.get(line.chain_id) ?? [], line]);
  return [...chains.values()];
}

async function copyLines(vault: Vault, catalog: Catalog, lines: KeptLine[]): Promise<void> {
  const [first, last] = [lines[0], lines.at(-1)];
  if (!first || !last) return;
  const { chain_id, seq } = last;
  const key = auditKey({ chainId: chain_id, first: first.seq, last: seq });
  await putCopy(vault, key, lines);
  await catalog.rows(
    `select to_json(true) from (select public.ops_db_backup_audit_mirrored_to(${
      jsonb({ chain_id, seq })
    })) done;`,
  );
}

/** Another process may have copied the same records at the same time: an equal copy, signed or not, is not an error. */
async function putCopy(vault: Vault, key: string, lines: readonly AuditLine[]): Promise<void> {
  try {
    await vault.put(key, await formatAuditCopy(key, lines, vault.signer), "application/x-ndjson");
  } catch (thrown) {
    if (toBackupError(thrown).code !== "vault_object_exists") throw thrown;
    if (isCopyOf(lines, await vault.text(key))) return;
    throw new BackupError("audit_broken", `The vault's ${key} does not say what the database says`, {
      hint: "Compare both with the audit's check; one of them was changed.",
      cause: thrown,
    });
  }
}

/** Whether a text holds these lines; a signature is not part of them. */
function isCopyOf(lines: readonly AuditLine[], text: string): boolean {
  try {
    return formatAuditLines(parseAuditLines(text)) === formatAuditLines(lines);
  } catch {
    return false; // something else than records
  }
}
