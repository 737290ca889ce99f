/**
 * The dead man's switch: an outside service that is called at the start and at the end of each watch, and that raises an
 * alarm when a call is missing. Addresses as healthchecks.io has them (`/start`, success without a suffix, `/fail`).
 */
import { BackupError } from "@backup/errors.ts";

export type Beat = "start" | "success" | "fail";

export interface HeartbeatOptions {
  /** Secret: never part of a message. */
  url: string;
  fetch: typeof fetch;
  sleep: (ms: number) => Promise<void>;
}

const TIMEOUT_MS = 10_000;
const ATTEMPTS = 3;
const PAUSE_MS = 2_000;
/** healthchecks.io keeps the first 100 kB. */
const MAX_TEXT = 10_000;

/** @param text sent with the call. @throws {BackupError} `alert_failed` when no attempt was accepted. */
export async function sendBeat(options: HeartbeatOptions, beat: Beat, text: string): Promise<void> {
  const address = addressOf(options.url, beat);
  let problem = "";
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    if (attempt > 1) await options.sleep(PAUSE_MS);
    problem = await send(options.fetch, address, text.slice(0, MAX_TEXT)) ?? "";
    if (problem === "") return;
  }
  throw new BackupError("alert_failed", `Cannot call the dead man's switch ('${beat}'): ${problem}`, {
    hint: "Check HEALTHCHECK_URL.",
  });
}

function addressOf(url: string, beat: Beat): URL {
  const address = new URL(url);
  if (beat !== "success") address.pathname = `${address.pathname.replace(/\/$/, "")}/${beat}`;
  return address;
}

/** The problem, `null` on success. The runtime's own messages can contain the address and are not passed on. */
async function send(fetch: HeartbeatOptions["fetch"], address: URL, body: string): Promise<string | null> {
  try {
    const answer = await fetch(address, { method: "POST", body, signal: AbortSignal.timeout(TIMEOUT_MS) });
    await answer.body?.cancel();
    return answer.ok ? null : `it answered ${answer.status}`;
  } catch {
    return "it did not answer";
  }
}
