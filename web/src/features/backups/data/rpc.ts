/** Reads from the database: RPCs through PostgREST, with parsed responses and converted errors. */

import type { z } from "zod";
import { ERROR_CODES } from "@backup/messages.ts";
import type { BackupsClient, PostgrestFailure } from "./backups_client.ts";
import { invalidResponse, knownError, networkError, type ScreenError } from "./screen_error.ts";

/**
 * Calls an RPC and parses what it returns.
 * @throws {ScreenError}
 */
export async function callRpc<T>(
  client: BackupsClient,
  name: string,
  args: Record<string, unknown>,
  schema: z.ZodType<T>,
  signal: AbortSignal,
): Promise<T> {
  const { data, error, status } = await client.rpc(name, args).abortSignal(signal);
  if (error) throw rpcError(error, status);
  const parsed = schema.safeParse(data);
  if (!parsed.success) throw invalidResponse(`${name}: ${parsed.error.message}`);
  return parsed.data;
}

/** Converts an error of PostgREST. Status 0: the request never reached it. */
export function rpcError(failure: PostgrestFailure, status: number): ScreenError {
  const detail = [failure.code, failure.message].filter(Boolean).join(": ");
  if (status === 0) return networkError(detail);
  if (status === 401) return knownError("session", "invalid_token", detail);
  if (failure.code === "42501") return knownError("refused", "forbidden", detail);
  if (failure.hint !== null && isErrorCode(failure.hint)) return knownError("refused", failure.hint, detail);
  if (status >= 500) return knownError("broken", "catalog_unavailable", detail);
  return knownError("refused", "internal_server_error", detail);
}

function isErrorCode(text: string): boolean {
  return ERROR_CODES.some((code) => code === text);
}
