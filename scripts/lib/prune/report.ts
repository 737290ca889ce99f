/** Retention's decisions and deletions, for the log, the job summary and the run's row. */
import { DEFAULT_POLICY, type RetentionDecision } from "@backup/retention/policy.ts";
import { listOf, policyText, retentionText } from "@backup/retention/text.ts";
import type { Target } from "@backup/target.ts";
import { ARCHIVE_VERDICTS } from "../reconcile/verdict.ts";
import { megabytes } from "@backup/watch/text.ts";
import { number, table } from "../run/job_summary.ts";
import type { Pruned, PrunePlan } from "./prune.ts";

/** Limit of the names in the run's row, which would become too large; the log has all of them. */
const NAMED = 200;

/** Every decision, one line each. */
export function planLines({ survey, decisions, uploads }: PrunePlan): string[] {
  return [
    ...decisions.map((decision) => `${verb(decision)} ${decision.key}: ${retentionText(decision)}`),
    ...survey.orphans.map(({ key }) =>
      `clean ${key}: no backup, left by a write or a deletion that was cut off`
    ),
    ...survey.leftAlone.map(({ key, verdict }) => `leave ${key}: ${ARCHIVE_VERDICTS[verdict]}`),
    ...(uploads ?? []).map(({ key, begunAt }) => `clean ${key}: an upload of ${begunAt.toISOString()}`),
    ...uploads === null ? ["this vault does not list unfinished uploads"] : [],
  ];
}

function verb({ keep }: RetentionDecision): string {
  return keep ? "keep" : "delete";
}

/** @param pruned `null` after a dry run */
export function pruneSummary(target: Target, plan: PrunePlan, pruned: Pruned | null): string {
  const { decisions, survey, uploads } = plan;
  const going = decisions.filter(({ keep }) => !keep);
  const goingBytes = survey.candidates.filter((_, i) => !decisions[i]?.keep)
    .reduce((sum, { bytes }) => sum + bytes, 0);
  const gone = pruned?.deleted.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0;
  const facts = table(pruned ? "Limpeza do cofre" : "Limpeza do cofre: simulação (nada foi apagado)", [
    ["Banco", target],
    ["Regra", policyText(DEFAULT_POLICY)],
    ["Guardados", number.format(decisions.length - going.length)],
    pruned
      ? ["Apagados", `${number.format(pruned.deleted.length)} (${megabytes(gone)})`]
      : ["Seriam apagados", `${number.format(going.length)} (${megabytes(goingBytes)})`],
    ["Restos de envios e de limpezas", number.format(survey.orphans.length + (uploads?.length ?? 0))],
    ["Não julgados (veja o log)", number.format(survey.leftAlone.length)],
    ["Recusados pelo cofre", pruned ? number.format(pruned.refused.length) : "–"],
  ]);
  const named = going.slice(0, NAMED).map((decision) => `- \`${decision.key}\`: ${listOf(decision)}`);
  return [facts, ...named, ...refusals(pruned), ""].join("\n");
}

function refusals(pruned: Pruned | null): string[] {
  const refused = pruned?.refused.slice(0, NAMED) ?? [];
  return refused.map(({ key, reason }) => `- **recusado** \`${key}\`: ${reason}`);
}

/** The result in the run's row. */
export function pruneResult({ decisions, survey }: PrunePlan, pruned: Pruned): Record<string, unknown> {
  return {
    kept: decisions.filter(({ keep }) => keep).length,
    deleted: pruned.deleted.length,
    deleted_bytes: pruned.deleted.reduce((sum, { bytes }) => sum + bytes, 0),
    deleted_keys: pruned.deleted.slice(0, NAMED).map(({ key }) => key),
    spared: pruned.spared.slice(0, NAMED),
    refused: pruned.refused.slice(0, NAMED),
    refused_total: pruned.refused.length,
    left_alone: survey.leftAlone.slice(0, NAMED),
    left_alone_total: survey.leftAlone.length,
    policy: DEFAULT_POLICY,
  };
}
