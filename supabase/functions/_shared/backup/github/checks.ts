/**
 * Checks of the repository from GitHub's answers, in pt-BR: the same texts for the function's health and the
 * doctor's. No value of a secret is ever among the facts.
 */
import type { FailureCode, Result } from "../result.ts";
import type { HealthCheck } from "../api.ts";
import type { ScheduledRun, WorkflowFact } from "./facts.ts";
import { type ErrorCode, messageOf } from "../messages.ts";
import { REQUIRED_SECRETS, TARGET_SECRETS } from "./environments.ts";
import { lastDue } from "../runs/schedules.ts";
import {
  DAY_MS,
  days as inDays,
  START_LATE_AFTER_MS,
  TOKEN_EXPIRES_NOW_MS,
  TOKEN_EXPIRES_SOON_MS,
} from "../service_levels.ts";

/** GitHub disables the schedule of a workflow when the one who committed its cron last leaves the organization. */
const SCHEDULE_OWNER =
  " O GitHub para um agendamento quando sai da organização quem gravou o cron por último: outra pessoa grava o arquivo de novo.";
/** GitHub's clock may be slightly ahead of ours. */
const EARLY_MS = 5 * 60_000;

const BRASILIA = new Intl.DateTimeFormat("pt-BR", {
  dateStyle: "short",
  timeStyle: "short",
  timeZone: "America/Sao_Paulo",
});

export function tokenCheck(reached: Result<Date | null, FailureCode>): HealthCheck {
  if (reached.ok) return check("github_token", "ok", "A credencial do GitHub alcança o repositório.");
  return check("github_token", "failed", messageOf(reached.code), { code: reached.code });
}

export function tokenExpiryCheck(expiry: Result<Date | null, FailureCode>, now: Date): HealthCheck {
  const name = "github_token_expiry";
  if (!expiry.ok) return notRead(name, expiry.code);
  if (expiry.value === null) {
    return check(name, "unknown", "O GitHub não informa até quando a credencial vale.");
  }
  const days = Math.floor((expiry.value.getTime() - now.getTime()) / DAY_MS);
  const status = days > inDays(TOKEN_EXPIRES_SOON_MS)
    ? "ok"
    : days > inDays(TOKEN_EXPIRES_NOW_MS)
    ? "warning"
    : "failed";
  const todo = status === "ok" ? "" : " Gere outra e atualize GITHUB_TOKEN nos segredos da função.";
  const message = `A credencial do GitHub vale até ${
    BRASILIA.format(expiry.value)
  } (mais ${days} dias).${todo}`;
  return check(name, status, message, { expires_at: expiry.value.toISOString(), days });
}

export function workflowCheck(file: string, workflows: Result<WorkflowFact[], FailureCode>): HealthCheck {
  const name = `workflow_${file}`;
  if (!workflows.ok) return notRead(name, workflows.code);
  const state = workflows.value.find((workflow) => workflow.file === file)?.state ?? null;
  if (state === "active") return check(name, "ok", `O workflow ${file} está ativo.`, { state });
  const message = state === null
    ? `O workflow ${file} não existe no ramo padrão do repositório.`
    : `O workflow ${file} está desativado (${state}). Ative-o em Actions, no GitHub.${SCHEDULE_OWNER}`;
  return check(name, "failed", message, { state });
}

export interface Schedule {
  file: string;
  cron: string;
  run: Result<ScheduledRun | null, FailureCode>;
  workflows: Result<WorkflowFact[], FailureCode>;
  now: Date;
}

/** Whether the schedule started the workflow when it last should have, and how that ended. */
export function scheduleCheck({ file, cron, run, workflows, now }: Schedule): HealthCheck {
  const name = `schedule_${file}`;
  if (!run.ok) return notRead(name, run.code);
  const due = lastDue(cron, new Date(now.getTime() - START_LATE_AFTER_MS));
  const facts = { due_at: due.toISOString(), started_at: run.value?.createdAt.toISOString() ?? null };
  if (run.value !== null && run.value.createdAt.getTime() >= due.getTime() - EARLY_MS) {
    return startedCheck(name, file, run.value, facts);
  }
  const since = workflows.ok ? workflows.value.find((workflow) => workflow.file === file)?.since : undefined;
  if (since !== undefined && since > due) {
    return check(name, "ok", `O agendamento de ${file} é novo: a primeira execução ainda não venceu.`, facts);
  }
  const message =
    `O GitHub não iniciou a execução agendada de ${file} para ${
      BRASILIA.format(due)
    } (horário de Brasília).` +
    ` Inicie-a à mão e confira o agendamento.${SCHEDULE_OWNER}`;
  return check(name, "failed", message, facts);
}

function startedCheck(
  name: string,
  file: string,
  run: ScheduledRun,
  facts: Record<string, unknown>,
): HealthCheck {
  const all = { ...facts, conclusion: run.conclusion, run_url: run.url };
  const at = BRASILIA.format(run.createdAt);
  if (run.status === "completed" && run.conclusion !== "success") {
    return check(
      name,
      "failed",
      `A execução agendada de ${file}, ${at}, terminou com ${run.conclusion}.`,
      all,
    );
  }
  const outcome = run.status === "completed" ? "terminou bem" : "está em andamento";
  return check(name, "ok", `A execução agendada de ${file}, ${at}, ${outcome}.`, all);
}

export function secretsCheck(names: Result<string[], FailureCode>): HealthCheck {
  const name = "github_secrets";
  if (!names.ok && names.code === "github_forbidden") {
    return check(
      name,
      "unknown",
      "A credencial não pode listar os segredos (permissões Secrets e Environments: read, opcionais).",
    );
  }
  if (!names.ok) return notRead(name, names.code);
  const missing = (wanted: string[]) => wanted.filter((secret) => !names.value.includes(secret));
  const required = missing(REQUIRED_SECRETS);
  const targets = missing(TARGET_SECRETS);
  const facts = { missing: [...required, ...targets] };
  if (required.length > 0) {
    return check(
      name,
      "failed",
      `Faltam segredos no GitHub, no repositório ou em cada ambiente: ${required.join(", ")}.`,
      facts,
    );
  }
  if (targets.length > 0) {
    const message = `Sem estes segredos, estes bancos não podem ser alvo: ${targets.join(", ")}.`;
    return check(name, "warning", message, facts);
  }
  return check(name, "ok", "Os segredos do GitHub estão cadastrados.", facts);
}

function notRead(name: string, code: ErrorCode): HealthCheck {
  return check(name, "unknown", `Não se sabe: ${messageOf(code)}`, { code });
}

function check(
  name: string,
  status: HealthCheck["status"],
  message: string,
  facts?: Record<string, unknown>,
): HealthCheck {
  return facts === undefined ? { name, status, message } : { name, status, message, facts };
}
