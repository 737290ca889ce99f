/** What was last known of production, kept in the browser for the time in which production does not answer. */

import { z } from "zod";
import type { Run } from "@backup/runs/run.ts";
import { LAST_KNOWN } from "./forget_last_known.ts";
import type { HistoryPage } from "./list_history.ts";
import type { OverviewFacts } from "../model/overview_facts.ts";

const inShortSchema = z.object({ created_at: z.string(), r2_key: z.string() }).nullable();
const lastKnownSchema = z.object({
  /** When it was known. */
  at: z.string(),
  newest: inShortSchema,
  proven: inShortSchema,
  /** The vault's bucket; `null` while no row named it. */
  bucket: z.string().nullable(),
  /** `https://github.com/owner/name`; `null` while no run named it. */
  repository: z.string().nullable(),
});
export type LastKnown = z.infer<typeof lastKnownSchema>;

/** `null` when nothing was kept, or nothing that this version understands. */
export function readLastKnown(): LastKnown | null {
  try {
    return lastKnownSchema.safeParse(JSON.parse(localStorage.getItem(LAST_KNOWN) ?? "null")).data ?? null;
  } catch {
    return null; // another program wrote it, or the browser keeps nothing
  }
}

/** The repository of a run's address; `null` for one of another form. */
export function repositoryOf(runUrl: string | null | undefined): string | null {
  return /^(https?:\/\/[^/]+\/[^/]+\/[^/]+)\/actions\/runs\/\d+/.exec(runUrl ?? "")?.[1] ?? null;
}

export interface Known {
  overview: OverviewFacts | undefined;
  /** When the overview was read, in milliseconds. */
  readAt: number;
  history: HistoryPage | undefined;
  runs: readonly Run[] | undefined;
}

/** Keeps what the page shows. */
export function keepLastKnown({ overview, readAt, history, runs }: Known): void {
  if (overview === undefined) return;
  const rows = history?.items.flatMap((item) => item.type === "backup" ? [item.backup] : []) ?? [];
  const urls = [...runs ?? [], ...rows].map(({ run_url }) => repositoryOf(run_url));
  const before = readLastKnown();
  const known: LastKnown = {
    at: new Date(readAt).toISOString(),
    newest: overview.newest,
    proven: overview.newest_proven,
    bucket: rows[0]?.r2_bucket ?? before?.bucket ?? null,
    repository: urls.find((url) => url !== null) ?? before?.repository ?? null,
  };
  try {
    localStorage.setItem(LAST_KNOWN, JSON.stringify(lastKnownSchema.parse(known)));
  } catch {
    // a browser that keeps nothing: the page works without
  }
}
