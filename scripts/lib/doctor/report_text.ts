/** The doctor's report as lines of a terminal and of a job's summary. */
import { DOCTOR_GROUPS } from "@backup/doctor.ts";
import type { DoctorCheck, DoctorReport } from "./check.ts";

const STATUS_LABELS: Readonly<Record<DoctorCheck["status"], string>> = {
  ok: "OK",
  warning: "ATENÇÃO",
  failed: "FALHA",
  unknown: "NÃO VISTO",
};
const WIDTH = Math.max(...Object.values(STATUS_LABELS).map((label) => label.length));

/** A line for each check under the title of its group, and one with the counts. */
export function linesOf({ checks }: DoctorReport): string[] {
  return [
    ...byGroup(checks).flatMap(([title, own]) => [title, ...own.map((it) => `  ${lineOf(it)}`)]),
    countsOf(checks),
  ];
}

/** @example lineOf(check) // "FALHA     r2_write: A chave do R2 não grava: … → Crie no R2 …" */
function lineOf({ status, name, message, hint }: DoctorCheck): string {
  const todo = hint === null ? "" : ` → ${hint}`;
  return `${STATUS_LABELS[status].padEnd(WIDTH)} ${name}: ${message}${todo}`.replaceAll(/\s*\n\s*/g, " ");
}

/** Markdown for an admin: failures first. */
export function doctorSummary({ checks }: DoctorReport): string {
  const order: readonly DoctorCheck["status"][] = ["failed", "warning", "unknown", "ok"];
  const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ");
  const rows = [...checks].sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status)).map((it) =>
    `| ${STATUS_LABELS[it.status]} | ${DOCTOR_GROUPS[it.group]} | ${cell(it.message)}${
      it.hint ? ` **${cell(it.hint)}**` : ""
    } |`
  );
  return [`### Diagnóstico: ${countsOf(checks)}`, "", "| | | |", "|---|---|---|", ...rows, ""].join("\n");
}

function byGroup(checks: readonly DoctorCheck[]): [title: string, checks: DoctorCheck[]][] {
  const groups: readonly [string, string][] = Object.entries(DOCTOR_GROUPS);
  return groups
    .map(([group, title]): [string, DoctorCheck[]] => [title, checks.filter((it) => it.group === group)])
    .filter(([, own]) => own.length > 0);
}

function countsOf(checks: readonly DoctorCheck[]): string {
  const counts = (["ok", "warning", "failed", "unknown"] as const)
    .map((status) => [checks.filter((it) => it.status === status).length, STATUS_LABELS[status]] as const)
    .filter(([count]) => count > 0)
    .map(([count, label]) => `${count} ${label}`);
  return counts.join(", ");
}
