/** What the function sees of itself and of the catalog, as checks in an admin's words. */
import type { HealthCheck, Report } from "@backup/api.ts";
import type { FailureCode, Result } from "@backup/result.ts";
import { messageOf } from "@backup/messages.ts";

export interface Settings {
  hasAuditKey: boolean;
  origins: number;
  optional: readonly string[];
}

/** What the function cannot work without is there, or it would not have come so far. */
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
