/** The way to one database, and what is there. */
import type { Target } from "@backup/target.ts";
import type { ClientTools } from "../postgres/client_tools.ts";
import type { Connection } from "../postgres/connection.ts";
import type { ServerFacts } from "../postgres/database_facts.ts";
import type { Look } from "./check.ts";
import type { SeenDatabase } from "./database_checks.ts";
import { type Limit, look } from "./look.ts";
import { type NetworkFacts, networkVerdict } from "./network.ts";
import { readDatabase } from "./read_database.ts";

export interface DatabaseSurroundings {
  /** Its path, or that there is none. */
  psql: Look<string>;
  /** The programs for a server. */
  toolsFor: (server: ServerFacts) => Promise<Look<ClientTools>>;
  /** Addresses of a host. */
  lookup: (host: string) => Promise<readonly { family: number }[]>;
  hasIpv6: boolean;
  now: () => Date;
  limit: Limit;
}

export async function seeDatabase(
  target: Target,
  connection: Look<Connection>,
  around: DatabaseSurroundings,
): Promise<SeenDatabase> {
  const seen: SeenDatabase = { target, connection, network: null, facts: null, tools: null };
  if (!connection.ok) return seen;
  seen.network = await lookUp(connection.value, around);
  if (networkVerdict(connection.value, seen.network).status === "failed") return seen;
  const { limit, now, psql } = around;
  if (!psql.ok) return { ...seen, tools: psql };
  const facts = await look(limit, (signal) => readDatabase(psql.value, connection.value, now, signal));
  const tools = facts.ok ? await around.toolsFor(facts.value.server) : null;
  return { ...seen, facts, tools };
}

async function lookUp({ host }: Connection, around: DatabaseSurroundings): Promise<NetworkFacts> {
  const families = await look(around.limit, async () => {
    const addresses = await around.lookup(host);
    return addresses.map(({ family }) => family === 6 ? 6 as const : 4 as const);
  });
  return { families, hasIpv6: around.hasIpv6 };
}
