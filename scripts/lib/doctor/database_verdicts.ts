/** Verdicts on what the role may dump and restore, and on what the server has for a restore of prod. */
import { PLATFORM_SCHEMAS } from "@backup/vault/platform.ts";
import { warningText } from "@backup/vault/warnings.ts";
import { shortened } from "@backup/watch/text.ts";
import { overflowOf } from "../restore/lock_table.ts";
import type { CheckVerdict } from "./check.ts";
import type { DatabaseFacts } from "./read_database.ts";

export function dumpVerdict({ rights, foreignSchemas, warnings }: DatabaseFacts): CheckVerdict {
  const { unreadable, hiddenRows, foreignTriggers } = rights;
  const facts = {
    unreadable,
    hidden_rows: hiddenRows,
    schemas: foreignSchemas,
    event_triggers: foreignTriggers,
    warnings,
  };
  const obstacles = [
    ...named("não lê", unreadable),
    ...named("a segurança por linha esconde linhas de", hiddenRows),
  ];
  if (obstacles.length > 0) {
    return {
      status: "failed",
      message: `O usuário não consegue fazer o backup: ${obstacles.join("; ")}.`,
      hint: "Use o usuário postgres do projeto, ou dê a este SELECT no que falta e BYPASSRLS.",
      facts,
    };
  }
  const omitted = [
    ...named("esquemas de outros donos", foreignSchemas),
    ...named("gatilhos de evento de outros donos", foreignTriggers),
  ];
  // lost settings do not keep a backup from being restored
  const unrestorable = warnings.filter(({ kind }) => kind !== "settings").map(warningText);
  if (omitted.length === 0 && unrestorable.length === 0) {
    return { status: "ok", message: "O usuário lê tudo o que um backup leva.", facts };
  }
  const texts = [
    ...omitted.length === 0 ? [] : [`Ficam fora do backup: ${omitted.join("; ")}.`],
    ...unrestorable.length === 0 ? [] : [`Restauração: ${shortened(unrestorable, MOST_NAMES).join("; ")}.`],
  ];
  return {
    status: "warning",
    message: texts.join(" "),
    hint:
      "O que é do projeto, passe ao usuário do backup (ALTER … OWNER TO postgres); o resto, corrija como dito.",
    facts,
  };
}

export function restoreVerdict({ rights }: DatabaseFacts): CheckVerdict {
  const { notOwned, mayCreateSchemas, mayDisableTriggers } = rights;
  const missing = [
    ...named("não é dono de", notOwned),
    ...mayCreateSchemas ? [] : ["não pode criar esquemas neste banco"],
    ...mayDisableTriggers ? [] : ["não pode desligar gatilhos (session_replication_role)"],
  ];
  const facts = { not_owned: notOwned };
  if (missing.length === 0) return { status: "ok", message: "O usuário pode restaurar aqui.", facts };
  return {
    status: "failed",
    message: `O usuário não consegue restaurar aqui: ${missing.join("; ")}.`,
    hint: "Use o usuário postgres do projeto, ou passe-lhe o que falta (ALTER … OWNER TO postgres).",
    facts,
  };
}

/** Extensions in the platform's schemas do not count: the platform creates them. */
export function extensionsVerdict(own: DatabaseFacts, prod: DatabaseFacts): CheckVerdict {
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

export function locksVerdict({ lockTable }: DatabaseFacts, prod: DatabaseFacts): CheckVerdict {
  const { locksOfCopy, dependencyLocksOfCopy } = prod.rights;
  const needed = lockTable.moved + locksOfCopy + (lockTable.locksDependencies ? dependencyLocksOfCopy : 0);
  const overflow = overflowOf(needed, lockTable);
  const facts = { needed, setting: lockTable.setting };
  if (overflow === null) {
    return { status: "ok", message: "A tabela de travas comporta uma restauração de prod.", facts };
  }
  return {
    status: "failed",
    message:
      `Uma restauração de prod aqui precisa de umas ${needed} travas; cabem com segurança ${overflow.capacity}.`,
    hint:
      `Aumente max_locks_per_transaction de ${overflow.setting} para ${overflow.enough} e reinicie o servidor.`,
    facts: { ...facts, capacity: overflow.capacity, enough: overflow.enough },
  };
}

const MOST_NAMES = 10;

function named(what: string, names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`${what} ${shortened(names, MOST_NAMES).join(", ")}`];
}
