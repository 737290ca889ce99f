import { toScreenError } from "./screen_error.ts";

const RETRIES = 2;

/** What one part of the page has just read is not read again for another. */
const STALE_MS = 2_000;

/**
 * How every query of the feature behaves. A clear no is not asked again. The browser's idea of being offline
 * is not believed: it is wrong on machines whose server is local.
 */
export const queryDefaults = {
  networkMode: "always",
  staleTime: STALE_MS,
  retry: (failures: number, error: Error) => failures < RETRIES && toScreenError(error).transient,
} as const;
