/** Reads what the checks of one database need: addresses, facts, programs. */
import type { Target } from "@backup/target.ts";
import type { ClientTools } from "../postgres/client_tools.ts";
import type { Connection } from "../postgres/connection.ts";
import type { ServerFacts } from "../postgres/database_facts.ts";
import type { Result } from "@backup/result.ts";
import type { DatabaseResult } from "./database_checks.ts";
import { type Limit, withinLimit } from "./within_limit.ts";
import { type NetworkFacts, networkVerdict } from "./network.ts";
import { readDatabase } from "./read_database.ts";

export interface DatabaseDeps {
  /** Its path, or why there is none. */
  psql: Result<string>;
  /** The programs for a server. */
  toolsFor: (server: ServerFacts) => Promise<Result<ClientTools>>;
  /** Addresses of a host. */
  lookup: (host: string) => Promise<readonly { family: number }[]>;
  hasIpv6: boolean;
  now: () => Date;
  limit: Limit;
}

export async function probeDatabase(
  target: Target,
  connection: Result<Connection>,
  deps: DatabaseDeps,
): Promise<DatabaseResult> {
  const result: DatabaseResult = { target, connection, network: null, facts: null, tools: null };
  if (!connection.ok) return result;
  result.network = await resolveHost(connection.value, deps);
  if (networkVerdict(connection.value, result.network).status === "failed") return result;
  const { limit, now, psql } = deps;
  if (!psql.ok) return { ...result, tools: psql };
  const facts = await withinLimit(limit, (signal) => readDatabase(psql.value, connection.value, now, signal));
  const tools = facts.ok ? await deps.toolsFor(facts.value.server) : null;
  return { ...result, facts, tools };
}

async function resolveHost({ host }: Connection, deps: DatabaseDeps): Promise<NetworkFacts> {
  const families = await withinLimit(deps.limit, async () => {
    const addresses = await deps.lookup(host);
    return addresses.map(({ family }) => family === 6 ? 6 as const : 4 as const);
  });
  return { families, hasIpv6: deps.hasIpv6 };
}
