/**
 * The catalog in the prod database: an index of the vault and the history of runs. Written through the
 * functions `ops_db_backup_*` with one jsonb each (docs/architecture.md).
 */
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import type { AnyManifest } from "@backup/vault/manifest.ts";
import { type Sealed, sealedSchema } from "@backup/look/seal.ts";
import { type ErrorCode, isErrorCode } from "@backup/messages.ts";
import type { Proof } from "@backup/vault/receipt.ts";
import type { CountedObjects, RunKind } from "@backup/runs/run.ts";
import { ANSWER_LIMIT_MS, Session, type SessionOptions } from "../postgres/session.ts";
import { jsonb, literal } from "../postgres/sql_text.ts";

export interface RunStart {
  request_id: string;
  kind: RunKind;
  target: string;
  mode: string | null;
  label: string | null;
  r2_key: string | null;
  reason: string | null;
  requested_by: string;
  github_run_id: number | null;
  run_url: string | null;
  attempt: number;
  /** The variable that admits a restore of prod for which there is no request or approval. */
  break_glass?: boolean;
  /** Of a restore and its plan: {@link RestoreOptions} of their environment, which an approval binds. */
  options?: RestoreOptions;
}

/** What changes the outcome of a restore beside its backup, by name; what is not set is left out. */
export type RestoreOptions = Record<string, string | true>;

/** What the catalog answers to a start. */
export interface StartedRun {
  /** Who requested it on the screen, else who the run says. */
  requestedBy: string | null;
  /** Whether only break-glass admitted it; `null` from an older catalog. */
  breakGlass: boolean | null;
}

const startedSchema = z.object({
  requested_by: z.string().nullable(),
  break_glass: z.boolean().nullish().transform((it) => it ?? null),
});

/** The run of a script: the catalog refuses the reports of an attempt that another one has replaced. */
export type RunAttempt = Pick<RunStart, "request_id" | "attempt">;

export interface RunHeartbeat extends RunAttempt {
  phase: string;
  bytes_done: number | null;
  bytes_expected: number | null;
  rows_done: number | null;
  objects: CountedObjects | null;
}

export interface RunFinish extends RunAttempt {
  status: "succeeded" | "failed" | "cancelled";
  r2_key: string | null;
  error_code: string | null;
  error_message: string | null;
  result: Record<string, unknown> | null;
}

export interface CatalogRecord {
  r2_bucket: string;
  r2_key: string;
  manifest: AnyManifest;
  run_url: string | null;
  verified_at: string | null;
  /** The key whose signature was checked, `null` without one that counts; left out when it was not checked. */
  signed_by?: string | null | undefined;
}

/** What `ops_db_backup_audit_append` takes. */
export interface AuditEntry {
  event: string;
  actor: string;
  target: string;
  request_id: string;
  r2_key: string | null;
  code?: string;
  detail: Record<string, unknown>;
}

/** The request of a look as the catalog kept it. */
export interface TakenLook {
  r2Key: string;
  sealed: Sealed;
}

/** What `ops_db_backup_look_put` takes: an answer, or why there is none; `detail` is for the audit. */
export type LookEnd =
  & { request_id: string; detail: Record<string, unknown> }
  & ({ sealed: Sealed } | { error_code: ErrorCode });

/** A restore that succeeded: from its start to its end, and the stored size of the backup. */
export interface PastRestore {
  seconds: number;
  bytes: number;
  /** How long others were locked out; `null` for a restore that did not measure it. */
  lockedSeconds: number | null;
}

/** The form of the database's refusals: SQLSTATE `PT` and the HTTP status, the error code in the hint. */
const REFUSAL = /^PT4\d\d$/;

export class Catalog {
  #session: Session | null = null;
  /** Settles when the previous call has ended: the heartbeat and the work share one session. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: Pick<SessionOptions, "connection" | "answerLimitMs">) {}

  /**
   * @throws {BackupError} the catalog's refusal, for example `busy`; `catalog_unavailable`.
   */
  async startRun(run: RunStart): Promise<StartedRun> {
    const [answer] = await this.#query(`select public.ops_db_backup_run_start(${jsonb(run)});`);
    const { requested_by, break_glass } = startedSchema.parse(answer);
    return { requestedBy: requested_by, breakGlass: break_glass };
  }

  async progress(progress: RunHeartbeat): Promise<void> {
    await this.#call("ops_db_backup_run_progress", progress);
  }

  async finishRun(end: RunFinish): Promise<void> {
    await this.#call("ops_db_backup_run_finish", end);
  }

  /** Writes or renews the row of one object of the vault. */
  async record(record: CatalogRecord): Promise<void> {
    await this.#call("ops_db_backup_record", record);
  }

  /** Marks a backup as proven by a drill, with the summary of its receipt. */
  async markProven(bucket: string, key: string, proof: Proof): Promise<void> {
    const mark = { r2_bucket: bucket, r2_key: key, proven_at: proof.drilled_at, proof };
    await this.#call("ops_db_backup_mark", mark);
  }

  /** Marks a backup as rejected by a drill, with the summary of its receipt; earlier proofs are revoked. */
  async markRejected(bucket: string, key: string, proof: Proof): Promise<void> {
    const mark = { r2_bucket: bucket, r2_key: key, disproved_at: proof.drilled_at, proof };
    await this.#call("ops_db_backup_mark", mark);
  }

  /** Size of the target's newest full backup that counts: not rejected, not dated in the future, signed where that is required. */
  async lastBackup(target: string): Promise<{ bytes: number; rowsTotal: number | null } | null> {
    const rows = await this.#query(
      `select json_build_object('bytes', bytes, 'rowsTotal', rows_total) from public.ops_db_backups
        where target = ${literal(target)} and mode = 'full' and status <> 'deleted' and bytes is not null
          and not public.ops_db_backup_is_rejected(proof)
          and (signed_by is not null or not public.ops_db_backup_requires_signature())
          and created_at <= now() + public.ops_db_backup_service_level('vault_time_ahead')
        order by created_at desc limit 1;`,
    );
    const sizes = z.array(z.object({ bytes: z.number(), rowsTotal: z.number().nullable() }));
    return sizes.parse(rows)[0] ?? null;
  }

  /** The recorded result of a run; `null` when no run has this request id. */
  async runResult(requestId: string): Promise<Record<string, unknown> | null> {
    const rows = await this.#query(
      `select coalesce(result, 'null') from public.ops_db_backup_runs where request_id = ${
        literal(requestId)
      };`,
    );
    return z.array(z.record(z.string(), z.unknown()).nullable()).parse(rows)[0] ?? null;
  }

  /** The SHA-256 of the archive that a second user approved for a restore; `null` without an approval. */
  async approvedSha256(requestId: string): Promise<string | null> {
    const rows = await this.#query(
      `select to_json(sha256) from public.ops_db_backup_approvals where request_id = ${literal(requestId)};`,
    );
    return z.array(z.string().nullable()).parse(rows)[0] ?? null;
  }

  /** The newest twenty restores of the bucket's backups into a target. */
  async pastRestores(bucket: string, target: string): Promise<PastRestore[]> {
    const rows = await this.#query(
      `select json_build_object(
            'seconds', extract(epoch from r.finished_at - r.started_at)::float8, 'bytes', b.bytes,
            'lockedSeconds', case jsonb_typeof(r.result -> 'lockedSeconds') when 'number' then r.result -> 'lockedSeconds' end)
         from public.ops_db_backup_runs r
         join public.ops_db_backups b
           on b.r2_key = r.r2_key and b.r2_bucket = ${literal(bucket)} and b.duplicate_of is null
        where r.kind = 'restore' and r.status = 'succeeded' and r.target = ${literal(target)}
          and r.started_at is not null and b.bytes > 0
        order by r.finished_at desc limit 20;`,
    );
    const past = z.object({ seconds: z.number(), bytes: z.number(), lockedSeconds: z.number().nullable() });
    return z.array(past).parse(rows);
  }

  /** Rows of a query whose one column is JSON. */
  rows(sql: string): Promise<unknown[]> {
    return this.#query(sql);
  }

  /** Replaces the report of an unattended command with its newest one. */
  async report(report: { name: string; status: "ok" | "warning" | "failed"; report: object }): Promise<void> {
    await this.#call("ops_db_backup_report", report);
  }

  /** Appends a record to the audit that no table shows. */
  async appendAudit(record: AuditEntry): Promise<void> {
    await this.#call("ops_db_backup_audit_append", record);
  }

  /** Takes the sealed request of a look, once. @throws {BackupError} `look_expired` */
  async takeLook(requestId: string): Promise<TakenLook> {
    const [taken] = await this.#query(
      `select public.ops_db_backup_look_take(${jsonb({ request_id: requestId })});`,
    );
    const { r2_key, sealed } = z.object({ r2_key: z.string(), sealed: sealedSchema }).parse(taken);
    return { r2Key: r2_key, sealed };
  }

  /** Puts the end of a look for its requester, and its record into the audit. @throws {BackupError} `look_expired` */
  async putLook(end: LookEnd): Promise<void> {
    await this.#call("ops_db_backup_look_put", end);
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#session?.close();
    this.#session = null;
  }

  async #call(name: string, argument: object): Promise<void> {
    await this.#query(`select to_json(true) from (select public.${name}(${jsonb(argument)})) done;`);
  }

  #query(sql: string): Promise<unknown[]> {
    const answer = this.#turn.then(() => this.#queryNow(sql));
    this.#turn = answer.catch(() => {}); // the caller receives the error
    return answer;
  }

  async #queryNow(sql: string): Promise<unknown[]> {
    try {
      this.#session ??= await Session.open({ answerLimitMs: ANSWER_LIMIT_MS, ...this.options });
      return await this.#session.rows(sql);
    } catch (thrown) {
      this.#session = null; // an error ends the session; the next call opens another
      throw explain(thrown);
    }
  }
}

function explain(thrown: unknown): BackupError {
  if (!(thrown instanceof BackupError)) {
    return new BackupError("catalog_unavailable", "Cannot read the catalog's answer", { cause: thrown });
  }
  const { sqlstate, hint } = thrown.details;
  if (REFUSAL.test(String(sqlstate)) && isErrorCode(hint)) {
    return new BackupError(hint, `The catalog refused: ${thrown.message}`, { cause: thrown });
  }
  return new BackupError("catalog_unavailable", `Cannot use the catalog: ${thrown.message}`, {
    cause: thrown,
    hint: thrown.hint ?? undefined,
  });
}
