/** Asks the Edge Function. Its refusals come as bodies of non-2xx answers and are shown in its own words. */

import type { z } from "zod";
import {
  type CancelRequest,
  failureSchema,
  FUNCTION_NAME,
  type HealthRequest,
  type StartRequest,
  type StatusRequest,
} from "@backup/api.ts";
import type { BackupsClient } from "./backups_client.ts";
import { knownError, misunderstood, networkError, ScreenError } from "./screen_error.ts";

/** Bodies that the function understands. */
export type FunctionBody = StartRequest | StatusRequest | CancelRequest | HealthRequest;

/**
 * Sends a body to the function and parses what it answers.
 * @throws {ScreenError}
 */
export async function callFunction<T>(
  client: BackupsClient,
  body: FunctionBody,
  schema: z.ZodType<T>,
  signal: AbortSignal,
): Promise<T> {
  const { data, error } = await client.functions.invoke(FUNCTION_NAME, { body, signal });
  if (error) throw await functionError(error);
  const parsed = schema.safeParse(data);
  if (!parsed.success) throw misunderstood(`${FUNCTION_NAME} ${body.action}: ${parsed.error.message}`);
  return parsed.data;
}

/**
 * Names what `functions.invoke` reports as an error. Its classes are told by name: the host may bring another
 * copy of the library, of which `instanceof` knows nothing.
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

/** The platform, not the function, answered: it is not deployed, crashed or refused the token itself. */
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
