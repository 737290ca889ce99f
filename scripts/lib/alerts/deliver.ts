/**
 * Delivers every alarm to every channel once. An alarm that is already open is delivered again only when its facts
 * differ materially. What each channel accepted last is stored in the alarm's issue, so that a failed delivery is
 * repeated in the next round; without issues the webhook is called in every round.
 */
import { callWebhook, type WebhookOptions } from "../../../supabase/functions/_shared/alerts/webhook.ts";
import { type Alarm, type AlarmEvent, type AlarmSource, clearedAlarm } from "@backup/watch/alarm.ts";
import { BackupError, toBackupError } from "@backup/errors.ts";
import { digestOf, type Mark } from "./alarm.ts";
import type { AlarmIssues, OpenIssue } from "./issues.ts";

export interface Channels {
  issues: AlarmIssues | null;
  webhook: WebhookOptions | null;
}

export interface DeliveryOrder {
  alarms: readonly Alarm[];
  /** Alarms that have cleared when they are not among `alarms`; the state of others is unknown and stays. */
  decided: readonly string[];
  source: AlarmSource;
  /** Marks the messages as a test. */
  test: boolean;
}

/** The result for one alarm; `event` is `null` when nothing was to be notified. */
export interface DeliveredAlarm {
  id: string;
  event: AlarmEvent | null;
  issue: Pick<OpenIssue, "number" | "url"> | null;
}

export interface Delivered {
  delivered: DeliveredAlarm[];
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

  constructor(channels: Channels, order: DeliveryOrder) {
    this.#channels = channels;
    this.#order = order;
  }

  async run(): Promise<Delivered> {
    const { alarms, decided } = this.#order;
    const { issues, webhook } = this.#channels;
    if (issues === null && webhook === null && alarms.length > 0) {
      this.#failures.push(new BackupError("alert_failed", "Cannot deliver the alarms: no channel is set up"));
    }
    const open = issues === null ? null : await this.#attempt(() => issues.open());
    const delivered: DeliveredAlarm[] = [];
    for (const alarm of alarms) {
      const [issue, ...duplicates] = (open ?? []).filter(({ mark }) => mark.id === alarm.id);
      delivered.push(await this.#raise(open === null ? null : issues, alarm, issue ?? null));
      for (const duplicate of duplicates) {
        await this.#attempt(async () => await issues?.close(duplicate, this.#order.source));
      }
    }
    const isCleared = ({ mark: { id } }: OpenIssue) =>
      decided.includes(id) && !alarms.some((it) => it.id === id);
    for (const issue of (open ?? []).filter(isCleared)) delivered.push(await this.#clear(issue));
    return { delivered, failures: this.#failures };
  }

  async #raise(issues: AlarmIssues | null, alarm: Alarm, known: OpenIssue | null): Promise<DeliveredAlarm> {
    const material = digestOf(alarm);
    const event = known === null ? "raised" : known.mark.material === material ? null : "changed";
    const mark: Mark = { id: alarm.id, material, webhook: known?.mark.webhook ?? null };
    const { source } = this.#order;
    const issue = await this.#attempt(async () => {
      if (known === null) return await issues?.create(alarm, mark, source) ?? null;
      await issues?.update(known, alarm, mark, source);
      return known;
    });
    await this.#attempt(async () => {
      if (this.#channels.webhook === null || mark.webhook === material) return;
      await this.#callWebhook(
        mark.webhook === null ? "raised" : "changed",
        alarm,
        (issue ?? known)?.url ?? null,
      );
      if (issue !== null) await issues?.storeMark(issue, alarm, { ...mark, webhook: material }, source);
    });
    return { id: alarm.id, event, issue: issue ?? known };
  }

  /** Closes the issue last: while it is open, a failed delivery is repeated in the next round. */
  async #clear(issue: OpenIssue): Promise<DeliveredAlarm> {
    const closed = await this.#attempt(async () => {
      const alarm = clearedAlarm({ id: issue.mark.id, title: issue.title });
      if (issue.mark.webhook !== null) await this.#callWebhook("cleared", alarm, issue.url);
      await this.#channels.issues?.close(issue, this.#order.source);
      return true;
    });
    return { id: issue.mark.id, event: closed === null ? null : "cleared", issue };
  }

  async #callWebhook(event: AlarmEvent, alarm: Alarm, issueUrl: string | null): Promise<void> {
    const { source, test } = this.#order;
    if (this.#channels.webhook === null) return;
    await callWebhook(this.#channels.webhook, { event, alarm, source, issueUrl, test });
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
