/**
 * Proves that a backup restores: into a throwaway server, through the engine of a real restore, then rg03.
 *
 *     TARGET=prod deno task drill                      # the newest backup of prod
 *     R2_KEY=revo/prod/2026/01/15/… deno task drill
 *
 * Environment: docs/environment.md. Exit codes: docs/exit-codes.md.
 */
import { randomUUID } from "node:crypto";
import process from "node:process";
import { parseArchiveKey } from "../supabase/functions/_shared/backup/object_key.ts";
import { toBackupError } from "../supabase/functions/_shared/backup/errors.ts";
import { findToolsFor } from "./lib/client_tools.ts";
import { drill, newestBackup, wantedMajor } from "./lib/drill.ts";
import { askerOf, drillEnvironment, readEnvironment, vaultOf } from "./lib/environment.ts";
import { chooseGzip } from "./lib/gzip.ts";
import { runMain } from "./lib/main.ts";
import { findPostgres } from "./lib/postgres/binaries.ts";
import { SERVER_PROGRAMS, withSupabaseServer } from "./lib/postgres/supabase.ts";
import { drillSummary } from "./lib/summaries.ts";
import { trackRun } from "./lib/tracked_run.ts";

const DATABASE = "drill";

await runMain(async (signal) => {
  const env = readEnvironment(drillEnvironment, process.env);
  const asker = askerOf(env, randomUUID);
  const vault = vaultOf(env);
  const target = env.R2_KEY === undefined ? env.TARGET : parseArchiveKey(env.R2_KEY).target;
  const about = { target, mode: null, label: null, r2_key: env.R2_KEY ?? null, reason: env.REASON ?? null };
  await trackRun({ kind: "drill", asker, about }, process.env, signal, async ({ catalog, reporter }) => {
    const key = env.R2_KEY ?? await newestBackup(vault, target);
    reporter.log(`drilling ${key}`);
    reporter.phase("server");
    const binaries = findPostgres(SERVER_PROGRAMS, { major: await wantedMajor(vault, key) });
    const report = await withSupabaseServer({ binaries, databases: [DATABASE], signal }, async (server) => {
      const owner = server.connection("postgres", DATABASE);
      const throwaway = { owner, superuser: server.connection("supabase_admin", DATABASE) };
      const tools = await findToolsFor(owner, signal);
      const context = { vault, tools, gzip: chooseGzip(), progress: reporter, now: () => new Date(), signal };
      return await drill(context, key, throwaway);
    });
    await catalog.markProven(vault.bucket, key, new Date().toISOString()).catch((error) =>
      reporter.warn(`the backup is proven, but its row does not say so: ${toBackupError(error).message}`)
    );
    await reporter.summary(drillSummary(report));
    const { verified, assertions, seconds } = report;
    return { r2_key: key, result: { ...verified, assertions, seconds } };
  });
});
