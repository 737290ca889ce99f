/** Checks of the function's settings and of the catalog, in pt-BR. */
import type { HealthCheck, Report } from "@backup/api.ts";
import type { FailureCode, Result } from "@backup/result.ts";
import { messageOf } from "@backup/messages.ts";
import type { Cors } from "./cors.ts";

export interface Settings {
  hasAuditKey: boolean;
  cors: Pick<Cors, "origins" | "suffixes" | "unreadable">;
  /** Settings of downloads that are missing or not usable while others of them are set. */
  faultyDownload: readonly string[];
  optional: readonly string[];
}

/** Required settings are not checked here: without them the function refuses every request. */
export function settingsCheck({ hasAuditKey, cors, faultyDownload, optional }: Settings): HealthCheck {
  const missing = [
    ...hasAuditKey ? [] : ["SUPABASE_SECRET_KEYS (recusas não entram na auditoria)"],
    ...cors.origins.length + cors.suffixes.length > 0
      ? []
      : ["ALLOWED_ORIGINS (nenhuma página pode chamar a função)"],
  ];
  const problems = [
    ...missing.length === 0 ? [] : [`Faltam configurações da função: ${missing.join("; ")}.`],
    ...cors.unreadable.length === 0
      ? []
      : [`A função não entende e ignora: ${cors.unreadable.join("; ")}. Corrija essas configurações.`],
    ...faultyDownload.length === 0 ? [] : [
      `Baixar backups está desligado: faltam ou não servem ${
        faultyDownload.join(", ")
      }. Corrija, ou apague ` +
      "os segredos R2_DOWNLOAD_* da função.",
    ],
  ];
  const status = problems.length === 0 ? "ok" : "warning";
  const message = problems.join(" ") || "As configurações da função estão completas.";
  return { name: "function_settings", status, message, facts: { optional } };
}

export function catalogCheck(reports: Result<Report[], FailureCode>): HealthCheck {
  const name = "catalog";
  if (reports.ok) return { name, status: "ok", message: "O catálogo responde." };
  return { name, status: "failed", message: messageOf(reports.code), facts: { code: reports.code } };
}
