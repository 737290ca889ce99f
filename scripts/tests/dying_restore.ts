/**
 * For tests: a restore in a process that kills itself with SIGKILL when it enters a phase.
 *
 *     deno run -A scripts/tests/dying_restore.ts PHASE KEY     into SUPABASE_DB_URL_DEV, from the vault of R2_…
 */
import process from "node:process";
import { connectionOf } from "../lib/postgres/target_connection.ts";
import { findToolsFor } from "../lib/postgres/client_tools.ts";
import { readEnvironment } from "../lib/process/environment.ts";
import { chooseGzip } from "../lib/process/gzip.ts";
import { restoreBackup } from "../lib/restore/restore_backup.ts";
import { vaultFields, vaultOf } from "../lib/vault/environment.ts";
import { randomUUID } from "node:crypto";
import { z } from "zod";

const [wanted = "", key = ""] = process.argv.slice(2);
const connection = connectionOf("dev", process.env);
const dieAt = (point: string) => {
  if (point === wanted) process.kill(process.pid, "SIGKILL");
};
await restoreBackup({
  connection,
  tools: await findToolsFor(connection),
  gzip: chooseGzip(),
  vault: vaultOf(readEnvironment(z.object(vaultFields), process.env)),
  progress: { phase: dieAt, bytes: () => {}, rows: () => dieAt("rows"), log: () => {} },
  now: () => new Date(),
  statistics: false,
}, {
  target: "dev",
  key,
  confirm: null,
  allowSchemaOnly: false,
  safety: { requestedBy: "test", requestId: randomUUID(), run: null, gitSha: null },
  quarantine: null,
});
