/**
 * Translates the database's refusals. The catalog's functions put the product's code into the error's hint and facts as
 * JSON into its details.
 */
import { z } from "zod";
import type { BackupError } from "@backup/errors.ts";
import { ERROR_CODES, type ErrorCode } from "@backup/messages.ts";
import { type RunKind, runKindSchema } from "@backup/runs/run.ts";
import {
  hours,
  minutes,
  PLAN_VALID_MS,
  RUN_NOT_BEGUN_AFTER_MS,
  RUN_SILENT_AFTER_MS,
} from "@backup/service_levels.ts";
import { RequestError } from "./responses.ts";

/** PostgREST's error body with the answer's HTTP status; 0 when there was no answer. */
export interface RpcFailure {
  status: number;
  code: string;
  message: string;
  hint: string | null;
  details: string | null;
}

/** The run that holds the lock: the details of `busy`. */
const holderSchema = z.object({
  kind: runKindSchema,
  target: z.string(),
  status: z.string(),
  requested_by: z.string().nullable(),
  created_at: z.string(),
  request_id: z.string(),
  run_url: z.string().nullable(),
});

const KIND_TEXTS: Readonly<Record<RunKind, string>> = {
  backup: "backup",
  restore: "restauração",
  drill: "ensaio",
  plan: "simulação",
  prune: "limpeza",
};
/** Why the database refuses a plan: the details of `plan_required`. */
const PLAN_TEXTS: Readonly<Record<string, string>> = {
  missing: "Falta a simulação.",
  unknown: "A simulação indicada não existe.",
  other_target: "A simulação indicada é de outro banco.",
  other_backup: "A simulação indicada é de outro backup.",
  not_succeeded: "A simulação indicada não terminou bem.",
  too_old: `A simulação indicada tem mais de ${minutes(PLAN_VALID_MS)} minutos.`,
};
const BRASILIA = new Intl.DateTimeFormat("pt-BR", {
  dateStyle: "short",
  timeStyle: "short",
  timeZone: "America/Sao_Paulo",
});

/** The error of a failed RPC, with the product's own code. */
export function toDatabaseError(rpc: string, failure: RpcFailure): BackupError {
  const fact = `${rpc}: ${failure.message || `HTTP ${failure.status}`}`;
  const code = codeOf(failure);
  if (code === "busy") return busyError(fact, factsOf(failure));
  if (code === "plan_required") return planError(fact, failure);
  const field = z.object({ field: z.string() }).safeParse(factsOf(failure));
  if (!field.success) return new RequestError(code, fact);
  return new RequestError(code, fact, {
    sentence: `Campo: ${field.data.field}.`,
    details: { fields: { [field.data.field]: "recusado pelo banco" } },
  });
}

function codeOf({ status, code, hint }: RpcFailure): ErrorCode {
  const named = ERROR_CODES.find((known) => known === hint);
  if (named !== undefined) return named;
  if (status === 401) return "invalid_token";
  if (code === "42501") return "forbidden";
  const unanswered = status === 0 || status >= 502;
  return unanswered ? "catalog_unavailable" : "internal_server_error";
}

function factsOf({ details }: RpcFailure): unknown {
  try {
    return JSON.parse(details ?? "null");
  } catch {
    return null;
  }
}

/** When a run that gives no sign of life no longer holds its target, by its status. */
const FREED: Readonly<Record<string, string>> = {
  running: `Se parar de dar sinal, o banco fica livre sozinho ${
    minutes(RUN_SILENT_AFTER_MS)
  } minutos depois.`,
  queued: `Se não começar, o banco fica livre sozinho ${
    hours(RUN_NOT_BEGUN_AFTER_MS)
  } horas depois do pedido.`,
};

function busyError(fact: string, facts: unknown): RequestError {
  const holder = holderSchema.safeParse(facts);
  if (!holder.success) return new RequestError("busy", fact);
  const { kind, target, status, requested_by, created_at } = holder.data;
  const since = BRASILIA.format(new Date(created_at));
  return new RequestError("busy", fact, {
    sentence: `Em andamento: ${KIND_TEXTS[kind]} em ${target}, desde ${since} (horário de Brasília)` +
      `${requested_by === null ? "" : `, por ${requested_by}`}. ${FREED[status] ?? FREED.queued}`,
    details: { holder: holder.data },
  });
}

function planError(fact: string, failure: RpcFailure): RequestError {
  const facts = z.object({ why: z.string() }).safeParse(factsOf(failure));
  const why = facts.success ? facts.data.why : failure.details ?? "";
  return new RequestError("plan_required", fact, { sentence: PLAN_TEXTS[why], details: { why } });
}
