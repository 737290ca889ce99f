/** pg_dump through gzip, as a stream that ends with an error unless every program of it succeeded. */
import { BackupError } from "@backup/errors.ts";
import type { Mode } from "@backup/target.ts";
import { describeFailure, type PipelineEnd, type Stage, startPipeline } from "../process/pipeline.ts";
import type { ClientTools } from "../postgres/client_tools.ts";
import { type Connection, NOTICE_LOSS } from "../postgres/connection.ts";
import type { Gzip } from "../process/gzip.ts";
import { describeLockHolders } from "../postgres/lock_holders.ts";
import { identifier } from "../postgres/psql.ts";
import type { Snapshot } from "./snapshot.ts";

export interface Dump {
  /** The compressed archive. @throws {BackupError} `dump_failed` at its end when a program failed. */
  bytes: AsyncIterable<Uint8Array>;
  /** Bytes of the archive before compression; known when `bytes` has ended. */
  rawBytes(): number;
}

export interface DumpOptions {
  connection: Connection;
  tools: ClientTools;
  gzip: Gzip;
  mode: Mode;
  snapshot: Snapshot;
  lockTimeoutMs: number;
  signal?: AbortSignal;
}

/** dd does nothing but count: it is cheaper than passing the raw archive through this process. */
const COUNT: Stage = ["dd", "bs=1048576"];

export function startDump(options: DumpOptions): Dump {
  const { connection, signal } = options;
  const stages: Stage[] = [[options.tools.pgDump, ...dumpArguments(options)], COUNT, options.gzip.compress];
  const pipeline = startPipeline(stages, { env: connection.env, signal });
  let raw: number | null = null;
  async function* bytes() {
    try {
      yield* pipeline.stdout;
      const end = await pipeline.ended;
      await requireCompleteDump(options, stages, end);
      raw = countedBytes(end);
    } finally {
      pipeline.kill(); // whoever stops reading early also stops the dump
    }
  }
  return {
    bytes: bytes(),
    rawBytes: () => {
      if (raw === null) {
        throw new BackupError("internal_server_error", "Cannot tell the raw size before the dump ended");
      }
      return raw;
    },
  };
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
    // in double quotes a pattern stands for itself; -N, unlike -n, keeps extensions, publications, event triggers, default privileges and large objects
    ...snapshot.schemas.excluded.map((name) => `--exclude-schema=${identifier(name)}`),
    ...snapshot.schemas.withoutRows.map((name) => `--exclude-table-data=${name}`),
  ];
}

async function requireCompleteDump(
  { tools, connection }: DumpOptions,
  stages: readonly Stage[],
  end: PipelineEnd,
): Promise<void> {
  const failure = describeFailure(stages, end);
  if (failure === null) return;
  const said = `Cannot dump the database: ${failure}`;
  // pg_dump limits its wait for a lock by a statement time-out
  const locked = /could not obtain lock|due to (statement|lock) timeout\s.*LOCK TABLE/.test(failure);
  if (!locked) throw new BackupError("dump_failed", said);
  const holders = await describeLockHolders({ psql: tools.psql, connection }, "readers");
  throw new BackupError("dump_failed", `${said}; ${holders}`, {
    hint: "A table is locked exclusively, by a migration perhaps; wait for it and repeat.",
  });
}

function countedBytes(end: PipelineEnd): number {
  const counted = /^(\d+) bytes/m.exec(end.stderr)?.[1];
  if (counted === undefined) {
    throw new BackupError("dump_failed", "Cannot tell how many bytes were dumped: dd did not say");
  }
  return Number(counted);
}
