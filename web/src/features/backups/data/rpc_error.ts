/** Errors of PostgREST; loaded with the first one. */

import { ERROR_CODES } from "@backup/messages.ts";
import type { PostgrestFailure } from "./backups_client.ts";
import { knownError } from "./known_error.ts";
import type { ScreenError } from "./screen_error.ts";

/** Converts an error of PostgREST, which answered with this status. */
export function rpcError(failure: PostgrestFailure, status: number): ScreenError {
  const detail = [failure.code, failure.message].filter(Boolean).join(": ");
  if (status === 401) return knownError("session", "invalid_token", detail);
  if (failure.code === "42501") return knownError("refused", "forbidden", detail);
  if (failure.hint !== null && isErrorCode(failure.hint)) return knownError("refused", failure.hint, detail);
  if (status >= 500) return knownError("broken", "catalog_unavailable", detail);
  return knownError("refused", "internal_server_error", detail);
}

function isErrorCode(text: string): boolean {
  return ERROR_CODES.some((code) => code === text);
}
