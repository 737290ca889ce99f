/** pg_dump through gzip, as a stream that ends with an error unless every program of it succeeded. */
import { BackupError } from "@backup/errors.ts";
import type { Mode } from "@backup/target.ts";
import { byteCounter, countedBytes } from "../process/byte_counter.ts";
import { describeFailure, type PipelineEnd, type Stage, startPipeline } from "../process/pipeline.ts";
import type { ClientTools } from "../postgres/client_tools.ts";
import { type Connection, NOTICE_LOSS } from "../postgres/connection.ts";
import type { Gzip } from "../process/gzip.ts";
import { isBusy } from "../postgres/refusal.ts";
import { identifier } from "../postgres/sql_text.ts";
import type { Snapshot } from "./snapshot.ts";

export interface Dump {
  /**
   * The compressed archive. The first chunk holds bytes that pg_dump wrote.
   * @throws {BackupError} `dump_failed` at its end when a program failed.
   */
  bytes: AsyncGenerator<Uint8Array>;
  /** Bytes of the archive before compression; known when `bytes` has ended. */
  rawBytes(): number;
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
  const dump: Stage = [options.tools.pgDump, ...dumpArguments(options)];
  const stages: Stage[] = [dump, byteCounter(), options.gzip.compress];
  const pipeline = startPipeline(stages, { env: connection.env, signal });
  let raw: number | null = null;
  async function* bytes() {
    try {
      yield* joinHeader(pipeline.stdout);
      const end = await pipeline.ended;
      raw = requireCompleteDump(stages, end);
    } finally {
      pipeline.kill(); // a reader that stops early also stops the dump
    }
  }
  return {
    bytes: bytes(),
    rawBytes: () => {
      if (raw === null) {
        throw new BackupError("internal_server_error", "Cannot read the raw size before the dump ended");
      }
      return raw;
    },
    kill: pipeline.kill,
  };
}

/** A member's header without optional fields, which a program that reads its standard input does not write (RFC 1952). */
const GZIP_HEADER_BYTES = 10;

/** Joins gzip's header with what follows: pigz writes it when it starts, long before pg_dump writes anything. */
async function* joinHeader(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let start: Uint8Array | null = new Uint8Array();
  for await (const chunk of chunks) {
    if (start === null) {
      yield chunk;
      continue;
    }
    start = Buffer.concat([start, chunk]);
    if (start.length <= GZIP_HEADER_BYTES) continue;
    yield start;
    start = null;
  }
  if (start !== null) yield start;
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

/** @returns the bytes of the archive before compression */
function requireCompleteDump(stages: readonly Stage[], end: PipelineEnd): number {
  const { bytes, rest } = countedBytes(end.stderr);
  const failure = describeFailure(stages, { ...end, stderr: rest });
  if (failure !== null && isBusy(failure)) throw new BackupError("database_busy", failure);
  if (failure !== null) throw new BackupError("dump_failed", `Cannot dump the database: ${failure}`);
  if (bytes !== null) return bytes;
  throw new BackupError("dump_failed", "Cannot read how many bytes were dumped: the count is missing");
}
