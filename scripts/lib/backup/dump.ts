/** pg_dump through gzip, cut into members that can be read by themselves, as a stream that ends with an error unless every program of it succeeded. */
import { BackupError } from "@backup/errors.ts";
import type { Mode } from "@backup/target.ts";
import type { ArchiveMember } from "@backup/vault/archive_index.ts";
import { ArchiveWalk } from "../archive/archive_walk.ts";
import { gzipMembers } from "../process/gzip_members.ts";
import { describeFailure, type PipelineEnd, type Stage, startPipeline } from "../process/pipeline.ts";
import type { ClientTools } from "../postgres/client_tools.ts";
import { type Connection, NOTICE_LOSS } from "../postgres/connection.ts";
import type { Gzip } from "../process/gzip.ts";
import { isBusy } from "../postgres/refusal.ts";
import { identifier } from "../postgres/sql_text.ts";
import type { Snapshot } from "./snapshot.ts";

export interface Dump {
  /**
   * The compressed archive. The first chunk comes when pg_dump has written.
   * @throws {BackupError} `dump_failed` at its end when a program failed.
   */
  bytes: AsyncGenerator<Uint8Array>;
  /** What the archive holds; complete when `bytes` has ended. */
  walk: ArchiveWalk;
  /** Of the compressed archive, in its order; complete when `bytes` has ended. */
  members: readonly ArchiveMember[];
  /** Ends the programs; `bytes` ends with an error. */
  kill(): void;
}

export interface DumpOptions {
  connection: Connection;
  tools: ClientTools;
  gzip: Gzip;
  mode: Mode;
  snapshot: Pick<Snapshot, "id" | "schemas">;
  lockTimeoutMs: number;
  signal?: AbortSignal;
}

export function startDump(options: DumpOptions): Dump {
  const { connection, signal } = options;
  const stages: Stage[] = [[options.tools.pgDump, ...dumpArguments(options)]];
  const pipeline = startPipeline(stages, { env: connection.env, isWide: true, signal });
  const walk = new ArchiveWalk();
  const members: ArchiveMember[] = [];
  const ended = new AbortController();
  async function* dumped() {
    yield* pipeline.stdout;
    // pg_dump's failure comes before what is said of an archive that ends early
    requireComplete(stages, await pipeline.ended);
  }
  async function* bytes() {
    try {
      const pieces = walk.pieces(dumped());
      const onMember = (member: ArchiveMember) => members.push(member);
      yield* gzipMembers(pieces, options.gzip.compress, onMember, ended.signal);
    } finally {
      pipeline.kill(); // a reader that stops early also stops the dump
    }
  }
  const kill = () => {
    pipeline.kill();
    ended.abort();
  };
  return { bytes: bytes(), walk, members, kill };
}

/** Custom format, not compressed by pg_dump itself; owners and privileges are kept. */
export function dumpArguments(
  { mode, snapshot, lockTimeoutMs }: Pick<DumpOptions, "mode" | "snapshot" | "lockTimeoutMs">,
): string[] {
  return [
    `--dbname=${NOTICE_LOSS}`,
    "--format=custom",
    "--compress=0",
    "--no-password",
    `--lock-wait-timeout=${lockTimeoutMs}`,
    `--snapshot=${snapshot.id}`,
    ...(mode === "schema-only" ? ["--schema-only"] : []),
    // a pattern in double quotes matches literally; -N, unlike -n, keeps extensions, publications, event triggers, default privileges and large objects
    ...snapshot.schemas.excluded.map((name) => `--exclude-schema=${identifier(name)}`),
    ...snapshot.schemas.withoutRows.map((name) => `--exclude-table-data=${name}`),
  ];
}

function requireComplete(stages: readonly Stage[], end: PipelineEnd): void {
  const failure = describeFailure(stages, end);
  if (failure !== null && isBusy(failure)) throw new BackupError("database_busy", failure);
  if (failure !== null) throw new BackupError("dump_failed", `Cannot dump the database: ${failure}`);
}
