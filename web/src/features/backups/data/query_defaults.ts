import { toScreenError } from "./screen_error.ts";

const RETRIES = 2;

/** A result is shared by all components for this long. */
const STALE_MS = 2_000;

/**
 * Defaults of every query of the feature. A refusal is not retried. The browser's online state is ignored: it is
 * wrong on machines whose server is local.
 */
export const queryDefaults = {
  networkMode: "always",
  staleTime: STALE_MS,
  retry: (failures: number, error: Error) => failures < RETRIES && toScreenError(error).transient,
} as const;
