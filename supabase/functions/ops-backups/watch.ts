/**
 * `watch`: one round of the watch inside the project, called by pg_cron: collects facts of the catalog and of GitHub,
 * evaluates them, notifies, reports and calls the dead man's switch. While the watchdog notifies, this watch clears only its
 * own earlier notifications.
 */
import { z } from "zod";
import { type Beat, sendBeat } from "../_shared/alerts/heartbeat.ts";
import { callWebhook } from "../_shared/alerts/webhook.ts";
import type { Alarm } from "@backup/watch/alarm.ts";
import { BackupError, toBackupError } from "@backup/errors.ts";
import type { Repository } from "@backup/github/facts.ts";
import { type Target, targetSchema } from "@backup/target.ts";
import { type Result, resultOf } from "@backup/result.ts";
import { statusOfWatch } from "@backup/watch/watch.ts";
import {
  type CatalogWatchFacts,
  isWatchdogNotifying,
  type NotifiedAlarms,
  watchdogSilent,
} from "@backup/watch/catalog_facts.ts";
import { afterNotifying, type DueAlarm, dueAlarms } from "@backup/watch/notifications.ts";
import type { ReadEnv } from "./env.ts";
import { readObject } from "./request.ts";
import { RequestError } from "./responses.ts";
import {
  readWatchSettings,
  requireWatchToken,
  type WatchCatalog,
  type WatchSettings,
} from "./watch_access.ts";
import { judge } from "./watch_judgement.ts";

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
  /** `raised`, `changed` or `cleared` and the id. */
  notified: string[];
}

const bodySchema = z.strictObject({ action: z.literal("watch"), target: targetSchema.default("prod") });

/**
 * @throws {RequestError} `config_error`, `invalid_token`, `invalid_payload`
 * @throws {BackupError} `alert_failed` when a delivery failed; all others were attempted.
 */
export async function answerWatch(request: Request, parts: WatchParts): Promise<WatchAnswer> {
  const settings = readWatchSettings(parts.env);
  await requireWatchToken(request.headers, settings.token);
  const body = bodySchema.safeParse(await readObject(request));
  if (!body.success) {
    throw new RequestError("invalid_payload", "Cannot watch: the body is not a watch request");
  }
  return await new WatchRound(parts, settings, body.data.target).run();
}

class WatchRound {
  readonly #parts: WatchParts;
  readonly #settings: WatchSettings;
  readonly #target: Target;
  readonly #failures: BackupError[] = [];

  constructor(parts: WatchParts, settings: WatchSettings, target: Target) {
    this.#parts = parts;
    this.#settings = settings;
    this.#target = target;
  }

  async run(): Promise<WatchAnswer> {
    await this.#beat("start", "");
    const at = this.#parts.now().toISOString();
    const { repository, watchCatalog } = this.#parts;
    const target = this.#target;
    const catalog = await resultOf(() => watchCatalog.facts(target));
    const { conditions, unknown } = await judge({ catalog, repository, target }, at);
    const silent = catalog.ok ? watchdogSilent(catalog.value) : null;
    const alarms: Alarm[] = silent === null ? conditions : [silent, ...conditions];
    const { notified, memory } = await this.#notify(alarms, unknown, catalog, at);
    if (catalog.ok) await this.#report(alarms, unknown, memory, at);
    await this.#beatEnd(alarms);
    this.#requireDelivered();
    return { ok: true, kind: "watch", conditions: alarms.map(({ id }) => id), notified };
  }

  /** Without the catalog no earlier notifications are known: everything is notified each time. */
  async #notify(alarms: Alarm[], unknown: readonly string[], catalog: Result<CatalogWatchFacts>, at: string) {
    let memory: NotifiedAlarms = catalog.ok ? catalog.value.reports.watch?.report.notified ?? {} : {};
    const notified: string[] = [];
    const isSilent = catalog.ok && isWatchdogNotifying(catalog.value);
    for (const due of dueAlarms({ alarms, unknown, notified: memory, isSilent })) {
      const wasTaken = await this.#attempt(() => this.#callWebhook(due, at));
      if (!wasTaken) continue;
      memory = afterNotifying(memory, due);
      notified.push(`${due.event} ${due.alarm.id}`);
    }
    return { notified, memory };
  }

  async #callWebhook({ event, alarm }: DueAlarm, at: string): Promise<void> {
    const { webhook } = this.#settings;
    if (webhook === null) return; // then the dead man's switch is the channel
    const { fetch, sleep } = this.#parts;
    const source = { at, runUrl: null };
    await callWebhook({ ...webhook, fetch, sleep }, { event, alarm, source, issueUrl: null, test: false });
  }

  async #report(
    alarms: Alarm[],
    unknown: readonly string[],
    notified: NotifiedAlarms,
    at: string,
  ): Promise<void> {
    const report = {
      target: this.#target,
      checked_at: at,
      conditions: alarms.map(({ material: _, ...shown }) => shown),
      unknown,
      undelivered: this.#failures.map(({ message }) => message),
      notified,
    };
    const status = this.#failures.length > 0 ? "failed" : statusOfWatch(alarms);
    await this.#attempt(() => this.#parts.watchCatalog.report({ name: "watch", status, report }));
  }

  async #beatEnd(alarms: Alarm[]): Promise<void> {
    const isWell = this.#failures.length === 0 && statusOfWatch(alarms) !== "failed";
    const lines = alarms.map(({ id, risk, todo }) => `${id}: ${risk} ${todo}`);
    await this.#beat(
      isWell ? "success" : "fail",
      [...lines, ...this.#failures.map(({ message }) => message)].join("\n"),
    );
  }

  async #beat(beat: Beat, text: string): Promise<void> {
    const { heartbeatUrl: url } = this.#settings;
    const { fetch, sleep } = this.#parts;
    if (url !== null) await this.#attempt(() => sendBeat({ url, fetch, sleep }, beat, text));
  }

  async #attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (thrown) {
      this.#failures.push(toBackupError(thrown));
      return false;
    }
  }

  #requireDelivered(): void {
    const [first] = this.#failures;
    if (first === undefined) return;
    throw new BackupError("alert_failed", this.#failures.map(({ message }) => message).join("; "), {
      cause: first,
    });
  }
}
