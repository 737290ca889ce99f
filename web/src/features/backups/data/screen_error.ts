/** Errors as the screen shows them. */

import { formatDuration } from "../../../lib/format.ts";
import { noAnswerSentence } from "../../../lib/no_answer.ts";

/**
 * `network` no response · `session` the caller is not signed in any more · `refused` the request was rejected ·
 * `broken` the server failed or its response could not be parsed.
 */
export type ScreenErrorKind = "network" | "session" | "refused" | "broken";

const TIMEOUT = "timeout";
const INVALID_RESPONSE =
  "A resposta do servidor não foi entendida: a tela e o servidor estão em versões diferentes. Recarregue a página.";

const UNEXPECTED =
  "A tela não esperava este erro. Tente de novo; se repetir, envie o detalhe técnico a quem cuida do sistema.";

export class ScreenError extends Error {
  override readonly name = "ScreenError";

  /** `message` is a pt-BR sentence; `detail` technical text for support, `null` when there is none. */
  constructor(
    readonly kind: ScreenErrorKind,
    readonly code: string,
    message: string,
    readonly detail: string | null,
  ) {
    super(message);
  }

  /** Whether the request may succeed when retried. A request that timed out is not retried. */
  get transient(): boolean {
    return this.failed && this.code !== TIMEOUT;
  }

  /** Whether the server may have acted on the request although no response arrived. */
  get unclear(): boolean {
    return this.failed || this.code === "github_unclear";
  }

  /** No answer, or one of a server that failed; a refusal is none of these. */
  get failed(): boolean {
    return this.kind === "network" || this.kind === "broken";
  }
}

/** No response. */
export function networkError(detail: string | null): ScreenError {
  return new ScreenError("network", "network", noAnswerSentence(), detail);
}

/** The request may have been received; the response did not arrive in time. */
export function timeoutError(limitMs: number): ScreenError {
  const message = `O servidor não respondeu em ${formatDuration(limitMs)}. Tente de novo em instantes.`;
  return new ScreenError("network", TIMEOUT, message, null);
}

/** The response does not match the schema. */
export function invalidResponse(detail: string): ScreenError {
  return new ScreenError("broken", "invalid_response", INVALID_RESPONSE, detail);
}

/** Converts the error of a failed query or mutation to a {@link ScreenError}. */
export function toScreenError(thrown: unknown): ScreenError {
  if (thrown instanceof ScreenError) return thrown;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new ScreenError("broken", "internal_server_error", UNEXPECTED, detail);
}
