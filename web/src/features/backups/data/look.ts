/**
 * A look into a backup. The request is sealed in this tab and the answer is opened in it; both are in the memory of this hook
 * alone: no cache, storage or address has them.
 */
import { useCallback, useEffect, useRef, useState } from "react";
import { lookStartedSchema, lookStateSchema, lookWithdrawnSchema } from "@backup/api.ts";
import { BackupError } from "@backup/errors.ts";
import { lookAnswerSchema, type SealedAnswer, type SealedOrder } from "@backup/look/order.ts";
import { LookTab } from "@backup/look/seal.ts";
import { type Gateway, useGateway } from "./gateway.tsx";
import { knownError } from "./known_error.ts";
import { ScreenError } from "./screen_error.ts";

const POLL_MS = 2_500;

export type LookView =
  | { phase: "idle" }
  | { phase: "waiting"; isReading: boolean; runUrl: string | null; order: SealedOrder }
  | { phase: "answered"; answer: SealedAnswer; order: SealedOrder }
  | { phase: "failed"; error: unknown };

export interface Look {
  view: LookView;
  ask(order: SealedOrder, reason: string): void;
  /** Deletes the answer here, or ends the waiting; the catalog deletes what it still has. */
  forget(): void;
}

/** @param publicKey of the installation's looks; leaving the page forgets the look */
export function useLook(backupKey: string, publicKey: string): Look {
  const gateway = useGateway();
  const [view, setView] = useState<LookView>({ phase: "idle" });
  const current = useRef<AbortController | null>(null);

  const stop = useCallback(() => {
    current.current?.abort();
    current.current = null;
  }, []);
  useEffect(() => stop, [stop]);

  const forget = useCallback(() => {
    stop();
    setView({ phase: "idle" });
  }, [stop]);

  const ask = useCallback((order: SealedOrder, reason: string) => {
    stop();
    const control = new AbortController();
    current.current = control;
    const show = (next: LookView) => {
      if (!control.signal.aborted) setView(next);
    };
    show({ phase: "waiting", isReading: false, runUrl: null, order });
    const waiting = (isReading: boolean, runUrl: string | null) =>
      show({ phase: "waiting", isReading, runUrl, order });
    lookInto({ gateway, publicKey, backupKey, order, reason, signal: control.signal, waiting }).then(
      (answer) => show({ phase: "answered", answer, order }),
      (error: unknown) => show({ phase: "failed", error }),
    );
  }, [gateway, publicKey, backupKey, stop]);

  return { view, ask, forget };
}

interface LookParts {
  gateway: Gateway;
  publicKey: string;
  backupKey: string;
  order: SealedOrder;
  reason: string;
  signal: AbortSignal;
  waiting(isReading: boolean, runUrl: string | null): void;
}

/** @throws {ScreenError} */
async function lookInto(parts: LookParts): Promise<SealedAnswer> {
  const { gateway, publicKey, backupKey: r2Key, order, reason, signal } = parts;
  const requestId = crypto.randomUUID();
  const tab = await LookTab.ask(publicKey, { requestId, r2Key }, order).catch(asScreenError);
  const { expires_at, github_run_id, run_url } = await gateway.ask(
    { action: "look", request_id: requestId, r2_key: r2Key, reason, sealed: tab.sealed },
    lookStartedSchema,
  );
  const request = {
    action: "look_answer",
    request_id: requestId,
    ...(github_run_id === null ? {} : { github_run_id }),
  } as const;
  const until = Date.parse(expires_at);
  const done = withdrawOnAbort(gateway, requestId, signal);
  parts.waiting(false, run_url);
  while (!signal.aborted && Date.now() < until + POLL_MS) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    const taken = await gateway.ask(request, lookStateSchema).catch((error: unknown) => {
      // a refusal is final; a server that does not answer is asked again
      if (error instanceof ScreenError && error.failed) return null;
      throw error;
    });
    if (taken === null || signal.aborted) continue;
    if (taken.sealed !== null) {
      done();
      return lookAnswerSchema.parse(await tab.open(taken.sealed).catch(asScreenError));
    }
    parts.waiting(taken.state === "reading", run_url);
  }
  throw knownError("refused", "look_expired", null);
}

/** @returns ends it: there is nothing to withdraw any more */
function withdrawOnAbort(gateway: Gateway, requestId: string, signal: AbortSignal): () => void {
  const request = { action: "look_withdraw", request_id: requestId } as const;
  const withdraw = () => void gateway.ask(request, lookWithdrawnSchema).catch(() => {}); // it expires by itself
  if (signal.aborted) withdraw();
  signal.addEventListener("abort", withdraw, { once: true });
  return () => signal.removeEventListener("abort", withdraw);
}

function asScreenError(thrown: unknown): never {
  throw thrown instanceof BackupError ? knownError("refused", thrown.code, null) : thrown;
}
