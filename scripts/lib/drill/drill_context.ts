/** The dependencies of a drill. */
import type { PlatformTools } from "../server/prepare_platform.ts";
import type { Vault } from "../vault/vault.ts";
import type { PhaseTimes } from "./phase_times.ts";

export interface DrillContext extends PlatformTools {
  vault: Vault;
  /** As of a restore. */
  jobs?: number;
  /** Measures the phases, beginning with the start of the server. */
  progress: PhaseTimes;
  now: () => Date;
  /** Milliseconds of a monotonic clock. */
  clock: () => number;
}
