/** What went wrong, as the screen shows it. */

import { formatDuration } from "../../../lib/format.ts";
import { messageOf } from "@backup/messages.ts";

/**
 * `network` nobody answered · `session` the caller is not signed in any more · `refused` a clear no ·
 * `broken` the other side failed or its answer was not understood.
 */
export type ScreenErrorKind = "network" | "session" | "refused" | "broken";

const NO_ANSWER = "Sem resposta do servidor. Verifique sua conexão e tente de novo.";
const LATE = "late";
const NOT_UNDERSTOOD =
  "A resposta do servidor não foi entendida: a tela e o servidor estão em versões diferentes. Recarregue a página.";

export class ScreenError extends Error {
  override readonly name = "ScreenError";

  /** `message` is a pt-BR sentence; `detail` technical text for whoever helps, `null` when there is none. */
  constructor(
    readonly kind: ScreenErrorKind,
    readonly code: string,
    message: string,
    readonly detail: string | null,
  ) {
    super(message);
  }

  /** Whether the same question may be answered a moment later. One that waited to its limit has waited enough. */
  get transient(): boolean {
    return this.failed && this.code !== LATE;
  }

  /** Whether the other side may have acted on the request although it did not say so. */
  get unclear(): boolean {
    return this.failed || this.code === "github_unclear";
  }

  private get failed(): boolean {
    return this.kind === "network" || this.kind === "broken";
  }
}

/** Nobody answered. */
export function networkError(detail: string | null): ScreenError {
  return new ScreenError("network", "network", NO_ANSWER, detail);
}

/** Somebody may have heard the question; the answer did not come in time. */
export function lateError(limitMs: number): ScreenError {
  const message = `O servidor não respondeu em ${formatDuration(limitMs)}. Tente de novo em instantes.`;
  return new ScreenError("network", LATE, message, null);
}

/** An answer came that is not what was agreed. */
export function misunderstood(detail: string): ScreenError {
  return new ScreenError("broken", "misunderstood", NOT_UNDERSTOOD, detail);
}

/** An error known by its code of `messages.ts`. */
export function knownError(kind: ScreenErrorKind, code: string, detail: string | null): ScreenError {
  return new ScreenError(kind, code, messageOf(code), detail);
}

/** What a failed query or mutation holds, always as a {@link ScreenError}. */
export function toScreenError(thrown: unknown): ScreenError {
  if (thrown instanceof ScreenError) return thrown;
  return knownError(
    "broken",
    "internal_server_error",
    thrown instanceof Error ? thrown.message : String(thrown),
  );
}
