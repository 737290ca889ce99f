/** Whether the other watch is silent: each of the two judges the other, since none can notice its own silence. */
import type { Condition, OtherWatch, WatchName } from "./conditions.ts";
import { age, hoursBetween, moment } from "./text.ts";
import { hours as inHours, WATCH_SILENT_AFTER_MS } from "../service_levels.ts";

/** Whether the watch's report is missing or older than its service level. */
export function isSilent(name: WatchName, lastReport: string | null, now: string): boolean {
  return lastReport === null || hoursBetween(lastReport, now) > inHours(WATCH_SILENT_AFTER_MS[name]);
}

export function silenceConditions({ name, isExpected, lastReport }: OtherWatch, now: string): Condition[] {
  if (!isExpected || !lastReport.ok || !isSilent(name, lastReport.value, now)) return [];
  const last = lastReport.value;
  const texts = TEXTS[name];
  return [{
    id: `${name}_silent`,
    severity: texts.severity,
    title: texts.title,
    risk: texts.risk,
    facts: [
      last === null
        ? `${texts.who} nunca deixou um relatório.`
        : `Último relatório: ${moment(last)}, há ${age(hoursBetween(last, now))}.`,
      `Limite: ${age(inHours(WATCH_SILENT_AFTER_MS[name]))}.`,
    ],
    todo: texts.todo,
    material: last ?? "never",
  }];
}

type Texts = Pick<Condition, "severity" | "title" | "risk" | "todo"> & { who: string };

const TEXTS: Readonly<Record<WatchName, Texts>> = {
  watchdog: {
    who: "O vigia",
    severity: "failed",
    title: "O vigia dos backups está em silêncio",
    risk:
      "Ninguém confere o cofre: o GitHub está fora do ar, não inicia mais os workflows ou o vigia não roda.",
    todo:
      "Veja githubstatus.com e, em Actions, se os workflows estão ligados e por que o vigia falhou; se durar, faça o backup pela linha de comando.",
  },
  // the other watch still sees everything, later
  watch: {
    who: "A vigia de dentro",
    severity: "warning",
    title: "A vigia de dentro do banco está em silêncio",
    risk: "Um problema só é visto quando o vigia do GitHub olha, poucas vezes ao dia.",
    todo:
      "Veja em cron.job_run_details e net._http_response por que o banco não chama a função ou ela não responde; num projeto sem pg_cron, grave REVO_WATCHDOG_HOURLY=yes nas variáveis do repositório.",
  },
};
