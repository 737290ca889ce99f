/**
 * Delivers every alarm to every channel once: an issue for each alarm, and the webhook by the rules of
 * `@backup/watch/notifications.ts`. What the webhook accepted is stored in the alarm's issue; without issues the
 * caller stores what is returned. A failed delivery is not stored, and is repeated in the next round.
 */
import {
  type Alarm,
  type AlarmEvent,
  type AlarmSource,
  clearedAlarm,
  materialOf,
} from "@backup/watch/alarm.ts";
import { BackupError, toBackupError } from "@backup/errors.ts";
import { eventOf, isEndDue, type Memories } from "@backup/watch/notifications.ts";
import type { Notified } from "@backup/watch/reports.ts";
import type { HeartbeatOptions } from "./heartbeat.ts";
import { callWebhook, type WebhookOptions } from "./webhook.ts";

export interface Channels {
  issues: AlarmBoard | null;
  webhook: WebhookOptions | null;
  /** Carries the conditions of a round as text. */
  heartbeat: HeartbeatOptions | null;
}

/** What an alarm's issue stores beside its text. */
export interface Mark {
  id: string;
  /** `materialOf` the alarm in the issue's text. */
  material: string;
  /** `materialOf` the alarm that the webhook accepted last from this watch; `null` when it accepted none. */
  webhook: string | null;
}

/** An alarm's issue that is open. */
export interface OpenIssue {
  number: number;
  url: string;
  title: string;
  mark: Mark;
}

/** The issues of alarms. Each call may fail with `github_*`. */
export interface AlarmBoard {
  /** All that are open, oldest first. */
  open(): Promise<OpenIssue[]>;
  create(alarm: Alarm, mark: Mark, source: AlarmSource): Promise<OpenIssue>;
  /** Writes the newest facts; notifies the issue's subscribers only when they differ materially. */
  update(issue: OpenIssue, alarm: Alarm, mark: Mark, source: AlarmSource): Promise<void>;
  /** Stores what the webhook accepted, and changes nothing else. */
  storeMark(issue: OpenIssue, alarm: Alarm, mark: Mark, source: AlarmSource): Promise<void>;
  close(issue: OpenIssue, source: AlarmSource): Promise<void>;
}

export interface DeliveryOrder {
  alarms: readonly Alarm[];
  /** Alarms that have cleared when they are not among `alarms`; the state of others is unknown and stays. */
  decided: readonly string[];
  source: AlarmSource;
  /** Marks the messages as a test. */
  test: boolean;
  /** What the webhook accepted, from the marks of open issues (`null`: they could not be read). */
  memories: (marked: Notified | null) => Memories;
}

/** An alarm that is raised, and its issue. */
export interface DeliveredAlarm {
  id: string;
  issue: Pick<OpenIssue, "number" | "url"> | null;
}

export interface Delivered {
  delivered: DeliveredAlarm[];
  /** What the webhook accepted now, `raised run_lost` each. */
  sent: string[];
  /** What this watch has sent to the webhook, with what it sent now. */
  notified: Notified;
  /** Each channel's failure with each alarm: a delivery with any of them has failed. */
  failures: BackupError[];
}

/** Never throws: what failed is in the result, and everything else was delivered. */
export async function deliver(channels: Channels, order: DeliveryOrder): Promise<Delivered> {
  return await new Delivery(channels, order).run();
}

class Delivery {
  readonly #channels: Channels;
  readonly #order: DeliveryOrder;
  readonly #failures: BackupError[] = [];
  readonly #sent: string[] = [];
  #memories: Memories = { own: {}, other: {} };

  constructor(channels: Channels, order: DeliveryOrder) {
    this.#channels = channels;
    this.#order = order;
  }

  async run(): Promise<Delivered> {
    const { alarms, decided, memories } = this.#order;
    const { issues, webhook, heartbeat } = this.#channels;
    if (issues === null && webhook === null && heartbeat === null && alarms.length > 0) {
      this.#failures.push(new BackupError("alert_failed", "Cannot deliver the alarms: no channel is set up"));
    }
    const open = issues && await this.#attempt(() => issues.open());
    this.#memories = memories(open && notifiedIn(open));
    const delivered: DeliveredAlarm[] = [];
    for (const alarm of alarms) {
      const [issue = null, ...duplicates] = open?.filter(({ mark }) => mark.id === alarm.id) ?? [];
      delivered.push(await this.#raise(open && issues, alarm, issue));
      for (const duplicate of duplicates) {
        await this.#attempt(async () => await issues?.close(duplicate, this.#order.source));
      }
    }
    const titles = new Map([
      ...Object.entries(this.#memories.own).map(([id, { title }]) => [id, title] as const),
      ...(open ?? []).map(({ mark, title }) => [mark.id, title] as const),
    ]);
    for (const [id, title] of titles) {
      if (!decided.includes(id) || alarms.some((alarm) => alarm.id === id)) continue;
      await this.#clear({ id, title }, open?.filter(({ mark }) => mark.id === id) ?? []);
    }
    const { own: notified } = this.#memories;
    return { delivered, sent: this.#sent, notified, failures: this.#failures };
  }

  async #raise(issues: AlarmBoard | null, alarm: Alarm, known: OpenIssue | null): Promise<DeliveredAlarm> {
    const { id } = alarm;
    const { source } = this.#order;
    const material = await materialOf(alarm);
    const mark = { id, material, webhook: this.#memories.own[id]?.material ?? null };
    const written = await this.#attempt(async () => {
      if (known === null) return await issues?.create(alarm, mark, source) ?? null;
      await issues?.update(known, alarm, mark, source);
      return known;
    });
    const issue = written ?? known;
    await this.#attempt(async () => {
      const event = eventOf(this.#memories, id, material);
      if (event === null || !await this.#send(event, alarm, issue?.url ?? null)) return;
      this.#memories.own = { ...this.#memories.own, [id]: { title: alarm.title, material, at: source.at } };
      if (written !== null) await issues?.storeMark(written, alarm, { ...mark, webhook: material }, source);
    });
    return { id, issue };
  }

  /** Closes the issues last: while one is open, a failed delivery is repeated in the next round. */
  async #clear(alarm: Pick<Alarm, "id" | "title">, issues: readonly OpenIssue[]): Promise<void> {
    const { id } = alarm;
    await this.#attempt(async () => {
      if (isEndDue(this.#memories, id)) {
        await this.#send("cleared", clearedAlarm(alarm), issues[0]?.url ?? null);
      }
      for (const issue of issues) await this.#channels.issues?.close(issue, this.#order.source);
      const { [id]: _, ...others } = this.#memories.own;
      this.#memories.own = others;
    });
  }

  /** @returns `false` without a webhook. @throws {BackupError} `alert_failed` */
  async #send(event: AlarmEvent, alarm: Alarm, issueUrl: string | null): Promise<boolean> {
    const { webhook } = this.#channels;
    if (webhook === null) return false;
    const { source, test } = this.#order;
    await callWebhook(webhook, { event, alarm, source, issueUrl, test });
    this.#sent.push(`${event} ${alarm.id}`);
    return true;
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (thrown) {
      this.#failures.push(toBackupError(thrown));
      return null;
    }
  }
}

/** What the webhook accepted, as the marks of the issues state it, without times. */
function notifiedIn(open: readonly OpenIssue[]): Notified {
  return Object.fromEntries(
    open.flatMap(({ title, mark: { id, webhook } }) =>
      webhook === null ? [] : [[id, { title, material: webhook, at: "" }]]
    ),
  );
}
