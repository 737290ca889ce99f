/** For the watchdog's tests: a vault with a history, the watched workflows, a catalog to be changed. */
import { createHash } from "node:crypto";
import { sealManifest } from "@backup/vault/manifest.ts";
import { exampleManifest } from "@backup/vault/manifest_example.ts";
import { buildKeys, receiptKey, toUtcSecond } from "@backup/vault/object_key.ts";
import { WATCHED_WORKFLOWS } from "@backup/watch/workflows.ts";
import type { Vault } from "../lib/vault/vault.ts";
import type { TestVault } from "./engine_fixture.ts";

export interface FakeBackup {
  at: Date;
  bytes?: number;
  rows?: Record<string, number>;
  /** Its content differs from its manifest. */
  damaged?: boolean;
  label?: string;
}

export const ROWS = { "public.pedidos": 1000, "public.clientes": 400, "public.paises": 20 };

/** An archive that pg_restore could not read, with a valid manifest except for the given changes, signed if the vault has a key. Its key. */
export async function addBackup({ vault }: Pick<TestVault, "vault">, backup: FakeBackup): Promise<string> {
  const keys = buildKeys({
    target: "prod",
    createdAtUtc: toUtcSecond(backup.at),
    label: backup.label ?? null,
  });
  const content = Buffer.alloc(backup.bytes ?? 5_000, keys.archive);
  const rows = backup.rows ?? ROWS;
  const manifest = {
    ...exampleManifest,
    created_at_utc: toUtcSecond(backup.at),
    file: keys.archive.split("/").at(-1),
    sha256: createHash("sha256").update(content).digest("hex"),
    bytes: content.length,
    rows,
    tables_total: Object.keys(rows).length,
    rows_total: Object.values(rows).reduce((sum, each) => sum + each, 0),
  };
  if (backup.damaged) content[0] = (content[0] ?? 0) ^ 1;
  await vault.put(keys.archive, content, "application/gzip");
  await vault.put(
    keys.manifest,
    await sealManifest(await signedBy(vault, keys.manifest, manifest)),
    "application/json",
  );
  return keys.archive;
}

export async function removeBackup({ vault }: Pick<TestVault, "vault">, archive: string): Promise<void> {
  await vault.delete(archive.replace(/\.dump\.gz$/, ".manifest.json"));
  await vault.delete(archive);
}

/** A drill's receipt. @param failed names of failed checks. Its key. */
export async function addReceipt(
  { vault }: Pick<TestVault, "vault">,
  archive: string,
  at: Date,
  failed: readonly string[] = [],
): Promise<string> {
  const checks = ["stored_hash", "rows_per_table", "freshness"].map((name) => (
    { name, verdict: failed.includes(name) ? "FAIL" : "PASS", detail: "", seconds: 1 }
  ));
  const receipt = {
    version: 1,
    kind: "supabase_db_drill_receipt",
    r2_key: archive,
    sha256: null,
    drilled_at_utc: toUtcSecond(at),
    server_version: "17.6",
    tool: { name: "revo-backups", version: "0.1.0" },
    git_sha: null,
    run: null,
    checks,
    not_proven: [],
    seconds: {},
    total_seconds: 1,
    freshness: null,
  };
  const key = receiptKey(archive, at);
  await vault.put(key, JSON.stringify(await signedBy(vault, key, receipt)), "application/json");
  return key;
}

async function signedBy({ signer }: Vault, key: string, fields: object): Promise<object> {
  return signer ? await signer.signJson(key, fields) : fields;
}

/** Every watched workflow, with a job that does nothing. */
export const WORKFLOWS = Object.fromEntries(
  WATCHED_WORKFLOWS.map(({ file, scheduleHours }) => [
    file,
    `on:\n  workflow_dispatch:\n${scheduleHours === null ? "" : `  schedule: [{cron: "10 3 * * *"}]\n`}` +
    "jobs: {a: {runs-on: x, steps: [{run: echo}]}}\n",
  ]),
);

/** A run that begins and does not report again; `hours` ago. */
export function silentRun(kind: string, target: string, id: string, hours = 3): string {
  const argument = JSON.stringify({
    request_id: id,
    kind,
    target,
    mode: kind === "backup" ? "full" : null,
    requested_by: "test",
    attempt: 1,
  });
  return `do $$ begin perform public.ops_db_backup_run_start('${argument}'::jsonb); end $$;
    update public.ops_db_backup_runs
       set created_at = now() - interval '${hours} h', started_at = now() - interval '${hours} h',
           heartbeat_at = now() - interval '${hours} h'
     where request_id = '${id}';`;
}

/** A restore of prod that no signed-in user requested, `hours` ago. */
export function breakGlass(id: string, hours = 0): string {
  return `insert into public.ops_db_backup_runs
      (kind, target, r2_key, reason, status, requested_by, request_id, break_glass, started_at, finished_at)
    values ('restore', 'prod', 'revo/prod/x', 'teste', 'succeeded', 'github:ana', '${id}', true,
            now() - interval '${hours} h', now());`;
}

/** A run that succeeds now. */
export function goodRun(kind: string, target: string, id: string): string {
  return `${silentRun(kind, target, id, 0)}
    do $$ begin perform public.ops_db_backup_run_finish(
      '{"request_id": "${id}", "status": "succeeded"}'::jsonb); end $$;`;
}

/** Replaces the text of a record of the audit, as only the table's owner can. */
export function forgeAudit(where: string, set: string): string {
  return asOwner(`update public.ops_db_backup_audit set ${set} where ${where};`);
}

/** Deletes the last record. */
export const cutAudit = asOwner(
  "delete from public.ops_db_backup_audit where seq = (select max(seq) from public.ops_db_backup_audit);",
);

function asOwner(statement: string): string {
  return `set client_min_messages = error;
    alter table public.ops_db_backup_audit disable trigger user;
    ${statement}
    delete from public.ops_db_backup_audit_verified; -- as after a day
    alter table public.ops_db_backup_audit enable always trigger ops_db_backup_audit_keep_rows;
    alter table public.ops_db_backup_audit enable always trigger ops_db_backup_audit_keep_all;`;
}
