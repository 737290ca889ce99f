/**
 * Sends alarms as JSON to a URL: `text` for Slack, and the same in fields for programs. With a secret the body is
 * signed as GitHub signs its own: `sha256=` and the HMAC of the body's bytes. Web standards only: scripts and the Edge
 * Function share it.
 */
import { type AlarmCall, alarmPayload } from "@backup/watch/alarm.ts";
import { BackupError } from "@backup/errors.ts";

export const SIGNATURE_HEADER = "x-revo-signature-256";

export interface WebhookOptions {
  /** Secret: never part of a message. */
  url: string;
  /** Key of the signature; `null`: not signed. */
  secret: string | null;
  fetch: typeof fetch;
  sleep: (ms: number) => Promise<void>;
}

const TIMEOUT_MS = 10_000;
/** Waits before the second and the third attempt. */
const PAUSES_MS = [1_000, 4_000];

/**
 * Sends one alarm; after a network error, a 429 or a 5xx it is sent again, with the same `delivery`.
 * @throws {BackupError} `alert_failed` when it was not accepted.
 */
export async function callWebhook(options: WebhookOptions, call: AlarmCall): Promise<void> {
  const body = JSON.stringify(alarmPayload(call, crypto.randomUUID()));
  const headers = {
    "content-type": "application/json",
    "user-agent": "revo-backups",
    ...options.secret === null ? {} : { [SIGNATURE_HEADER]: await signatureOf(body, options.secret) },
  };
  let problem = "";
  for (const pause of [...PAUSES_MS, null]) {
    const answer = await attempt(options, body, headers);
    if (answer.accepted) return;
    problem = answer.problem;
    if (!answer.again || pause === null) break;
    await options.sleep(pause);
  }
  throw new BackupError("alert_failed", `Cannot call the webhook for ${call.alarm.id}: ${problem}`, {
    hint: "Check OPS_ALERT_WEBHOOK_URL and its receiver.",
  });
}

/** The header's value for a body. */
export async function signatureOf(body: string, secret: string): Promise<string> {
  const bytes = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes.encode(secret), algorithm, false, ["sign"]);
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes.encode(body)));
  return `sha256=${[...signature].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

type Answer = { accepted: true } | { accepted: false; problem: string; again: boolean };

/** The runtime's own messages can contain the URL, which is a secret: they are not passed on. */
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
