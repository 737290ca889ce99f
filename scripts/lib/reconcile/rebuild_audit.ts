/** Rebuilds a lost or outdated catalog from the copies of its audit. */
import { z } from "zod";
import { type AuditBreak, type AuditLine, type AuditRange, isUnchanged } from "@backup/audit.ts";
import { toBackupError } from "@backup/errors.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { jsonb, literal } from "../postgres/sql_text.ts";
import { adoptByManifest } from "./adopt.ts";
import type { Vault } from "../vault/vault.ts";
import { type AuditCopy, readCopies } from "../audit/copies.ts";
import { copyName, vouchedRecords } from "../audit/vouched.ts";

export interface Rebuilt {
  /** Records that the database lacked. */
  records: number;
  /** Runs that were missing or older than their record. */
  runs: number;
  /** Backups whose holds, proofs and states were restored, or whose row was. */
  backups: number;
  /** Copies that are damaged, differ from the database, or for which no signature vouches; they were not used. */
  broken: AuditBreak[];
  /** Backups that were restored without their manifest although the vault holds the archive. */
  withoutManifest: { key: string; why: string }[];
}

const loadedSchema = z.object({
  added: z.number(),
  different: z.array(z.object({ chain_id: z.string(), seq: z.number() })),
});

/**
 * Restores the records that only the vault's copies hold: audit, runs, holds and proofs. Must be called before rows are
 * created from manifests, so that backups keep their ids. Changes nothing when nothing is missing. Where this installation
 * has keys, only records that a signature vouches for are used.
 */
export async function rebuildRuns(vault: Vault, catalog: Catalog): Promise<Rebuilt> {
  const rebuilt: Rebuilt = { records: 0, runs: 0, backups: 0, broken: [], withoutManifest: [] };
  const complete = await completeUntil(catalog);
  const isMissing = ({ chainId, last }: AuditRange) => last > (complete.get(chainId) ?? 0);
  const vouched = vault.trusted.isEmpty ? null : await vouchedRecords(vault, isMissing);
  for await (const copy of readCopies(vault, isMissing)) {
    const part = vouched === null ? copy : vouchedPart(copy, vouched, rebuilt);
    if (part !== null) await load(catalog, part, rebuilt);
  }
  rebuilt.runs = await count(catalog, "ops_db_backup_rebuild_runs");
  rebuilt.backups = await count(catalog, "ops_db_backup_rebuild_backups");
  if (rebuilt.backups > 0) rebuilt.withoutManifest = await restoreManifests(vault, catalog);
  return rebuilt;
}

/** The records of a copy for which a signature vouches; the others are added to `rebuilt.broken`. */
function vouchedPart(
  copy: AuditCopy,
  vouched: ReadonlyMap<string, number>,
  rebuilt: Rebuilt,
): AuditCopy | null {
  const { chainId, first, last, lines, broken } = copy;
  const upTo = vouched.get(copyName(copy)) ?? 0;
  if (upTo >= last || broken !== null) return copy;
  const seq = Math.max(first, upTo + 1);
  rebuilt.broken.push({ chain_id: chainId, seq, why: "no signature vouches for it, nor for a later record" });
  return upTo < first ? null : { ...copy, lines: lines.slice(0, upTo - first + 1), last: upTo };
}

/** The last record of each chain that the database holds without a gap. */
async function completeUntil(catalog: Catalog): Promise<Map<string, number>> {
  const rows = await catalog.rows(
    `select json_build_array(chain_id, max(seq)) from public.ops_db_backup_audit
      group by chain_id having max(seq) = count(*);`,
  );
  return new Map(z.array(z.tuple([z.string(), z.number()])).parse(rows));
}

async function load(catalog: Catalog, copy: AuditCopy, rebuilt: Rebuilt): Promise<void> {
  if (copy.broken) rebuilt.broken.push(copy.broken);
  const sound = await soundLines(copy, rebuilt);
  const [answer] = await catalog.rows(`select public.ops_db_backup_audit_load(${jsonb(sound)});`);
  const { added, different } = loadedSchema.parse(answer);
  rebuilt.records += added;
  rebuilt.broken.push(...different.map((at) => ({ ...at, why: "the database says something else" })));
  const mirrored = { chain_id: copy.chainId, seq: copy.last };
  await catalog.rows(
    `select to_json(true) from (select public.ops_db_backup_audit_mirrored_to(${jsonb(mirrored)})) done;`,
  );
}

/** The lines with a valid hash; the others are added to `rebuilt.broken`. */
async function soundLines({ chainId, first, lines }: AuditCopy, rebuilt: Rebuilt): Promise<AuditLine[]> {
  const sound: AuditLine[] = [];
  for (const [index, line] of lines.entries()) {
    const isSound = await isUnchanged(line);
    if (isSound) sound.push(line);
    else rebuilt.broken.push({ chain_id: chainId, seq: first + index, why: "its text was changed" });
  }
  return sound;
}

/** The audit holds all of a backup's row except its manifest, which is stored beside the archive. */
async function restoreManifests(vault: Vault, catalog: Catalog): Promise<Rebuilt["withoutManifest"]> {
  const bucket = literal(vault.bucket);
  const rows = await catalog.rows(
    `select to_json(r2_key) from public.ops_db_backups
      where r2_bucket = ${bucket} and manifest is null and duplicate_of is null and status <> 'deleted'
      order by created_at;`,
  );
  const without: Rebuilt["withoutManifest"] = [];
  for (const key of z.array(z.string()).parse(rows)) {
    const archive = await vault.head(key);
    if (archive === null) continue; // the comparison with the vault reports it
    await adoptByManifest(vault, catalog, archive)
      .catch((error: unknown) => without.push({ key, why: toBackupError(error).message }));
  }
  return without;
}

async function count(catalog: Catalog, name: string): Promise<number> {
  return z.number().parse((await catalog.rows(`select to_json(public.${name}());`))[0]);
}
