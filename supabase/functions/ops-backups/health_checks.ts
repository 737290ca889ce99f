/** Checks of the function's settings and of the catalog, in pt-BR. */
import type { HealthCheck, Report } from "@backup/api.ts";
import type { FailureCode, Result } from "@backup/result.ts";
import { messageOf } from "@backup/messages.ts";

export interface Settings {
  hasAuditKey: boolean;
  origins: number;
  optional: readonly string[];
}

/** Required settings are not checked here: without them the function refuses every request. */
export function settingsCheck({ hasAuditKey, origins, optional }: Settings): HealthCheck {
  const missing = [
    ...hasAuditKey ? [] : ["SUPABASE_SECRET_KEYS (recusas não entram na auditoria)"],
    ...origins > 0 ? [] : ["ALLOWED_ORIGINS (nenhuma página pode chamar a função)"],
  ];
  const message = missing.length === 0
    ? "As configurações da função estão completas."
    : `Faltam configurações da função: ${missing.join("; ")}.`;
  const status = missing.length === 0 ? "ok" : "warning";
  return { name: "function_settings", status, message, facts: { optional } };
}

export function catalogCheck(reports: Result<Report[], FailureCode>): HealthCheck {
  const name = "catalog";
  if (reports.ok) return { name, status: "ok", message: "O catálogo responde." };
  return { name, status: "failed", message: messageOf(reports.code), facts: { code: reports.code } };
}
