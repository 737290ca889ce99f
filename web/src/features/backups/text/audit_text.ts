/** Records of the audit as sentences. */

import { z } from "zod";
import { messageOf } from "@backup/messages.ts";
import { runKindSchema, runStatusSchema } from "@backup/runs/run.ts";
import { targetSchema } from "@backup/target.ts";
import { BACKUP_STATUSES, type BackupRow } from "@backup/vault/catalog.ts";
import { formatInstant } from "../../../lib/format.ts";
import type { AuditEntry } from "../model/audit_entry.ts";
import { requesterName, targetName } from "./labels.ts";
import { runSentence } from "./run_text.ts";

/** Events with the name that a filter shows. */
export const AUDIT_EVENTS: readonly (readonly [event: string, name: string])[] = [
  ["run", "Pedidos e execuções"],
  ["refusal", "Pedidos recusados"],
  ["record", "Backups que entraram"],
  ["mark", "Mudanças de backups"],
  ["hold", "Retenções"],
  ["download", "Downloads"],
  ["look", "Consultas ao conteúdo"],
  ["take", "Linhas trazidas de volta"],
  ["approval", "Aprovações"],
  ["break_glass", "Restaurações sem pedido"],
  ["setting", "Regras de quem pode agir"],
];

const detailSchema = z.object({
  run: z.object({
    kind: runKindSchema,
    target: targetSchema,
    status: runStatusSchema,
    reason: z.string().nullish(),
    run_url: z.string().nullish(),
    break_glass: z.boolean().nullish(),
  }).optional().catch(undefined),
  backup: z.object({
    status: z.enum(BACKUP_STATUSES),
    hold_until: z.string().nullish(),
    hold_reason: z.string().nullish(),
    proven_at: z.string().nullish(),
    proof: z.object({ failed: z.number() }).nullish().catch(null),
  }).optional().catch(undefined),
  approval: z.object({ reason: z.string() }).optional().catch(undefined),
  // of a break-glass, a download, a look or a take
  reason: z.string().nullish().catch(null),
  run_url: z.string().nullish().catch(null),
  // of a look
  personal_columns: z.string().nullish().catch(null),
  // of a take
  step: z.string().nullish().catch(null),
  // of a setting
  old: z.unknown().optional(),
  new: z.unknown().optional(),
}).catch({});

const BREAK_GLASS = "sem pedido na tela, pela variável REVO_BREAK_GLASS";

const APPROVAL_SENTENCES: Record<string, string> = {
  requested: "A restauração da produção espera a aprovação de outra pessoa",
  approved: "A restauração da produção foi aprovada por outra pessoa",
  denied: "A restauração da produção foi recusada por outra pessoa",
  used: "A restauração da produção começou, com a aprovação",
};

const TAKE_SENTENCES: Record<string, string> = {
  reviewed: "Revisão de linhas a trazer de volta; nada foi alterado",
  begun: "Começou a trazer linhas de volta",
  done: "Linhas trazidas de volta",
  failed: "Linhas não foram trazidas de volta; nada foi alterado",
  unknown: "Não se sabe se as linhas voltaram: a conexão caiu ao gravar",
};

const MARK_SENTENCES: Record<BackupRow["status"], string> = {
  uploaded: "Backup marcado como presente no cofre",
  restored: "Backup restaurado",
  failed: "Backup marcado como falho",
  deleted: "Backup apagado do cofre",
};

/** The settings of who may act. */
const RULE_NAMES: Record<string, string> = {
  operators: "quem cuida dos backups",
  restore_approval: "restauração da produção aprovada por outra pessoa",
  restore_assurance: "segundo fator para restaurar",
  restore_right: "direito que uma restauração exige",
};

/** Their values, as JSON. */
const VALUE_NAMES: Record<string, string> = {
  '"one-person"': "não",
  '"two-person"': "sim",
  '"aal1"': "não exigido",
  '"aal2"': "exigido",
  '"manage"': "ops:manage",
  '"restore"': "ops:restore",
};

const ACTORS: Record<string, string> = {
  script: "A própria execução",
  watch: "Vigia",
  rebuild: "Reconstrução do histórico",
};

/** The person or the program of a record. */
export function auditActor({ actor }: Pick<AuditEntry, "actor">): string {
  if (actor === null) return "Não identificado";
  return ACTORS[actor] ?? requesterName(actor);
}

/** `A restauração em Produção foi concluída`; events unknown to this version keep their name. */
export function auditSentence({ event, code, target, detail }: AuditEntry): string {
  const { run, backup, ...rest } = detailSchema.parse(detail ?? {});
  if (event === "run" && run !== undefined) {
    const ending = run.break_glass ? ` (${BREAK_GLASS})` : "";
    const status = run.status === "queued" && !run.run_url ? "requested" : run.status;
    return `${runSentence({ ...run, status })}${ending}`;
  }
  if (event === "approval") return APPROVAL_SENTENCES[code ?? ""] ?? event;
  if (event === "break_glass") return `A restauração da produção começou ${BREAK_GLASS}`;
  if (event === "download") return "Pedido de download aceito";
  if (event === "look" && code !== null) return `A consulta ao conteúdo falhou: ${messageOf(code)}`;
  if (event === "look") {
    const shown = rest.personal_columns === "shown";
    return `Conteúdo do backup consultado, ${shown ? "com" : "sem"} os dados pessoais`;
  }
  if (event === "take") return TAKE_SENTENCES[rest.step ?? ""] ?? event;
  if (event === "setting") {
    const rule = RULE_NAMES[code ?? ""] ?? code ?? "";
    return `A regra “${rule}” mudou de ${settingText(rest.old)} para ${settingText(rest.new)}`;
  }
  if (event === "refusal") {
    return `Pedido recusado${target === null ? "" : ` (${targetName(target)})`}: ${messageOf(code ?? "")}`;
  }
  if (backup === undefined) return event;
  if (event === "record") return "Backup entrou no histórico";
  if (event === "hold") {
    return backup.hold_until
      ? `Retido até ${formatInstant(new Date(backup.hold_until))}`
      : "Retenção retirada";
  }
  if (event === "mark" && backup.status === "uploaded" && backup.proof) {
    return backup.proof.failed === 0 ? "Backup provado num ensaio" : "Backup reprovado num ensaio";
  }
  return MARK_SENTENCES[backup.status];
}

/** A setting that has no row has its default. */
function settingText(value: unknown): string {
  if (value === null || value === undefined) return "padrão";
  const json = JSON.stringify(value);
  return VALUE_NAMES[json] ?? json;
}

/** The reason that a person gave, `null` when the record has none. */
export function auditReason({ event, detail }: AuditEntry): string | null {
  const { run, backup, approval, reason } = detailSchema.parse(detail ?? {});
  return (event === "hold" ? backup?.hold_reason : run?.reason ?? approval?.reason ?? reason) || null;
}

/** The page of the run at GitHub, `null` when the record has none. */
export function auditRunUrl({ detail }: AuditEntry): string | null {
  const { run, run_url } = detailSchema.parse(detail ?? {});
  const url = run?.run_url ?? run_url ?? null;
  return url !== null && /^https?:\/\//.test(url) ? url : null;
}

/** Columns of an export, and the cells of one record. */
export const AUDIT_COLUMNS = [
  "quando (UTC)",
  "quem",
  "id de quem",
  "o quê",
  "motivo",
  "banco",
  "pedido",
  "backup",
  "código",
  "corrente",
  "número",
  "hash",
] as const;

export function auditCells(entry: AuditEntry): (string | null)[] {
  return [
    new Date(entry.at).toISOString(),
    auditActor(entry),
    entry.actor_id,
    auditSentence(entry),
    auditReason(entry),
    entry.target === null ? null : targetName(entry.target),
    entry.request_id,
    entry.r2_key,
    entry.code,
    entry.chain_id,
    String(entry.seq),
    entry.hash,
  ];
}
