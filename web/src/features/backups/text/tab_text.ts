/** What the browser's tab says of the runs. */

import { isActive, type Run } from "@backup/runs/run.ts";
import { progressOf } from "../model/run_result.ts";
import { runStatusName, runTitle } from "./labels.ts";

export interface TabState {
  /** Precedes the page's title; `null` without runs to show. */
  title: string | null;
  tone: "running" | "bad" | "ok" | null;
}

/** `62% · Restauração…` of the newest active run, else the end of the newest ended one. */
export function tabState(shown: readonly Run[]): TabState {
  const active = shown.find(({ status }) => isActive(status));
  if (active !== undefined) {
    const percent = progressOf(active)?.percent ?? null;
    return { title: `${percent === null ? "…" : `${percent}%`} ${runTitle(active)}`, tone: "running" };
  }
  const [ended] = shown;
  if (ended === undefined) return { title: null, tone: null };
  const tone = ended.status === "succeeded" ? "ok" : "bad";
  return { title: `${runStatusName(ended.kind, ended.status)}: ${runTitle(ended)}`, tone };
}
