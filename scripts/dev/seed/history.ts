/**
 * Sixty days of sample history in the catalog of prod, as ordinary rows that are marked as sample data: a backup every
 * night, a drill every Sunday, one night that failed, one without a run, a labelled backup, one restore into dev.
 */
import { createHash, randomUUID } from "node:crypto";
import type { Sql } from "postgres";
import { SAFETY_LABEL } from "@backup/label.ts";
import type { RunKind } from "@backup/runs/run.ts";
import type { Target } from "@backup/target.ts";
import { formatManifest, type Manifest } from "@backup/vault/manifest.ts";
import { buildKeys, toUtcSecond } from "@backup/vault/object_key.ts";
import { SAMPLE_BUCKET, SAMPLE_REASON } from "@backup/vault/sample.ts";
import { TOOL_VERSION } from "../../lib/run/tool_version.ts";

export const DAYS = 60;
/** Days before today. On a Sunday the event moves to the next day: the drill needs its backup. */
const [LABELLED, FAILED, RESTORED, GAP] = [12, 17, 20, 25];
const PERSON = "amostra@revo.exemplo.br";
const DAY_MS = 86_400_000;
/** Measured bytes of the archive for each row of the sample ERP, so that sample and real backups have similar sizes. */
const BYTES_PER_ROW = 45;
const RAW_BYTES_PER_ROW = 170;
const FAILURE = {
  phase: "connect",
  error_code: "database_unreachable",
  error_message: "Cannot connect to the database: timeout expired",
};

export interface SampleRun {
  kind: RunKind;
  target: Target;
  label: string | null;
  /** Of the backup that it made, restored or proved; `null` when it failed. */
  key: string | null;
  requestedBy: string;
  startedAt: Date;
  finishedAt: Date;
  /** Fraction of today's data that its backup contains, 0 to 1. */
  share: number;
  /** Of a restore: the key of its safety copy. */
  safetyKey?: string;
}

/**
 * The runs that have ended by `now`, oldest first. They depend on `now` alone; sizes and durations depend on how long
 * ago something happened, never on the date.
 */
export function createStory(now: Date): SampleRun[] {
  const today = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
  const isSunday = (ago: number) => new Date(today - ago * DAY_MS).getUTCDay() === 0;
  const on = (wanted: number) => isSunday(wanted) ? wanted - 1 : wanted;
  const at = (ago: number, hour: number, minute: number, second: number) =>
    new Date(today - ago * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000);
  const after = (start: Date, seconds: number) => new Date(start.getTime() + seconds * 1000);
  const backup = (
    ago: number,
    startedAt: Date,
    target: Target,
    label: string | null,
    requestedBy: string,
  ) => ({
    kind: "backup" as const,
    target,
    label,
    key: buildKeys({ target, createdAtUtc: toUtcSecond(startedAt), label }).archive,
    requestedBy,
    startedAt,
    finishedAt: after(startedAt, 34 + ago * 7 % 15),
    share: (1 - ago * 0.0021) * (target === "dev" ? 0.4 : 1),
  });
  const runs: SampleRun[] = [];
  for (let ago = DAYS; ago >= 0; ago--) {
    const night = backup(ago, at(ago, 3, 10, 8 + ago * 13 % 40), "prod", null, "schedule");
    if (ago === on(FAILED)) runs.push({ ...night, key: null, finishedAt: after(night.startedAt, 31) });
    else if (ago !== on(GAP)) runs.push(night);
    if (isSunday(ago)) {
      const startedAt = at(ago, 5, 30, 20 + ago % 25);
      const finishedAt = after(startedAt, 180 + Math.floor(ago / 7) * 11 % 45);
      runs.push({ ...night, kind: "drill", startedAt, finishedAt });
    }
    if (ago === on(LABELLED)) {
      runs.push(backup(ago, at(ago, 20, 41, 12), "prod", "antes-da-migracao", PERSON));
    }
    if (ago === on(RESTORED)) {
      const copy = backup(ago, at(ago, 14, 5, 47), "dev", SAFETY_LABEL, PERSON);
      const times = { startedAt: at(ago, 14, 5, 33), finishedAt: at(ago, 14, 7, 21) };
      runs.push(copy, {
        ...copy,
        ...times,
        kind: "restore",
        label: null,
        key: night.key,
        safetyKey: copy.key,
      });
    }
  }
  return runs.filter(({ finishedAt }) => finishedAt <= now);
}

/** The key that sample backups are signed by; no vault has its signatures. */
export const SAMPLE_SIGNER = "0".repeat(16);

/**
 * Fills an empty catalog with the history up to `now`.
 * @param sql as the database's owner; tables analyzed, because their sizes are read from the statistics.
 * @throws {Error} when the catalog has rows already; otherwise the server's error.
 */
export async function seedHistory(sql: Sql, now: Date): Promise<void> {
  const [known] = await sql.unsafe<{ any: boolean }[]>(
    `select exists (select from public.ops_db_backups) or exists (select from public.ops_db_backup_runs) as any`,
  );
  if (known?.any !== false) throw new Error("Cannot add a sample history: the catalog is not empty");
  const present = await readPresent(sql);
  const runs = createStory(now);
  const manifests = new Map<string, Manifest>();
  for (const run of runs) {
    if (run.kind === "backup" && run.key !== null) {
      manifests.set(run.key, await manifestOf(run, run.key, present));
    }
  }
  const stored = runs.flatMap(({ kind, key, finishedAt }) => {
    if (key === null || kind === "restore") return [];
    const object = { r2_bucket: SAMPLE_BUCKET, r2_key: key };
    return [
      kind === "backup"
        ? { ...object, manifest: manifests.get(key), verified_at: finishedAt, signed_by: SAMPLE_SIGNER }
        : { ...object, proven_at: finishedAt },
    ];
  });
  await sql.begin(async (tx) => {
    const call = (name: string, rows: object[]) =>
      tx.unsafe(`select public.${name}(r) from jsonb_array_elements($1::text::jsonb) r`, [
        JSON.stringify(rows),
      ]);
    await call("ops_db_backup_record", stored.filter((row) => "manifest" in row));
    await call("ops_db_backup_mark", stored.filter((row) => "proven_at" in row));
    await tx.unsafe(INSERT_RUNS, [JSON.stringify(runs.map((run) => runRow(run, manifests)))]);
  });
}

/** Writes runs as the scripts do. */
const COLUMNS =
  `kind, target, mode, label, r2_key, reason, status, phase, requested_by, request_id, error_code,
  error_message, result, created_at, started_at, heartbeat_at, finished_at`;
const INSERT_RUNS = `insert into public.ops_db_backup_runs (${COLUMNS})
  select ${COLUMNS} from jsonb_populate_recordset(null::public.ops_db_backup_runs, $1::text::jsonb)`;

/** The current tables with their rows, and the server version, from which the sample backups are derived. */
interface Present {
  tables: { name: string; rows: number }[];
  serverVersion: string;
}

async function readPresent(sql: Sql): Promise<Present> {
  const tables = await sql.unsafe<Present["tables"]>(`
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

/** As parsed from JSON text. */
async function manifestOf(
  run: SampleRun,
  key: string,
  { tables, serverVersion }: Present,
): Promise<Manifest> {
  const rows = Object.fromEntries(tables.map(({ name, rows }) => [name, Math.round(rows * run.share)]));
  const total = Object.values(rows).reduce((sum, count) => sum + count, 0);
  const manifest: Manifest = {
    kind: "supabase_db_backup",
    target: run.target,
    mode: "full",
    created_at_utc: toUtcSecond(run.startedAt),
    file: key.slice(key.lastIndexOf("/") + 1),
    sha256: sha256(key),
    bytes: total * BYTES_PER_ROW,
    git_sha: null,
    version: 2,
    tool: { name: "revo-backups", version: TOOL_VERSION },
    label: run.label,
    raw_bytes: total * RAW_BYTES_PER_ROW,
    compression: "igzip -1",
    duration_ms: run.finishedAt.getTime() - run.startedAt.getTime(),
    server_version: serverVersion,
    client_version: serverVersion,
    source: { host: SAMPLE_BUCKET, database: run.target, project_ref: null },
    requested_by: run.requestedBy,
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
    fingerprint: { public: sha256(`fingerprint ${key}`) },
  };
  return JSON.parse(await formatManifest("", manifest, null));
}

function runRow(run: SampleRun, manifests: ReadonlyMap<string, Manifest>) {
  const manifest = manifests.get(run.key ?? "");
  return {
    kind: run.kind,
    target: run.target,
    mode: run.kind === "backup" ? "full" : null,
    label: run.label,
    r2_key: run.key,
    reason: SAMPLE_REASON,
    status: manifest ? "succeeded" : "failed",
    ...(manifest ? { result: resultOf(run, manifest) } : FAILURE),
    requested_by: run.requestedBy,
    request_id: randomUUID(),
    created_at: run.startedAt,
    started_at: run.startedAt,
    heartbeat_at: run.finishedAt,
    finished_at: run.finishedAt,
  };
}

/** The result as the scripts report it: a backup reports what it stored, the other kinds what they counted. */
function resultOf(run: SampleRun, { sha256, bytes, raw_bytes, tables_total, rows_total }: Manifest) {
  if (run.kind === "backup") return { sha256, bytes, raw_bytes, tables_total, rows_total };
  return { tables: tables_total, rows: rows_total, ...(run.safetyKey && { safety_key: run.safetyKey }) };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
