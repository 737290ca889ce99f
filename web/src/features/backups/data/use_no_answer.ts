import { useState } from "react";
import type { UseQueryResult } from "@tanstack/react-query";
import { toScreenError } from "./screen_error.ts";

/** No answer, or one of a server that failed; a refusal is none of these. */
export function isNoAnswer(error: Error): boolean {
  const { kind } = toScreenError(error);
  return kind === "network" || kind === "broken";
}

type Watched = Pick<UseQueryResult, "data" | "failureCount" | "failureReason">;

/**
 * Why none of these reads was ever answered, from the first failure of each until one is answered; `null` otherwise. A
 * new attempt does not change it.
 */
export function useNoAnswer(queries: readonly Watched[]): Error | null {
  const [last, setLast] = useState<Error | null>(null);
  const isAnswered = queries.some(({ data }) => data !== undefined);
  const reasons = queries.map(({ failureReason }) => failureReason);
  const failed = reasons.every((reason) => reason !== null && isNoAnswer(reason)) ? reasons[0] ?? null : null;
  const now = isAnswered ? null : failed ?? last;
  if (now !== last) setLast(now);
  return now;
}
