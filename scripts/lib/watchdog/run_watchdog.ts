/**
 * One round of the watchdog: reads the facts, evaluates the conditions, delivers the alarms, writes the report. The
 * round fails if a delivery failed.
 */
import {
  type Beat,
  type HeartbeatOptions,
  sendBeat,
} from "../../../supabase/functions/_shared/alerts/heartbeat.ts";
import type { AlarmSource } from "@backup/watch/alarm.ts";
import { BackupError, toBackupError } from "@backup/errors.ts";
import type { Target } from "@backup/target.ts";
import { CONDITION_IDS } from "@backup/watch/conditions.ts";
import { type Result, resultOf } from "@backup/result.ts";
import { statusOfWatch, watch, type Watched } from "@backup/watch/watch.ts";
import { type Channels, deliver, type Delivered } from "../alerts/deliver.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { GitHubRepository } from "../alerts/github.ts";
import type { Vault } from "../vault/vault.ts";
import {
  INITIAL_STATE,
  readCatalogFacts,
  readWatchdogState,
  REPORT_NAME,
  type WatchdogState,
} from "./read_catalog.ts";
import { readTokenFacts, readWorkflowFacts } from "./read_github.ts";
import { readVaultFacts } from "./read_vault.ts";

export interface WatchdogPorts {
  target: Target;
  /** Throws when it cannot be opened, for example without a secret; that raises an alarm. */
  vault: () => Vault;
  /** Returns the same instance each time. */
  catalog: () => Catalog;
  /** `null`: not run by GitHub, its workflows are not checked. */
  github: GitHubRepository | null;
  /** A GitHub with the token of that name: its expiry is checked. `null` when the token was not given. */
  token: { name: string; github: GitHubRepository } | null;
  channels: Channels;
  heartbeat: HeartbeatOptions | null;
  runUrl: string | null;
  now: () => Date;
  log: (line: string) => void;
}

export interface Round extends Watched {
  at: string;
  delivered: Delivered;
}

/**
 * A raised condition is not an error if every channel received it.
 * @throws {BackupError} `alert_failed` when a delivery failed; all others were made.
 */
export async function runWatchdog(ports: WatchdogPorts): Promise<Round> {
  const failures: BackupError[] = [];
  await beat(ports, failures, "start", "");
  let round: Round;
  try {
    round = await watchOnce(ports, failures);
  } catch (thrown) {
    await beat(ports, failures, "fail", toBackupError(thrown).message);
    throw thrown;
  }
  const well = failures.length === 0 && statusOfWatch(round.conditions) !== "failed";
  await beat(ports, failures, well ? "success" : "fail", heartbeatText(round, failures));
  requireDelivered(failures);
  return round;
}

async function watchOnce(ports: WatchdogPorts, failures: BackupError[]): Promise<Round> {
  const { channels, log, now, runUrl } = ports;
  const at = now().toISOString();
  const { watched, state } = await judge(ports, at);
  for (const { id, risk, facts } of watched.conditions) log(`${id}: ${risk} ${facts.join(" ")}`);
  const source: AlarmSource = { at, runUrl };
  const decided = CONDITION_IDS.filter((id) => !watched.unknown.includes(id));
  const delivered = await deliver(channels, { alarms: watched.conditions, decided, source, test: false });
  failures.push(...delivered.failures);
  const round = { ...watched, at, delivered };
  await report(ports, round, state, failures);
  return round;
}

async function judge(ports: WatchdogPorts, now: string): Promise<{ watched: Watched; state: WatchdogState }> {
  const { vault, catalog, github, token, target } = ports;
  const stored = await resultOf(() => readWatchdogState(catalog()));
  const known = stored.ok ? stored.value : INITIAL_STATE;
  const inVault = await resultOf(() => readVaultFacts(vault(), target, known.hashedKey));
  const inCatalog = await resultOf(() =>
    readCatalogFacts(catalog(), inVault.ok ? vault() : null, known, now)
  );
  const watched = watch({
    now,
    target,
    vault: factsOf(inVault),
    catalog: factsOf(inCatalog),
    github: github && await resultOf(() => readWorkflowFacts(github)),
    tokens: token && await resultOf(() => readTokenFacts(token.github, token.name)),
  });
  const state = {
    hashedKey: inVault.ok ? inVault.value.hashedKey : known.hashedKey,
    auditComparedAt: inCatalog.ok ? inCatalog.value.auditComparedAt : known.auditComparedAt,
  };
  return { watched, state };
}

function factsOf<T>(result: Result<{ facts: T }>): Result<T> {
  return result.ok ? { ok: true, value: result.value.facts } : result;
}

/** Writes the report that the screen shows. An unreachable catalog is a condition already. */
async function report(
  { catalog, target, runUrl }: WatchdogPorts,
  { at, conditions, unknown, delivered }: Round,
  state: WatchdogState,
  failures: BackupError[],
): Promise<void> {
  if (conditions.some(({ id }) => id === "catalog_unreachable")) return;
  const issueOf = (id: string) => delivered.delivered.find((it) => it.id === id)?.issue?.url ?? null;
  const shown = conditions.map(({ id, severity, title, risk, facts, todo }) => (
    { id, severity, title, risk, facts, todo, issue_url: issueOf(id) }
  ));
  const text = {
    target,
    checked_at: at,
    run_url: runUrl,
    conditions: shown,
    unknown,
    undelivered: delivered.failures.map(({ message }) => message),
    hashed_key: state.hashedKey,
    audit_compared_at: state.auditComparedAt,
  };
  try {
    const status = delivered.failures.length > 0 ? "failed" : statusOfWatch(conditions);
    await catalog().report({ name: REPORT_NAME, status, report: text });
  } catch (thrown) {
    failures.push(toBackupError(thrown));
  }
}

async function beat(
  { heartbeat }: WatchdogPorts,
  failures: BackupError[],
  kind: Beat,
  text: string,
): Promise<void> {
  if (heartbeat === null) return;
  try {
    await sendBeat(heartbeat, kind, text);
  } catch (thrown) {
    failures.push(toBackupError(thrown));
  }
}

function heartbeatText({ conditions }: Round, failures: readonly BackupError[]): string {
  const lines = conditions.map(({ id, risk, todo }) => `${id}: ${risk} ${todo}`);
  return [...lines, ...failures.map(({ message }) => message)].join("\n");
}

function requireDelivered(failures: readonly BackupError[]): void {
  const [first, ...others] = failures;
  if (first === undefined) return;
  throw new BackupError("alert_failed", failures.map(({ message }) => message).join("; "), {
    cause: first,
    hint: first.hint ?? undefined,
    details: { failures: 1 + others.length },
  });
}
