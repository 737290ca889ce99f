/** Calls the Edge Function. Its refusals are bodies of non-2xx responses; their sentences are shown unchanged. */

import type { z } from "zod";
import {
  type CancelRequest,
  type DownloadRequest,
  failureSchema,
  type FeaturesRequest,
  FUNCTION_NAME,
  type HealthRequest,
  type LogRequest,
  type LookAnswerRequest,
  type LookRequest,
  type LookWithdrawRequest,
  type StartRequest,
  type StatusRequest,
} from "@backup/api.ts";
import type { BackupsClient } from "./backups_client.ts";
import { knownError } from "./known_error.ts";
import { invalidResponse, networkError, ScreenError } from "./screen_error.ts";

/** Request bodies of the function. */
export type FunctionBody =
  | StartRequest
  | StatusRequest
  | CancelRequest
  | HealthRequest
  | FeaturesRequest
  | LogRequest
  | DownloadRequest
  | LookRequest
  | LookAnswerRequest
  | LookWithdrawRequest;

/** Header of a request with a run's pass. */
const RUN_PASS_HEADER = "x-revo-run-pass";

/**
 * Sends a body to the function and parses the response. `pass`: the token of a run's pass, which the function accepts
 * for that run while it cannot verify the caller.
 * @throws {ScreenError}
 */
export async function callFunction<T>(
  client: BackupsClient,
  body: FunctionBody,
  schema: z.ZodType<T>,
  signal: AbortSignal,
  pass?: string,
): Promise<T> {
  const headers = pass === undefined ? undefined : { [RUN_PASS_HEADER]: pass };
  const { data, error } = await client.functions.invoke(FUNCTION_NAME, { body, signal, headers });
  if (error) throw await functionError(error);
  const parsed = schema.safeParse(data);
  if (!parsed.success) throw invalidResponse(`${FUNCTION_NAME} ${body.action}: ${parsed.error.message}`);
  return parsed.data;
}

/**
 * Converts an error of `functions.invoke`. Its classes are compared by name: the host may load another copy of the
 * library, for which `instanceof` is false.
 */
export async function functionError(error: unknown): Promise<ScreenError> {
  if (!(error instanceof Error)) return knownError("broken", "internal_server_error", String(error));
  const context = "context" in error ? error.context : undefined;
  if (error.name === "FunctionsHttpError" && context instanceof Response) return await refusal(context);
  if (error.name === "FunctionsFetchError") return networkError(String(context ?? error.message));
  return knownError("broken", "internal_server_error", error.message);
}

async function refusal(response: Response): Promise<ScreenError> {
  const text = await response.text();
  const failure = failureSchema.safeParse(parseJson(text));
  if (!failure.success) return unknownRefusal(response.status, text);
  const { error: code, message, details } = failure.data;
  const detail = details === undefined ? code : `${code} ${JSON.stringify(details)}`;
  return new ScreenError(response.status === 401 ? "session" : "refused", code, message, detail);
}

/** The response came from the platform: the function is not deployed or crashed, or the token was refused. */
function unknownRefusal(status: number, text: string): ScreenError {
  const detail = `HTTP ${status} ${text.slice(0, 300)}`.trim();
  if (status === 401) return knownError("session", "invalid_token", detail);
  return knownError("broken", status === 404 ? "config_error" : "internal_server_error", detail);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
