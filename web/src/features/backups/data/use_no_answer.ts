import { useState } from "react";
import type { UseQueryResult } from "@tanstack/react-query";
import { toScreenError } from "./screen_error.ts";

type Watched = Pick<UseQueryResult, "data" | "isError" | "failureReason">;

/** A lost connection counts after the last attempt: it is often back a second later. */
function reasonOf({ isError, failureReason }: Watched): Error | null {
  if (failureReason === null) return null;
  const { failed, kind } = toScreenError(failureReason);
  return failed && (isError || kind === "broken") ? failureReason : null;
}

/**
 * Why none of these reads was ever answered, from when each has failed until one is answered; `null` otherwise. A new
 * attempt does not change it.
 */
export function useNoAnswer(queries: readonly Watched[]): Error | null {
  const [last, setLast] = useState<Error | null>(null);
  const isAnswered = queries.some(({ data }) => data !== undefined);
  const reasons = queries.map(reasonOf);
  const failed = reasons.every((reason) => reason !== null) ? reasons[0] ?? null : null;
  const now = isAnswered ? null : failed ?? last;
  if (now !== last) setLast(now);
  return now;
}
