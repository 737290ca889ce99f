/** What is said of one database: the way to it, the programs for it, what can be dumped, what can be restored. */
import type { Target } from "@backup/target.ts";
import { messageOf } from "@backup/messages.ts";
import { PLATFORM_SCHEMAS } from "@backup/vault/platform.ts";
import { shortened } from "@backup/watch/text.ts";
import type { ClientTools } from "../postgres/client_tools.ts";
import type { Connection } from "../postgres/connection.ts";
import { overflowOf } from "../restore/lock_table.ts";
import { check, type DoctorCheck, notSeen, type Verdict } from "./check.ts";
import { type Result } from "@backup/result.ts";
import { type NetworkFacts, networkVerdict } from "./network.ts";
import type { DatabaseFacts } from "./read_database.ts";

export interface DatabaseResult {
  target: Target;
  connection: Result<Connection>;
  /** `null`: there was no host to look up. */
  network: NetworkFacts | null;
  /** `null`: not tried, since there is no way to it. */
  facts: Result<DatabaseFacts> | null;
  /** For its server; `null` when that is not known. */
  tools: Result<ClientTools> | null;
}

/** @param prod whose backups are restored there; `null` when it is not known */
export function databaseChecks(seen: DatabaseResult, prod: DatabaseFacts | null): DoctorCheck[] {
  const { target, connection, network, facts, tools } = seen;
  const of = (name: string, verdict: Verdict) => check(target, `database_${target}_${name}`, verdict);
  const withFacts = (verdict: (facts: DatabaseFacts) => Verdict) =>
    facts?.ok ? verdict(facts.value) : notSeen("o banco não foi alcançado");
  return [
    of("pooler", poolerVerdict(connection)),
    of("network", connection.ok && network ? networkVerdict(connection.value, network) : NO_URL),
    of("reach", facts === null ? notSeen("não há caminho até o banco") : reachVerdict(facts)),
    of("tools", tools === null ? notSeen("a versão do servidor não é conhecida") : toolsVerdict(tools)),
    of("dump", withFacts(dumpVerdict)),
    of("restore", withFacts(restoreVerdict)),
    ...target === "prod" ? [] : [
      of("extensions", withFacts((own) => prod ? extensionsVerdict(own, prod) : NO_PROD)),
    ],
    of("locks", withFacts((own) => prod ? locksVerdict(own, prod) : NO_PROD)),
  ];
}

const NO_URL = notSeen("a URL não serve");
const NO_PROD = notSeen("o banco prod não foi alcançado");
const SESSION_POOLER = /\.pooler\.supabase\.com$/;

function poolerVerdict(connection: Result<Connection>): Verdict {
  if (connection.ok) {
    const way = SESSION_POOLER.test(connection.value.host) ? "pooler de sessão" : "conexão direta";
    return { status: "ok", message: `A URL é de ${way}.` };
  }
  if (connection.code !== "transaction_pooler") return notSeen("a URL não serve");
  return {
    status: "failed",
    message: "A URL é do pooler de transações (porta 6543), onde um backup não funciona.",
    hint: "Use a porta 5432 do mesmo host (pooler de sessão) ou a conexão direta.",
  };
}

function reachVerdict(facts: Result<DatabaseFacts>): Verdict {
  if (!facts.ok) {
    return {
      status: "failed",
      message: `O banco não pôde ser lido: ${facts.message}`,
      hint: messageOf(facts.code),
      facts: { code: facts.code },
    };
  }
  const { version, user } = facts.value.server;
  return {
    status: "ok",
    message: `Responde: PostgreSQL ${version}, usuário ${user}.`,
    facts: { version, user },
  };
}

function toolsVerdict(tools: Result<ClientTools>): Verdict {
  if (tools.ok) {
    const { version, pgDump } = tools.value;
    return {
      status: "ok",
      message: `pg_dump, pg_restore e psql ${version} servem.`,
      facts: { version, pg_dump: pgDump },
    };
  }
  return {
    status: "failed",
    message: `Os programas do PostgreSQL não servem: ${tools.message}`,
    hint:
      "Instale o cliente da versão do servidor, ou aponte REVO_PG_BIN (na execução: REVO_POSTGRES_MAJOR) para ele.",
    facts: { code: tools.code },
  };
}

export function dumpVerdict({ rights, foreignSchemas }: DatabaseFacts): Verdict {
  const { unreadable, hiddenRows, foreignTriggers } = rights;
  const facts = {
    unreadable,
    hidden_rows: hiddenRows,
    schemas: foreignSchemas,
    event_triggers: foreignTriggers,
  };
  const stuck = [
    ...named("não lê", unreadable),
    ...named("a segurança por linha esconde linhas de", hiddenRows),
  ];
  if (stuck.length > 0) {
    return {
      status: "failed",
      message: `O usuário não consegue fazer o backup: ${stuck.join("; ")}.`,
      hint: "Use o usuário postgres do projeto, ou dê a este SELECT no que falta e BYPASSRLS.",
      facts,
    };
  }
  const left = [
    ...named("esquemas de outros donos", foreignSchemas),
    ...named("gatilhos de evento de outros donos", foreignTriggers),
  ];
  if (left.length === 0) return { status: "ok", message: "O usuário lê tudo o que um backup leva.", facts };
  return {
    status: "warning",
    message: `Ficam fora do backup: ${left.join("; ")}.`,
    hint: "Se são do projeto, passe-os ao usuário do backup (ALTER … OWNER TO postgres).",
    facts,
  };
}

function restoreVerdict({ rights }: DatabaseFacts): Verdict {
  const { notOwned, mayCreateSchemas, maySilenceTriggers } = rights;
  const lacking = [
    ...named("não é dono de", notOwned),
    ...mayCreateSchemas ? [] : ["não pode criar esquemas neste banco"],
    ...maySilenceTriggers ? [] : ["não pode desligar gatilhos (session_replication_role)"],
  ];
  const facts = { not_owned: notOwned };
  if (lacking.length === 0) return { status: "ok", message: "O usuário pode restaurar aqui.", facts };
  return {
    status: "failed",
    message: `O usuário não consegue restaurar aqui: ${lacking.join("; ")}.`,
    hint: "Use o usuário postgres do projeto, ou passe-lhe o que falta (ALTER … OWNER TO postgres).",
    facts,
  };
}

/** An extension of the platform's schemas is no loss: the platform brings it where it is wanted. */
export function extensionsVerdict(own: DatabaseFacts, prod: DatabaseFacts): Verdict {
  const missing = prod.extensions
    .filter(({ name, schema }) =>
      schema !== "pg_catalog" && !PLATFORM_SCHEMAS.includes(schema) && !own.available.includes(name)
    )
    .map(({ name }) => name);
  if (missing.length === 0) {
    return { status: "ok", message: "Tem as extensões de prod.", facts: { missing } };
  }
  return {
    status: "failed",
    message: `Este servidor não tem extensões de prod: ${missing.join(", ")}.`,
    hint:
      "Uma restauração de prod aqui será recusada: instale as extensões, ou use um servidor como o de prod.",
    facts: { missing },
  };
}

export function locksVerdict({ lockTable }: DatabaseFacts, prod: DatabaseFacts): Verdict {
  const needed = lockTable.moved + prod.rights.locksOfCopy;
  const overflow = overflowOf(needed, lockTable);
  const facts = { needed, setting: lockTable.setting };
  if (overflow === null) {
    return { status: "ok", message: "A tabela de travas comporta uma restauração de prod.", facts };
  }
  return {
    status: "failed",
    message: `Uma restauração de prod aqui precisa de umas ${needed} travas; cabem ${overflow.capacity}.`,
    hint:
      `Aumente max_locks_per_transaction de ${overflow.setting} para ${overflow.enough} e reinicie o servidor.`,
    facts: { ...facts, capacity: overflow.capacity, enough: overflow.enough },
  };
}

const MOST_NAMES = 10;

function named(what: string, names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`${what} ${shortened(names, MOST_NAMES).join(", ")}`];
}
