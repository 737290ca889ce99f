/**
 * Checks everything that backups need. Every check is made, whatever the others find. A check that another one's failure
 * prevents is `unknown`, so that each fault fails one check.
 */
import type { ErrorCode } from "@backup/messages.ts";
import { TARGETS } from "@backup/target.ts";
import { Catalog } from "../catalog/catalog.ts";
import { type ClientTools, toolsFor } from "../postgres/client_tools.ts";
import type { Connection } from "../postgres/connection.ts";
import type { Environment } from "../process/environment.ts";
import { findPostgres } from "../postgres/binaries.ts";
import { bucketRuleChecks } from "./bucket_rules.ts";
import { catalogRoleCheck } from "./catalog_role.ts";
import { catalogChecks } from "./catalog_state.ts";
import { check, type DoctorCheck, type DoctorReport, notChecked, worstStatus } from "./check.ts";
import { type Result } from "@backup/result.ts";
import { clockCheck, type Clocks, readHttpClock } from "./clocks.ts";
import { readErasingRules, readLockRules } from "./cloudflare_rules.ts";
import { databaseChecks, type DatabaseResult } from "./database_checks.ts";
import { functionChecks } from "./edge_function.ts";
import { environmentCheck } from "./environment_check.ts";
import { gitHubChecks } from "./github.ts";
import { hostChecks } from "./host_repository.ts";
import { type Limit, withinLimit } from "./within_limit.ts";
import { machineChecks, type MachineFacts, readMachine } from "./machine.ts";
import type { DatabaseFacts } from "./read_database.ts";
import { askManagers, managersVerdict } from "./prod_managers.ts";
import { type DatabaseDeps, probeDatabase } from "./probe_database.ts";
import { type DoctorSettings, readSettings } from "./settings.ts";
import { encryptionChecks } from "./encryption.ts";
import { signingCheck } from "./signing.ts";
import { TRIAL_PREFIX, tryVault, vaultChecks, vaultNotChecked } from "./vault_trial.ts";

export interface DoctorContext extends Pick<DatabaseDeps, "lookup" | "hasIpv6"> {
  /** docs/environment.md */
  environment: Environment;
  runtime: MachineFacts["runtime"];
  fetch: typeof fetch;
  now: () => Date;
  newId: () => string;
  /** The limit of each check. */
  timeoutMs: number;
}

/**
 * Changes nothing but one small object under `doctor/` of the vault, which it deletes again.
 * @throws the signal's reason; every other failure is a check.
 */
export async function runDoctor(context: DoctorContext, signal: AbortSignal): Promise<DoctorReport> {
  const { environment, now } = context;
  const settings = readSettings(environment);
  const limit = (late: ErrorCode): Limit => ({ ms: context.timeoutMs, signal, late });
  const psql = await withinLimit(
    limit("missing_tool"),
    async () => await findPostgres(["psql"], { environment }).path("psql"),
  );
  const [databases, vault, github, edge, clocks] = await Promise.all([
    probeDatabases(settings, {
      ...context,
      psql,
      toolsFor: toolFinder(environment, limit("missing_tool")),
      limit: limit("database_unreachable"),
    }),
    vaultGroup(settings, context, limit("vault_unreachable")),
    gitHubChecks(settings.github, limit("github_error"), now()),
    functionChecks(settings.functionUrl, limit("internal_server_error"), context.fetch),
    readClocks(settings, context, limit("internal_server_error")),
  ]);
  const prod = factsOf(databases, "prod");
  const servers = databases.flatMap(({ facts }) => facts?.ok ? [facts.value.server] : []);
  const checks = [
    ...machineChecks(readMachine(context.runtime, environment), servers),
    environmentCheck(settings),
    ...databases.flatMap((result) => databaseChecks(result, prod)),
    ...vault,
    ...await hostChecks(),
    ...github,
    ...edge,
    ...await catalogGroup(
      prod ? settings.connections.prod : undefined,
      limit("catalog_unavailable"),
      now(),
    ),
    clockCheck("r2", "do cofre", clocks.vault),
    clockCheck("github", "do GitHub", clocks.github),
    clockCheck("database", "do banco prod", prod && { ok: true, value: prod.clock }),
  ];
  return { checked_at: now().toISOString(), status: worstStatus(checks), checks };
}

/** Searches the programs of each version once, since a search starts every program that it finds. */
function toolFinder(environment: Environment, limit: Limit): DatabaseDeps["toolsFor"] {
  const found = new Map<number, Promise<Result<ClientTools>>>();
  return (server) => {
    const { versionNumber } = server;
    const tools = found.get(versionNumber) ??
      withinLimit(limit, async () => await toolsFor(server, environment));
    found.set(versionNumber, tools);
    return tools;
  };
}

function probeDatabases(settings: DoctorSettings, deps: DatabaseDeps): Promise<DatabaseResult[]> {
  return Promise.all(TARGETS.flatMap((target) => {
    const connection = settings.connections[target];
    return connection === undefined ? [] : [probeDatabase(target, connection, deps)];
  }));
}

function factsOf(databases: readonly DatabaseResult[], target: string): DatabaseFacts | null {
  const facts = databases.find((result) => result.target === target)?.facts;
  return facts?.ok ? facts.value : null;
}

async function vaultGroup(
  settings: DoctorSettings,
  { now, newId, fetch }: DoctorContext,
  limit: Limit,
): Promise<DoctorCheck[]> {
  if (settings.vault === null) return vaultNotChecked("as variáveis do cofre não servem");
  const { vault, readsOnly } = settings.vault;
  const { cloudflare } = settings;
  const [trial, erasing, locks, signing, encryption] = await Promise.all([
    tryVault({ vault, key: `${TRIAL_PREFIX}${newId()}.txt`, now: now(), limit }),
    withinLimit(
      limit,
      (signal) => cloudflare ? readErasingRules(cloudflare, fetch, signal) : vault.erasingRules(),
    ),
    cloudflare && withinLimit(limit, (signal) => readLockRules(cloudflare, fetch, signal)),
    signingCheck(vault, limit),
    encryptionChecks(vault, limit),
  ]);
  return [...vaultChecks(trial, readsOnly), ...bucketRuleChecks({ erasing, locks }), signing, ...encryption];
}

async function readClocks(
  { vault, github }: DoctorSettings,
  { fetch, now }: DoctorContext,
  limit: Limit,
): Promise<{ vault: Result<Clocks> | null; github: Result<Clocks> | null }> {
  const [ofVault, ofGitHub] = await Promise.all([
    vault && readHttpClock(vault.endpoint, limit, fetch, now),
    github && readHttpClock(github.apiUrl, limit, fetch, now),
  ]);
  return { vault: ofVault, github: ofGitHub };
}

async function catalogGroup(
  connection: Result<Connection> | undefined,
  limit: Limit,
  now: Date,
): Promise<DoctorCheck[]> {
  if (!connection?.ok) {
    const unreached = notChecked("o banco prod não foi alcançado");
    return [
      ...await catalogChecks(null, limit, now),
      await catalogRoleCheck(null, limit),
      check("catalog", "prod_managers", unreached),
    ];
  }
  const catalog = new Catalog({ connection: connection.value });
  try {
    const managers = await withinLimit(limit, (signal) => askManagers(connection.value, signal));
    return [
      ...await catalogChecks(catalog, limit, now),
      await catalogRoleCheck(catalog, limit),
      check("catalog", "prod_managers", managersVerdict(managers)),
    ];
  } finally {
    await catalog.close();
  }
}
