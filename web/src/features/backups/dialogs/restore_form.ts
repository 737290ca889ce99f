import { z } from "zod";
import { messageOf } from "@backup/messages.ts";
import { isReason } from "@backup/reason.ts";
import type { PlannedRestore } from "@backup/runs/restore_plan.ts";
import type { BackupRow } from "@backup/vault/catalog.ts";
import { minutes, PLAN_VALID_MS } from "@backup/service_levels.ts";
import {
  isRestoreConfirmed,
  isSourceConfirmed,
  RESTORE_PROD_CONFIRMATION,
  type Target,
  targetSchema,
} from "@backup/target.ts";
import type { PlanState } from "../model/plan_age.ts";
import { reasonSchema } from "./reason_field.tsx";

export const restoreFormSchema = z.object({
  target: targetSchema,
  confirm: z.string(),
  confirmSource: z.string(),
  confirmUnsigned: z.string(),
  reason: reasonSchema,
  endSessions: z.boolean(),
  /** Absent until the user chooses: then the simulation's. */
  privilegesFrom: z.string().optional(),
});
export type RestoreForm = z.infer<typeof restoreFormSchema>;

/** Why production cannot be restored on the basis of this simulation. */
const PLAN_PROBLEMS: Record<Exclude<PlanState["state"], "fresh">, string> = {
  none: "Para a produção, simule antes de continuar.",
  running: "Aguarde o fim da simulação.",
  failed: "A simulação não terminou: simule de novo.",
  stale: `A simulação tem mais de ${minutes(PLAN_VALID_MS)} minutos: simule de novo.`,
};

/** What is typed to restore a backup without a signature. */
export const UNSIGNED_CONFIRMATION = "SEM_ASSINATURA";

/** What is missing before this backup may be read at all, as a sentence; `null` when nothing is. */
export function missingForReading(
  { is_unsigned }: Pick<BackupRow, "is_unsigned">,
  confirmed: string,
): string | null {
  return is_unsigned && confirmed !== UNSIGNED_CONFIRMATION
    ? `Falta digitar ${UNSIGNED_CONFIRMATION}.`
    : null;
}

/**
 * What is missing before the confirmation step, as a sentence; `null` when nothing is.
 * @param privilegesFrom the chosen source of privileges, empty for none
 */
export function missingForConfirmation(
  target: Target,
  { state }: PlanState,
  plan: PlannedRestore | null,
  privilegesFrom: string,
): string | null {
  if (state === "fresh" && plan?.keepsTargetPrivileges && (plan.access?.from ?? "") !== privilegesFrom) {
    return privilegesFrom === ""
      ? "Simule de novo, sem copiar permissões."
      : "Simule de novo: as permissões escolhidas mudam o resultado.";
  }
  if (state === "fresh" && plan !== null && plan.obstacles.length > 0) {
    return "Resolva os impedimentos e simule de novo.";
  }
  if (target !== "prod") return null;
  if (state !== "fresh") return PLAN_PROBLEMS[state];
  return plan === null ? PLAN_PROBLEMS.running : null;
}

/**
 * What is missing before the restore can be requested, as a sentence; `null` when nothing is.
 * @param source the target that the backup is of; `null`: not one that this screen knows
 */
export function missingForRestore(
  form: Omit<RestoreForm, "endSessions" | "confirmUnsigned" | "privilegesFrom">,
  source: Target | null,
  { state }: Pick<PlanState, "state">,
  busyTargets: ReadonlySet<Target>,
): string | null {
  if (busyTargets.has(form.target)) return messageOf("busy");
  if (form.target === "prod" && state !== "fresh") return `${PLAN_PROBLEMS[state]} Use “Voltar”.`;
  const missing = [
    isRestoreConfirmed(form.target, form.confirm) ? null : `digitar ${RESTORE_PROD_CONFIRMATION}`,
    source === null || isSourceConfirmed({ source, target: form.target }, form.confirmSource)
      ? null
      : `digitar ${source}`,
    form.target === "prod" ? missingReason(form.reason) : null,
  ].filter((part) => part !== null);
  return missing.length === 0 ? null : `Falta ${joined(missing)}.`;
}

function missingReason(reason: string): string | null {
  if (isReason(reason)) return null;
  return reason.trim() === "" ? "escrever o motivo" : "escrever o motivo em palavras";
}

function joined(parts: readonly string[]): string {
  const head = parts.slice(0, -1).join(", ");
  return head === "" ? parts.join("") : `${head} e ${parts.at(-1)}`;
}
