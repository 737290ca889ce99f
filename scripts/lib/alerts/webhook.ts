/**
 * Alarms as JSON to a URL: `text` as Slack reads it, and the same in fields for programs. With a secret the body
 * is signed as GitHub signs its own: `sha256=` and the HMAC of the body's bytes.
 */
import { createHmac, randomUUID } from "node:crypto";
import { BackupError } from "../../../supabase/functions/_shared/backup/errors.ts";
import { type Alarm, type AlarmEvent, type AlarmSource, chatText } from "./alarm.ts";

export const SIGNATURE_HEADER = "x-revo-signature-256";

export interface WebhookOptions {
  /** Secret: never part of a message. */
  url: string;
  /** Signs; without it nothing is signed. */
  secret: string | null;
  fetch: typeof fetch;
  sleep: (ms: number) => Promise<void>;
}

const TIMEOUT_MS = 10_000;
/** Waits before the second and the third attempt. */
const PAUSES_MS = [1_000, 4_000];

export interface WebhookCall {
  event: AlarmEvent;
  alarm: Alarm;
  source: AlarmSource;
  issueUrl: string | null;
  /** An exercise, not an emergency. */
  test: boolean;
}

/**
 * Sends one alarm; what the network, a 429 or a 5xx refused is sent again, with the same `delivery`.
 * @throws {BackupError} `alert_failed` when it was not accepted.
 */
export async function callWebhook(options: WebhookOptions, call: WebhookCall): Promise<void> {
  const body = JSON.stringify(payloadOf(call));
  const headers = {
    "content-type": "application/json",
    "user-agent": "revo-backups",
    ...options.secret === null ? {} : { [SIGNATURE_HEADER]: signatureOf(body, options.secret) },
  };
  let problem = "";
  for (const pause of [...PAUSES_MS, null]) {
    const answer = await attempt(options, body, headers);
    if (answer.accepted) return;
    problem = answer.problem;
    if (!answer.again || pause === null) break;
    await options.sleep(pause);
  }
  throw new BackupError("alert_failed", `Cannot tell the webhook of ${call.alarm.id}: ${problem}`, {
    hint: "Check OPS_ALERT_WEBHOOK_URL and its receiver.",
  });
}

/** The header's value for a body. */
export function signatureOf(body: string, secret: string): string {
  return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
}

function payloadOf({ event, alarm, source, issueUrl, test }: WebhookCall) {
  const { id, severity, title, risk, facts, todo } = alarm;
  return {
    text: chatText(event, alarm, issueUrl),
    delivery: randomUUID(),
    event,
    test,
    condition: { id, severity, title, risk, facts, todo },
    issue_url: issueUrl,
    run_url: source.runUrl,
    sent_at: source.at,
  };
}

type Answer = { accepted: true } | { accepted: false; problem: string; again: boolean };

/** The runtime's own messages can hold the URL, which is a secret: they are not passed on. */
async function attempt(
  { url, fetch }: WebhookOptions,
  body: string,
  headers: Record<string, string>,
): Promise<Answer> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(url, { method: "POST", body, headers, signal, redirect: "error" });
    await response.body?.cancel();
    if (response.ok) return { accepted: true };
    const again = response.status === 429 || response.status >= 500;
    return { accepted: false, problem: `it answered ${response.status}`, again };
  } catch {
    return { accepted: false, problem: "it did not answer", again: true };
  }
}
