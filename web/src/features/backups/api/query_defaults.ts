import { toScreenError } from "./screen_error.ts";

const RETRIES = 2;

/**
 * How every query of the feature behaves. A clear no is not asked again. The browser's idea of being offline
 * is not believed: it is wrong on machines whose server is local.
 */
export const queryDefaults = {
  networkMode: "always",
  retry: (failures: number, error: Error) => failures < RETRIES && toScreenError(error).transient,
} as const;
