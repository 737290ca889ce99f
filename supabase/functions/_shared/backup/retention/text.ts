/** Retention's decisions as pt-BR text: on the screen, in the dry run and in the log. */
import type {
  DropReason,
  KeepingRule,
  KeepReason,
  RetentionDecision,
  RetentionPolicy,
  RetentionReason,
} from "./policy.ts";

/** What a backup is while the rule keeps it, and what happens when the rule ends. */
const KEEP_WORDS: Record<KeepReason, { is: string; ends: string }> = {
  hold: { is: "há uma retenção pedida", ends: "termina a retenção pedida" },
  in_use: { is: "uma execução o está lendo", ends: "termina a execução que o lê" },
  young: { is: "tem menos de uma hora", ends: "deixa de ser recente" },
  newest_proven: { is: "é o mais novo que um ensaio provou", ends: "um ensaio já terá provado um mais novo" },
  newer_than_proven: {
    is: "é mais novo que o último provado por um ensaio",
    ends: "um ensaio já terá provado um mais novo",
  },
  none_proven: {
    is: "nenhum backup deste banco foi provado por um ensaio",
    ends: "um ensaio já terá provado um mais novo",
  },
  dated_ahead: {
    is: "a data dele está no futuro: não conta como backup, e só se apaga à mão",
    ends: "alguém o apaga",
  },
  evidence: {
    is: "um ensaio o reprovou e ele fica para que se descubra por quê",
    ends: "termina o prazo de guarda de um backup reprovado num ensaio",
  },
  safety: {
    is: "é uma das últimas cópias feitas antes de uma restauração",
    ends: "haverá cópias mais novas feitas antes de restaurações",
  },
  minimum: { is: "é um dos últimos deste banco", ends: "deixa de ser um dos últimos deste banco" },
  recent: {
    is: "tem menos de dois dias e é o mais novo das suas quatro horas",
    ends: "terão passado dois dias",
  },
  daily: { is: "é o backup do seu dia", ends: "haverá backups de dias mais novos" },
  weekly: { is: "é o backup da sua semana", ends: "haverá backups de semanas mais novas" },
  monthly: { is: "é o backup do seu mês", ends: "haverá backups de meses mais novos" },
  yearly: { is: "é o backup do seu ano", ends: "haverá backups de anos mais novos" },
};

const DROP_WORDS: Record<DropReason, string> = {
  superseded: "há um backup mais novo do mesmo dia",
  expired: "há backups mais novos para cada dia, semana, mês e ano que se guarda",
  rejected: "um ensaio o reprovou e há um backup mais novo",
  safety_expired: "há cópias mais novas feitas antes de restaurações",
};

/** Calendar days in Brazil. */
const DAY = new Intl.DateTimeFormat("pt-BR", {
  timeZone: "America/Sao_Paulo",
  day: "2-digit",
  month: "2-digit",
  year: "numeric",
});

/**
 * One sentence about a backup's future.
 * @example "Será apagado em 08/02/2026, porque então haverá backups de semanas mais novas."
 */
export function retentionText(decision: RetentionDecision): string {
  if (!decision.keep) return `Será apagado na próxima limpeza, porque ${listOf(decision)}.`;
  const { deleteAfter } = decision;
  if (deleteAfter === null) return `Fica guardado, porque ${listOf(decision)}.`;
  const last = decision.rules.filter(({ until }) => until === deleteAfter).map((rule) =>
    endOf(rule, decision)
  );
  const why = joined([...new Set(last)]);
  return `Será apagado em ${DAY.format(Date.parse(deleteAfter))}, porque então ${why}.`;
}

/** Why a backup is kept or not, without its future: "é o backup do seu dia e é o backup da sua semana". */
export function listOf(decision: RetentionDecision): string {
  return joined(decision.reasons.map((reason) => wordsOf(reason, decision)));
}

/** The policy in one sentence, for the heading of a list. */
export function policyText(policy: RetentionPolicy): string {
  const { daily, weekly, monthly, yearly, minimum, safety } = policy;
  return `Guarda um backup a cada quatro horas das últimas ${policy.recentHours} horas, o último de ${daily} dias, ${weekly} semanas, ${monthly} meses e ${yearly} anos; ` +
    `sempre os ${minimum} mais novos, as ${safety} últimas cópias feitas antes de uma restauração, ` +
    `o mais novo que um ensaio provou e tudo que veio depois dele. Um backup que um ensaio reprovou não conta: ` +
    `fica ${policy.evidenceDays} dias.`;
}

function wordsOf(reason: RetentionReason, decision: RetentionDecision): string {
  if (isDropReason(reason)) return DROP_WORDS[reason];
  return KEEP_WORDS[reason].is + motive(reason, decision);
}

function isDropReason(reason: RetentionReason): reason is DropReason {
  return Object.hasOwn(DROP_WORDS, reason);
}

function endOf({ code }: KeepingRule, decision: RetentionDecision): string {
  return KEEP_WORDS[code].ends + motive(code, decision);
}

function motive(code: KeepReason, { holdReason }: RetentionDecision): string {
  return code === "hold" && holdReason !== null ? ` (${holdReason})` : "";
}

function joined(parts: readonly string[]): string {
  const head = parts.slice(0, -1).join(", ");
  return head === "" ? parts[0] ?? "" : `${head} e ${parts.at(-1)}`;
}
