/** What a new installation has done and still has to do. */

import type { Report } from "@backup/api.ts";
import { WATCHES } from "@backup/watch/conditions.ts";
import type { OverviewFacts } from "../model/overview_facts.ts";

export interface FirstStep {
  name: string;
  /** `null`: the catalog does not record it. */
  done: boolean | null;
  /** What to do; not needed once it is done. */
  todo: string;
}

/** The steps in order. `reports` is `undefined` while they are not known. */
export function firstSteps(facts: OverviewFacts, reports: readonly Report[] | undefined): FirstStep[] {
  const doctor = reports === undefined
    ? null
    : reports.some(({ name, status }) => name === "doctor" && status === "ok");
  return [
    {
      name: "Segredos e agendamentos",
      done: doctor,
      todo: "No GitHub, em Actions, rode “Diagnóstico dos backups”; cada falha diz o que fazer.",
    },
    { name: "Primeiro backup", done: facts.newest !== null, todo: "Use “Backup agora”." },
    {
      name: "Primeiro ensaio",
      done: facts.newest_proven !== null,
      todo: "Em “Detalhes” do backup, use “Ensaiar”: só um ensaio mostra que ele restaura.",
    },
    {
      name: "Vigia",
      done: reports?.some(isOfWatch) ?? null,
      todo: "Ele deixa o primeiro relatório sozinho, em até 6 horas.",
    },
    {
      name: "Teste do alarme",
      done: null,
      todo:
        "No GitHub, em Actions, rode “Teste do alarme dos backups” uma vez e confira se o aviso chegou a você.",
    },
  ];
}

/** Whether a new installation still has something to do, as far as the catalog tells. */
export function isNew(
  { newest, newest_proven }: OverviewFacts,
  reports: readonly Report[] | undefined,
): boolean {
  if (newest === null || newest_proven === null) return true;
  return reports !== undefined && !reports.some(isOfWatch);
}

function isOfWatch({ name }: Report): boolean {
  return WATCHES.some((watch) => watch === name);
}
