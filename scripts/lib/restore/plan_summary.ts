/** The job summary of a plan on GitHub, in Markdown for an admin. */
import {
  accessAnswer,
  diskText,
  FATE_WORDS,
  lockText,
  objectText,
  obstacleText,
  openText,
  privilegesText,
  PROOF_WORDS,
  READING_WORDS,
  UNKNOWN_WORDS,
} from "@backup/runs/restore_plan_text.ts";
import { measureLines, notComparedLines } from "@backup/runs/measure_text.ts";
import type { MeasureComparison } from "@backup/vault/measures.ts";
import type { SkipReason } from "../archive/select_entries.ts";
import type { RestorePlan } from "./plan.ts";
import type { Listed } from "./plan_comparison.ts";
import type { DurationPlan } from "./plan_duration.ts";
import { SKIP_WORDS } from "./plan_words.ts";
import { megabytes, moment } from "@backup/watch/text.ts";
import { number, table } from "../run/job_summary.ts";

export function planSummary(plan: RestorePlan): string {
  const { backup, tables, obstacles, differences, onlyInTarget, sessions, access, business } = plan;
  return [
    table("Plano da restauração (nada foi alterado)", [
      ["Destino", `${plan.target}, PostgreSQL ${plan.server.version}`],
      ["Backup", `\`${backup.key}\``],
      ["Feito em", `${backup.createdAt}, PostgreSQL ${backup.serverVersion}`],
      ["Provas do backup", PROOF_WORDS[backup.proofs]],
      ["Arquivo no cofre", READING_WORDS[backup.reading]],
      ...plan.target === "prod" ? [["Quem pediu", accessText(plan)] as [string, string]] : [],
      ["O backup não informa", backup.unknown.map((what) => UNKNOWN_WORDS[what]).join(", ") || "nada falta"],
      ["A baixar", megabytes(backup.bytes)],
      ["Duração esperada", durationText(plan.duration)],
      ["Destino bloqueado", lockText(plan.duration.locked)],
      ["Disco do servidor", diskText(plan.disk)],
      ["Linhas", `${rowsText(tables.backupRows)} no backup, ${number.format(tables.targetRows)} no destino`],
      ["Tabelas diferentes", `${number.format(tables.different)} de ${number.format(tables.total)}`],
      ["Diferenças de estrutura e permissões", totalOf(differences)],
      ["Só no destino", totalOf(onlyInTarget)],
      ["Permissões", privilegesText(plan)],
      ["Ficam como estão", plan.stays.listed.join(", ") || "nada"],
      ["Papéis a criar", namesOf(plan.missingRoles)],
      ["Extensões diferentes", extensionsText(plan.extensions)],
      ["Sessões no caminho", String(sessions.total)],
      ["Entradas não usadas", reasonsText(plan.leftOut)],
    ]),
    section("Impede a restauração", { total: obstacles.length, listed: obstacles.map(obstacleText) }),
    business === null ? "" : businessSection(business),
    section("Sessões no caminho", {
      total: sessions.total,
      listed: sessions.listed.map(({ pid, user, application, since, tables: held }) =>
        `pid ${pid}, ${user}, ${application || "sem nome"}, desde ${since ?? "?"}: ${
          held.join(", ") || "sem tabela"
        }`
      ),
    }),
    section("Tabelas diferentes", {
      total: tables.different,
      listed: tables.listed.filter(({ difference, backup, target }) =>
        difference !== 0 || backup === "absent" || target === "absent"
      ).slice(0, SHOWN).map(({ table, backup, target }) =>
        `${table}: ${rowsText(backup)} no backup, ${rowsText(target)} no destino`
      ),
    }),
    section(
      "Só no destino",
      onlyInTarget && {
        total: onlyInTarget.total,
        listed: onlyInTarget.listed.map((object) => `${objectText(object)}: ${FATE_WORDS[object.fate]}`),
      },
    ),
    section("Diferenças de estrutura e permissões", differences),
    section(
      "Abertos depois da restauração",
      access && { ...access.open, listed: access.open.listed.map(openText) },
    ),
    section(
      "Fechados depois da restauração",
      access && {
        ...access.closed,
        listed: access.closed.listed.map(objectText),
      },
    ),
  ].join("\n");
}

function businessSection(business: MeasureComparison): string {
  const lines = [
    ...measureLines(business, moment).flatMap(({ name, text, companies }) => [
      `${name}: ${text}`,
      ...companies.map((company) => `${name}, ${company}`),
    ]),
    ...notComparedLines(business),
  ];
  return section("O que a restauração muda no negócio", { total: lines.length, listed: lines });
}

function accessText(plan: RestorePlan): string {
  const { title, text } = accessAnswer(plan, moment);
  return `${title} ${text}`;
}

const SHOWN = 100;

function durationText({ seconds, measured, reason }: DurationPlan): string {
  if (seconds !== null) {
    const from = measured === 1 ? "como a única medida" : `mediana de ${measured} restaurações`;
    return `${number.format(seconds)} s (${from})`;
  }
  return reason === "no_restore_yet"
    ? "não se sabe: ainda não há restauração medida neste destino"
    : "não se sabe: o catálogo não respondeu";
}

function rowsText(rows: number | "absent" | "unknown" | null): string {
  if (typeof rows === "number") return number.format(rows);
  return rows === "absent" ? "não existe" : "não se sabe";
}

function totalOf(list: Listed<unknown> | null): string {
  return list === null ? "não se sabe" : number.format(list.total);
}

function namesOf(names: readonly string[] | null): string {
  return names === null ? "não se sabe" : names.join(", ") || "nenhum";
}

function extensionsText(extensions: RestorePlan["extensions"]): string {
  if (extensions === null) return "não se sabe";
  return extensions.map(({ name, backup, target }) => `${name} ${backup} (destino: ${target ?? "não tem"})`)
    .join(", ") || "nenhuma";
}

function reasonsText(counts: RestorePlan["leftOut"]): string {
  return Object.entries(counts).map(([reason, count]) => `${count} × ${SKIP_WORDS[reason as SkipReason]}`)
    .join("; ") || "nenhuma";
}

function section(title: string, list: Listed<string> | null): string {
  if (!list || list.total === 0) return "";
  const shown = list.listed.slice(0, SHOWN);
  const rest = list.total - shown.length;
  const lines = [...shown, ...(rest > 0 ? [`… e mais ${number.format(rest)}`] : [])];
  return [`#### ${title}`, "", ...lines.map((line) => `- ${line.replaceAll(/\s+/g, " ")}`), ""].join("\n");
}
