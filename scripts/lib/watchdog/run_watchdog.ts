/** The watchdog: the round of a watch by what vault, catalog and GitHub show. */
import type { Channels } from "../../../supabase/functions/_shared/alerts/deliver.ts";
import { type Collected, type Round, runRound } from "../../../supabase/functions/_shared/alerts/round.ts";
import type { Target } from "@backup/target.ts";
import { type Result, resultOf } from "@backup/result.ts";
import { readTokenFacts, readWorkflowFacts } from "@backup/watch/read_github.ts";
import { type GitHubRepository, readerOf } from "../alerts/github.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { Vault } from "../vault/vault.ts";
import { INITIAL_STATE, type LastReports, readCatalogFacts, readLastReports } from "./read_catalog.ts";
import { readVaultFacts } from "./read_vault.ts";

export interface WatchdogPorts {
  target: Target;
  /** Throws when it cannot be opened, for example without a secret; that raises an alarm. */
  vault: () => Vault;
  /** Returns the same instance each time. */
  catalog: () => Catalog;
  /** `null`: not run by GitHub, its workflows are not checked. */
  github: GitHubRepository | null;
  /** GitHub with the function's token: its expiry is checked. `null` when the token was not given. */
  functionsGitHub: GitHubRepository | null;
  /** `false`: without a watch in the database, whose silence is no alarm. */
  expectsWatch: boolean;
  channels: Channels;
  runUrl: string | null;
  now: () => Date;
  log: (line: string) => void;
}

/** @throws {BackupError} `alert_failed` when a delivery failed; all others were made. */
export async function runWatchdog(ports: WatchdogPorts): Promise<Round> {
  const { target, expectsWatch: expectsOther, channels, runUrl, now, log } = ports;
  return await runRound({
    name: "watchdog",
    expectsOther,
    target,
    collect: (at) => collect(ports, at),
    channels,
    report: (report) => ports.catalog().report(report),
    runUrl,
    now,
    log,
  });
}

async function collect(ports: WatchdogPorts, at: string): Promise<Collected> {
  const { target, vault, catalog, github, functionsGitHub } = ports;
  const stored: Result<LastReports> = await resultOf(() => readLastReports(catalog()));
  const known = stored.ok ? stored.value.state : INITIAL_STATE;
  const inVault = await resultOf(() => readVaultFacts(vault(), target, known.hashedKey));
  const inCatalog = await resultOf(() => readCatalogFacts(catalog(), inVault.ok ? vault() : null, known, at));
  return {
    facts: {
      vault: factsOf(inVault),
      catalog: factsOf(inCatalog),
      github: github && await resultOf(() => readWorkflowFacts(readerOf(github))),
      tokens: functionsGitHub && await resultOf(() => readTokenFacts(readerOf(functionsGitHub))),
      unseen: [],
    },
    reports: stored.ok ? { ok: true, value: stored.value.reports } : stored,
    state: {
      hashed_key: inVault.ok ? inVault.value.hashedKey : known.hashedKey,
      audit_compared_at: inCatalog.ok ? inCatalog.value.auditComparedAt : known.auditComparedAt,
    },
  };
}

function factsOf<T>(result: Result<{ facts: T }>): Result<T> {
  return result.ok ? { ok: true, value: result.value.facts } : result;
}
