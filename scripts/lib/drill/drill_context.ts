/** What a drill works with. */
import type { PlatformTools } from "../server/prepare_platform.ts";
import type { Vault } from "../vault/vault.ts";
import type { PhaseTimes } from "./phase_times.ts";

export interface DrillContext extends PlatformTools {
  vault: Vault;
  /** Measures the phases, from the making of the server on. */
  progress: PhaseTimes;
  now: () => Date;
  /** Milliseconds that only grow. */
  clock: () => number;
}
