/**
 * Checks whether the backups are well, and notifies by issues, webhook and dead man's switch when they are not.
 *
 *     deno task watchdog
 *
 * Succeeds when every condition was delivered, whatever it is: docs/watchdog.md. Environment:
 * docs/environment.md. Exit codes: docs/exit-codes.md.
 */
import { randomUUID } from "node:crypto";
import { appendFile } from "node:fs/promises";
import {
  channelsOf,
  functionsGitHubOf,
  gitHubOf,
  vaultEnvironment,
  watchdogEnvironment,
} from "./lib/alerts/environment.ts";
import { copyAuditIfWritable } from "./lib/audit/mirror.ts";
import { Catalog } from "./lib/catalog/catalog.ts";
import { requesterOf } from "./lib/run/requester.ts";
import { connectionOf } from "./lib/postgres/target_connection.ts";
import { ownEnvironment, readEnvironment } from "./lib/process/environment.ts";
import { vaultOf } from "./lib/vault/environment.ts";
import { runInterruptible } from "./lib/run/main.ts";
import { reporterFor } from "./lib/run/tracked_run.ts";
import { runWatchdog } from "./lib/watchdog/run_watchdog.ts";
import { watchSummary } from "./lib/watchdog/watch_summary.ts";

await runInterruptible(async (output) => {
  const env = readEnvironment(watchdogEnvironment, ownEnvironment());
  const opened: Catalog[] = [];
  const vault = () => vaultOf(readEnvironment(vaultEnvironment, ownEnvironment()));
  try {
    const round = await runWatchdog({
      target: env.TARGET,
      vault,
      catalog: () => opened[0] ?? openCatalog(opened),
      github: gitHubOf(env),
      functionsGitHub: functionsGitHubOf(env),
      expectsWatch: !env.REVO_WATCHDOG_HOURLY,
      channels: channelsOf(env),
      runUrl: requesterOf(env, randomUUID).run?.url ?? null,
      now: () => new Date(),
      log: (line) => output.print(line),
    });
    output.setResult(round);
    const summary = ownEnvironment().GITHUB_STEP_SUMMARY;
    if (summary) await appendFile(summary, watchSummary(round) + "\n");
    else output.print(watchSummary(round));
  } finally {
    for (const catalog of opened) {
      // holds and refusals since the last script have no copy in the vault yet
      await copyAuditIfWritable(vault, catalog, reporterFor(catalog, ownEnvironment()));
      await catalog.close();
    }
  }
});

function openCatalog(opened: Catalog[]): Catalog {
  const catalog = new Catalog({ connection: connectionOf("prod", ownEnvironment()) });
  opened.push(catalog);
  return catalog;
}
