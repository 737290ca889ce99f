/** Evaluates catalog and GitHub for the watch inside the project, by the rules of the watchdog. */
import type { Repository } from "@backup/github/facts.ts";
import type { Target } from "@backup/target.ts";
import { type Result, resultOf } from "@backup/result.ts";
import { type WorkflowFacts } from "@backup/watch/conditions.ts";
import { watch, type Watched } from "@backup/watch/watch.ts";
import {
  catalogFactsOf,
  type CatalogWatchFacts,
  UNKNOWN_TO_CATALOG,
  vaultAsIndexed,
} from "@backup/watch/catalog_facts.ts";
import { WATCHED_WORKFLOWS } from "@backup/watch/workflows.ts";

export interface Sources {
  /** Its facts, or why they could not be read. */
  catalog: Result<CatalogWatchFacts>;
  repository: Repository;
  target: Target;
}

/** Does not throw for GitHub: that it does not answer is a condition. */
export async function judge({ catalog, repository, target }: Sources, now: string): Promise<Watched> {
  const watched = watch({
    now,
    target,
    vault: catalog.ok ? { ok: true, value: vaultAsIndexed(catalog.value) } : null,
    catalog: catalog.ok ? { ok: true, value: catalogFactsOf(catalog.value) } : catalog,
    github: await resultOf(() => readWorkflows(repository)),
    tokens: await resultOf(async () => {
      const end = await repository.readTokenExpiry();
      return end === null ? [] : [{ name: "GITHUB_TOKEN da função", expiresAt: end.toISOString() }];
    }),
  });
  return { ...watched, unknown: [...new Set([...watched.unknown, ...UNKNOWN_TO_CATALOG])] };
}

async function readWorkflows(repository: Repository): Promise<WorkflowFacts[]> {
  const known = await repository.listWorkflows();
  return await Promise.all(WATCHED_WORKFLOWS.map(async ({ file, scheduleHours }) => {
    const workflow = known.find((it) => it.file === file);
    if (workflow === undefined) {
      return { file, scheduleHours, state: null, lastFiredAt: new Date(0).toISOString() };
    }
    const run = scheduleHours === null ? null : await repository.lastScheduledRun(file);
    const lastFiredAt = (run?.createdAt ?? workflow.since).toISOString();
    return { file, scheduleHours, state: workflow.state, lastFiredAt };
  }));
}
