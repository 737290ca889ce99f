/** `watch`: one round of the watch inside the project, called by pg_cron, by what the catalog and GitHub's API show. */
import { z } from "zod";
import { type Collected, runRound } from "../_shared/alerts/round.ts";
import type { Repository } from "@backup/github/facts.ts";
import { type Target, targetSchema } from "@backup/target.ts";
import { resultOf } from "@backup/result.ts";
import { catalogFactsOf, UNKNOWN_TO_CATALOG, vaultAsIndexed } from "@backup/watch/catalog_facts.ts";
import { readTokenFacts, readWorkflowFacts } from "@backup/watch/read_github.ts";
import type { ReadEnv } from "./env.ts";
import { readObject } from "./request.ts";
import { RequestError } from "./responses.ts";
import { readWatchSettings, requireWatchToken, type WatchCatalog } from "./watch_access.ts";

export interface WatchParts {
  env: ReadEnv;
  repository: Repository;
  watchCatalog: WatchCatalog;
  fetch: typeof fetch;
  now: () => Date;
  sleep: (ms: number) => Promise<void>;
}

export interface WatchAnswer {
  ok: true;
  kind: "watch";
  /** Ids of the conditions that were found. */
  conditions: string[];
  /** What the webhook accepted: `raised`, `changed` or `cleared` and the id. */
  notified: string[];
}

const bodySchema = z.strictObject({ action: z.literal("watch"), target: targetSchema.default("prod") });

/**
 * @throws {RequestError} `config_error`, `invalid_token`, `invalid_payload`
 * @throws {BackupError} `alert_failed` when a delivery failed; all others were attempted.
 */
export async function answerWatch(request: Request, parts: WatchParts): Promise<WatchAnswer> {
  const { token, webhook, heartbeatUrl } = readWatchSettings(parts.env);
  await requireWatchToken(request.headers, token);
  const body = bodySchema.safeParse(await readObject(request));
  if (!body.success) {
    throw new RequestError("invalid_payload", "Cannot watch: the body is not a watch request");
  }
  const { target } = body.data;
  const { fetch, sleep, now } = parts;
  const { conditions, delivered } = await runRound({
    name: "watch",
    expectsOther: true,
    target,
    collect: () => collect(parts, target),
    channels: {
      issues: null, // the function's token cannot write them
      webhook: webhook && { ...webhook, fetch, sleep },
      heartbeat: heartbeatUrl === null ? null : { url: heartbeatUrl, fetch, sleep },
    },
    report: (report) => parts.watchCatalog.report(report),
    runUrl: null,
    now,
    log: () => {},
  });
  return { ok: true, kind: "watch", conditions: conditions.map(({ id }) => id), notified: delivered.sent };
}

async function collect({ watchCatalog, repository }: WatchParts, target: Target): Promise<Collected> {
  const [catalog, github, tokens] = await Promise.all([
    resultOf(() => watchCatalog.facts(target)),
    resultOf(() => readWorkflowFacts(repository)),
    resultOf(() => readTokenFacts(repository)),
  ]);
  if (!catalog.ok) {
    const facts = { vault: null, catalog, github, tokens, unseen: UNKNOWN_TO_CATALOG };
    return { facts, reports: catalog, state: {} };
  }
  const { value } = catalog;
  return {
    facts: {
      vault: { ok: true, value: vaultAsIndexed(value) },
      catalog: { ok: true, value: catalogFactsOf(value) },
      github,
      tokens,
      unseen: UNKNOWN_TO_CATALOG,
    },
    reports: { ok: true, value: value.reports },
    state: {},
  };
}
