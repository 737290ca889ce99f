/**
 * Our side of the benchmark in its own process, under Deno with production's permissions: the engine that
 * `scripts/backup.ts` and `scripts/restore.ts` call, without the catalog. Prints one line of JSON.
 *
 *     deno run … scripts/dev/bench/engine.ts backup            takes a backup
 *     deno run … scripts/dev/bench/engine.ts encrypted         takes an encrypted one
 *     deno run … scripts/dev/bench/engine.ts facts             only counts and fingerprint
 *     deno run … scripts/dev/bench/engine.ts restore KEY       restores over the existing content
 */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import process from "node:process";
import { promisify } from "node:util";
import { openSnapshot, readSchemaFacts } from "../../lib/backup/snapshot.ts";
import { takeBackup } from "../../lib/backup/take_backup.ts";
import { findToolsFor } from "../../lib/postgres/client_tools.ts";
import { connectionOf } from "../../lib/postgres/target_connection.ts";
import { readEnvironment } from "../../lib/process/environment.ts";
import { signerFields, vaultFields, vaultOf } from "../../lib/vault/environment.ts";
import { chooseGzip } from "../../lib/process/gzip.ts";
import { runMain } from "../../lib/run/main.ts";
import { countInSnapshot } from "../../lib/postgres/dumped_tables.ts";
import { LOCK_TIMEOUT_MS } from "../../lib/postgres/lock_holders.ts";
import { Session } from "../../lib/postgres/session.ts";
import { restoreBackup } from "../../lib/restore/restore_backup.ts";
import { z } from "zod";

const requester = { requestedBy: "benchmark", requestId: randomUUID(), run: null, gitSha: null };
type Deps = Parameters<typeof restoreBackup>[0];

/** A public key whose secret half was not kept. */
const UNOWNED_KEY = "age1h2jxdr2ymtefxtwqmymxfdw0f09s2vd5vzcg3axu7exxf7e0avpqwut0ew";

/** Seconds since the process started. */
const clock = () => performance.now() / 1000;
/** When each phase was entered, in seconds since the process started. */
const entered: Record<string, number> = {};

await runMain(async (signal) => {
  const [kind, key = ""] = process.argv.slice(2);
  const connection = connectionOf("dev", process.env);
  const deps = {
    connection,
    tools: await findToolsFor(connection, signal),
    gzip: chooseGzip(),
    vault: vaultOf({
      ...readEnvironment(z.object({ ...vaultFields, ...signerFields }), process.env),
      BACKUP_AGE_RECIPIENTS: kind === "encrypted" ? [UNOWNED_KEY] : [],
    }),
    progress: { phase: (name: string) => entered[name] = clock(), bytes: () => {}, log: () => {} },
    now: () => new Date(),
    signal,
  };
  const works: Record<string, () => Promise<object>> = {
    backup: () => backUp(deps),
    encrypted: () => backUp(deps),
    facts: () => timeFacts(deps),
    restore: () => restore(deps, key),
  };
  const work = works[kind ?? ""];
  if (!work) throw new Error(`Cannot do '${kind}': expected ${Object.keys(works).join(", ")}`);
  const result = await work();
  const end = clock();
  process.stdout.write(`${JSON.stringify({ ...result, entered, end, peakMb: await peakMb() })}\n`);
});

async function backUp(deps: Deps) {
  const order = { target: "dev", mode: "full", label: null, verify: false, previous: null } as const;
  const { keys, manifest } = await takeBackup(deps, { ...requester, ...order });
  return { key: keys.archive, bytes: manifest.bytes, rawBytes: manifest.raw_bytes, gzip: deps.gzip.name };
}

async function timeFacts({ connection, signal }: Deps) {
  const [holder, reader] = [
    await Session.open({ connection, signal }),
    await Session.open({ connection, signal }),
  ];
  const { id, tables } = await openSnapshot(holder);
  const from = clock();
  await readSchemaFacts(reader, id, "full", LOCK_TIMEOUT_MS);
  await countInSnapshot((sql) => reader.send(sql), id, tables);
  const factsSeconds = clock() - from;
  await Promise.all([holder.close(), reader.close()]);
  return { factsSeconds };
}

async function restore(deps: Deps, key: string) {
  const order = {
    target: "dev",
    key,
    confirm: null,
    allowSchemaOnly: false,
    safety: null,
    quarantine: null,
  } as const;
  const { verified, warnings } = await restoreBackup(deps, order);
  const missing = [...warnings, ...verified.notChecked];
  if (missing.length > 0) throw new Error(`Cannot count this as a whole restore: ${missing.join("; ")}`);
  return { tables: verified.tables, rows: verified.rows };
}

/** Linux keeps the peak of a process's memory; 0 elsewhere. */
async function peakMb(): Promise<number> {
  const status = await promisify(execFile)("cat", [`/proc/${process.pid}/status`]).catch(() => ({
    stdout: "",
  }));
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status.stdout)?.[1] ?? 0) * 1024 / 1_000_000;
}
