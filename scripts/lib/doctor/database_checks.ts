/** The checks of one database: connection, programs, dump, restore. */
import type { Target } from "@backup/target.ts";
import { messageOf } from "@backup/messages.ts";
import type { ClientTools } from "../postgres/client_tools.ts";
import type { Connection } from "../postgres/connection.ts";
import { MAINTENANCE_ROLE } from "./catalog_role.ts";
import { check, type CheckVerdict, type DoctorCheck, notChecked } from "./check.ts";
import { type Result } from "@backup/result.ts";
import { dumpVerdict, extensionsVerdict, locksVerdict, restoreVerdict } from "./database_verdicts.ts";
import { type NetworkFacts, networkVerdict } from "./network.ts";
import type { DatabaseFacts } from "./read_database.ts";
import { tlsVerdict } from "./tls_verdict.ts";

export interface DatabaseResult {
  target: Target;
  connection: Result<Connection>;
  /** `null`: the connection is invalid. */
  network: NetworkFacts | null;
  /** `null`: not read, since there is no connection. */
  facts: Result<DatabaseFacts> | null;
  /** The programs for its server; `null` when its version is unknown. */
  tools: Result<ClientTools> | null;
}

/** @param prod the database whose backups are restored there; `null` when it was not read */
export function databaseChecks(result: DatabaseResult, prod: DatabaseFacts | null): DoctorCheck[] {
  const { target, connection, network, facts, tools } = result;
  const of = (name: string, verdict: CheckVerdict) => check(target, `database_${target}_${name}`, verdict);
  const withFacts = (verdict: (facts: DatabaseFacts) => CheckVerdict) =>
    facts?.ok ? verdict(facts.value) : notChecked("o banco não foi alcançado");
  const asOwner = (verdict: (facts: DatabaseFacts) => CheckVerdict) =>
    withFacts((own) => isMaintenance(own) ? NOT_OWNER : verdict(own));
  return [
    of("pooler", poolerVerdict(connection)),
    of("network", connection.ok && network ? networkVerdict(connection.value, network) : NO_URL),
    of("reach", facts === null ? notChecked("não há caminho até o banco") : reachVerdict(facts)),
    of("tls", connection.ok ? withFacts(() => tlsVerdict(connection.value)) : NO_URL),
    of("tools", tools === null ? notChecked("a versão do servidor não é conhecida") : toolsVerdict(tools)),
    of("dump", asOwner(dumpVerdict)),
    of("restore", asOwner(restoreVerdict)),
    ...target === "prod" ? [] : [
      of("extensions", withFacts((own) => prod ? extensionsVerdict(own, prod) : NO_PROD)),
    ],
    of(
      "locks",
      withFacts((own) => prod === null ? NO_PROD : isMaintenance(prod) ? NOT_OWNER : locksVerdict(own, prod)),
    ),
  ];
}

const NO_URL = notChecked("a URL não serve");
const NO_PROD = notChecked("o banco prod não foi alcançado");
/** What a dump or a restore by the owner would find depends on its rights, which this role does not have. */
const NOT_OWNER = notChecked(
  "a URL de prod é a do papel de manutenção, não a do dono",
  "Rode o diagnóstico à mão: ele usa a URL do dono.",
);

function isMaintenance({ server }: DatabaseFacts): boolean {
  return server.user === MAINTENANCE_ROLE;
}
const SESSION_POOLER = /\.pooler\.supabase\.com$/;

function poolerVerdict(connection: Result<Connection>): CheckVerdict {
  if (connection.ok) {
    const way = SESSION_POOLER.test(connection.value.host) ? "pooler de sessão" : "conexão direta";
    return { status: "ok", message: `A URL é de ${way}.` };
  }
  if (connection.code !== "transaction_pooler") return notChecked("a URL não serve");
  return {
    status: "failed",
    message: "A URL é do pooler de transações (porta 6543), onde um backup não funciona.",
    hint: "Use a porta 5432 do mesmo host (pooler de sessão) ou a conexão direta.",
  };
}

function reachVerdict(facts: Result<DatabaseFacts>): CheckVerdict {
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

function toolsVerdict(tools: Result<ClientTools>): CheckVerdict {
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
