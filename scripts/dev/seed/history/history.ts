/** Writes the sample history into the catalog of prod, as ordinary rows that are marked as sample data. */
import { createHash, randomUUID } from "node:crypto";
import type { Sql } from "postgres";
import { formatManifest, type Manifest } from "@backup/vault/manifest.ts";
import { SAMPLE_BUCKET, SAMPLE_REASON } from "@backup/vault/sample.ts";
import { toUtcSecond } from "@backup/vault/object_key.ts";
import { TOOL_VERSION } from "../../../lib/run/tool_version.ts";
import { createStory, type SampleBackup, type SampleRun } from "./story.ts";

/** Measured bytes of the archive for each row of the sample ERP, so that sample and real backups have similar sizes. */
const BYTES_PER_ROW = 45;
const RAW_BYTES_PER_ROW = 170;

/** The current tables with their rows, and the server version, from which the sample backups are derived. */
interface Present {
  tables: { name: string; rows: number }[];
  serverVersion: string;
}

/**
 * Fills an empty catalog with sixty days up to `now`.
 * @param sql as the database's owner; tables analyzed, because their sizes are read from the statistics.
 * @throws {Error} when the catalog has rows already; otherwise the server's error.
 */
export async function seedHistory(sql: Sql, now: Date): Promise<void> {
  const [known] = await sql.unsafe<{ any: boolean }[]>(
    `select exists (select from public.ops_db_backups) or exists (select from public.ops_db_backup_runs) as any`,
  );
  if (known?.any !== false) throw new Error("Cannot add a sample history: the catalog is not empty");
  const present = await readPresent(sql);
  const { backups, runs } = createStory(now);
  const manifests = await Promise.all(backups.map((backup) => manifestOf(backup, present)));
  const byKey = new Map(manifests.map(({ key, manifest }) => [key, manifest]));
  await sql.begin(async (tx) => {
    const call = (name: string, rows: object[]) =>
      tx.unsafe(`select public.${name}(r) from jsonb_array_elements($1::text::jsonb) r`, [
        JSON.stringify(rows),
      ]);
    await call("ops_db_backup_record", manifests.map(recordOf));
    await call("ops_db_backup_mark", backups.flatMap((backup) => proofOf(backup) ?? []));
    await tx.unsafe(INSERT_RUNS, [JSON.stringify(runs.map((run) => runRow(run, byKey)))]);
  });
}

/** Writes runs as the scripts do. */
const INSERT_RUNS = `
  insert into public.ops_db_backup_runs
    (kind, target, mode, label, r2_key, reason, status, phase, requested_by, request_id, error_code,
     error_message, result, created_at, started_at, heartbeat_at, finished_at)
  select kind, target, mode, label, r2_key, reason, status, phase, requested_by, request_id, error_code,
         error_message, result, created_at, started_at, heartbeat_at, finished_at
    from jsonb_populate_recordset(null::public.ops_db_backup_runs, $1::text::jsonb)`;

function recordOf({ key, manifest, backup }: Described) {
  const verifiedAt = new Date(backup.createdAt.getTime() + backup.durationMs);
  return { r2_bucket: SAMPLE_BUCKET, r2_key: key, manifest, verified_at: verifiedAt };
}

function proofOf({ key, provenAt }: SampleBackup) {
  return provenAt === null ? null : { r2_bucket: SAMPLE_BUCKET, r2_key: key, proven_at: provenAt };
}

async function readPresent(sql: Sql): Promise<Present> {
  const tables = await sql.unsafe<{ name: string; rows: number }[]>(`
    select format('%I.%I', n.nspname, c.relname) as name, greatest(c.reltuples, 0)::int as rows
      from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and n.nspname = 'public' and c.relname !~ '^ops_db_backup'
     order by 1`);
  const [server] = await sql.unsafe<{ version: string }[]>(
    "select split_part(current_setting('server_version'), ' ', 1) as version",
  );
  return { tables: [...tables], serverVersion: server?.version ?? "" };
}

interface Described {
  key: string;
  backup: SampleBackup;
  /** As parsed from JSON text. */
  manifest: Manifest;
}

async function manifestOf(backup: SampleBackup, { tables, serverVersion }: Present): Promise<Described> {
  const rows = Object.fromEntries(tables.map(({ name, rows }) => [name, Math.round(rows * backup.share)]));
  const total = Object.values(rows).reduce((sum, count) => sum + count, 0);
  const manifest: Manifest = {
    kind: "supabase_db_backup",
    target: backup.target,
    mode: "full",
    created_at_utc: toUtcSecond(backup.createdAt),
    file: backup.key.slice(backup.key.lastIndexOf("/") + 1),
    sha256: sha256(backup.key),
    bytes: total * BYTES_PER_ROW,
    git_sha: null,
    version: 2,
    tool: { name: "revo-backups", version: TOOL_VERSION },
    label: backup.label,
    raw_bytes: total * RAW_BYTES_PER_ROW,
    compression: "igzip -1",
    duration_ms: backup.durationMs,
    server_version: serverVersion,
    client_version: serverVersion,
    source: { host: SAMPLE_BUCKET, database: backup.target, project_ref: null },
    requested_by: backup.requestedBy,
    request_id: randomUUID(),
    run: null,
    rows,
    tables_total: tables.length,
    rows_total: total,
    sequences: {},
    platform_sequences: {},
    extensions: [],
    roles: [],
    toc: { TABLE: tables.length, "TABLE DATA": tables.length },
    fingerprint: { public: sha256(`fingerprint ${backup.key}`) },
  };
  return { key: backup.key, backup, manifest: JSON.parse(await formatManifest(manifest)) };
}

function runRow(run: SampleRun, manifests: ReadonlyMap<string, Manifest>) {
  const manifest = run.key === null ? undefined : manifests.get(run.key);
  return {
    kind: run.kind,
    target: run.target,
    mode: run.kind === "backup" ? "full" : null,
    label: run.label,
    r2_key: run.key,
    reason: SAMPLE_REASON,
    status: run.status,
    phase: run.failure?.phase ?? null,
    requested_by: run.requestedBy,
    request_id: randomUUID(),
    error_code: run.failure?.code ?? null,
    error_message: run.failure?.message ?? null,
    result: manifest === undefined ? null : resultOf(run, manifest),
    created_at: run.startedAt,
    started_at: run.startedAt,
    heartbeat_at: run.finishedAt,
    finished_at: run.finishedAt,
  };
}

/** The result as the scripts report it: a backup reports what it stored, the other kinds what they counted. */
function resultOf(run: SampleRun, { sha256, bytes, raw_bytes, tables_total, rows_total }: Manifest) {
  if (run.kind === "backup") return { sha256, bytes, raw_bytes, tables_total, rows_total };
  const counted = { tables: tables_total, rows: rows_total };
  return run.safetyKey === null ? counted : { ...counted, safety_key: run.safetyKey };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
