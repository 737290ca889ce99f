/** Texts for the reports of the unattended checks. */

import { z } from "zod";
import type { HealthCheck, Report } from "@backup/api.ts";
import { DOCTOR_GROUPS, isDoctorGroup } from "@backup/doctor.ts";
import { WATCHES, type WatchName } from "@backup/watch/conditions.ts";
import { isSilent } from "@backup/watch/silence.ts";
import { formatAgo, formatCounted } from "../../../lib/format.ts";

const REPORT_NAMES: Record<string, string> = {
  watchdog: "Vigia",
  watch: "Vigia de dentro",
  doctor: "Diagnóstico",
};

export function reportName(name: string): string {
  return REPORT_NAMES[name] ?? name;
}

export type HealthTone = "ok" | "warn" | "bad" | "neutral";

export const HEALTH_TONES: Record<HealthCheck["status"], HealthTone> = {
  ok: "ok",
  warning: "warn",
  failed: "bad",
  unknown: "neutral",
};

export const HEALTH_NAMES: Record<HealthCheck["status"], string> = {
  ok: "Em ordem",
  warning: "Atenção",
  failed: "Falhou",
  unknown: "Não se sabe",
};

/** One finding of a report. */
export interface Finding {
  title: string;
  /** The meaning and the action to take; may be empty. */
  lines: string[];
  url: string | null;
  /** `null` when the report does not grade its findings. */
  status: HealthCheck["status"] | null;
}

const conditionSchema = z.object({
  title: z.string(),
  risk: z.string().catch(""),
  facts: z.array(z.string()).catch([]),
  todo: z.string().catch(""),
  issue_url: z.url().nullable().catch(null),
});
const checkSchema = z.object({
  status: z.enum(["ok", "warning", "failed", "unknown"]),
  message: z.string(),
  hint: z.string().nullish(),
  group: z.string().optional(),
});
/** Most severe first. */
const WEIGHTS: readonly HealthCheck["status"][] = ["failed", "warning", "unknown"];
const foundSchema = z.object({
  conditions: z.array(conditionSchema).catch([]),
  checks: z.array(checkSchema).catch([]),
});

/** The findings of a report without duplicates; empty for a report of unknown shape. */
export function findingsOf({ report }: Report): Finding[] {
  const { conditions, checks } = foundSchema.parse(report);
  const ofConditions = conditions.map(({ title, risk, facts, todo, issue_url: url }) => ({
    title,
    lines: [risk, ...facts, todo].filter((line) => line !== ""),
    url,
    status: null,
  }));
  const ofChecks = WEIGHTS.flatMap((status) => checks.filter((it) => it.status === status)).map(ofCheck);
  return [...new Map([...ofConditions, ...ofChecks].map((finding) => [finding.title, finding])).values()];
}

function ofCheck({ group, message, hint, status }: z.infer<typeof checkSchema>): Finding {
  const title = isDoctorGroup(group) ? `${DOCTOR_GROUPS[group]}: ${message}` : message;
  return { title, lines: hint ? [hint] : [], url: null, status };
}

interface Summary {
  tone: HealthTone;
  text: string;
}

/** Summary of the last reports: `Vigia: tudo em ordem, há 12 min`; the doctor's only when it found problems. */
export function healthSummary(reports: readonly Report[], now: Date): Summary {
  const watches = watchesSummary(reports.filter(({ name }) => isWatch(name)), now);
  const doctor = reports.find(({ name }) => name === "doctor");
  if (doctor === undefined || doctor.status === "ok") return watches;
  const tone = doctor.status === "failed" || watches.tone === "bad" ? "bad" : "warn";
  const word = doctor.status === "failed" ? "com falhas" : "pede atenção";
  return { tone, text: `${watches.text} · Diagnóstico: ${word}` };
}

const isWatch = (name: string): name is WatchName => WATCHES.some((watch) => watch === name);

/** What both watches see: each alarm once, without the report of a watch that is silent. */
function watchesSummary(reports: readonly Report[], now: Date): Summary {
  const [newest] = reports.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at));
  if (newest === undefined) return { tone: "warn", text: "Vigia: nunca deixou relatório" };
  const ago = formatAgo(new Date(newest.at), now);
  const heard = reports.filter(({ name, at }) => isWatch(name) && !isSilent(name, at, now.toISOString()));
  if (heard.length === 0) return { tone: "warn", text: `Vigia: sem notícias; última ${ago}` };
  const status = WEIGHTS.find((weight) => heard.some((report) => report.status === weight));
  if (status === undefined) return { tone: "ok", text: `Vigia: tudo em ordem, ${ago}` };
  const found = new Set(heard.flatMap(findingsOf).map(({ title }) => title)).size;
  const what = found === 0 ? "não terminou bem" : formatCounted(found, "alerta", "alertas");
  return { tone: HEALTH_TONES[status], text: `Vigia: ${what}, ${ago}` };
}
