/** The interface of the embedded stack, for `npm start`, the main job and the tests. */
import type { Faults, JournalEntry } from "./github/mod.ts";
import type { Keys } from "./keys.ts";
import type { VaultAccess } from "./r2/r2_part.ts";
import type { SeededUsers } from "./seed/seed.ts";

/** The parts that can be stopped and started while the others run. */
export const PART_NAMES = ["postgres", "supabase", "r2", "function", "github"] as const;
export type PartName = (typeof PART_NAMES)[number];

export const DATABASES = ["prod", "dev", "verify"] as const;
export type DatabaseName = (typeof DATABASES)[number];

export interface StackOptions {
  /** Approximate number of rows in prod, default 200,000. */
  rows?: number;
  /** Whether there are ERP data and users, default true. */
  seed?: boolean;
  /** Whether the seed also adds sixty days of sample history, default false. */
  history?: boolean;
  /** How the screen is served, default `dev`. */
  web?: "dev" | "built" | "none";
  /** `preferred` uses the known ports if they are free; default `free`. */
  ports?: "preferred" | "free";
  /** Whether the function restarts when its files change, as the screen of `dev` does; default false. */
  watch?: boolean;
  /**
   * File for the variables of the commands, written once everything has started and removed at the end. Default:
   * none.
   */
  environmentFile?: string;
  log: (line: string) => void;
}

export interface Stack {
  /** The run's folder, with `logs/`; removed by {@link Stack.stop}. */
  readonly dir: string;
  readonly urls: {
    readonly screen: string | null;
    readonly supabase: string;
    readonly github: string;
    readonly r2: string;
  };
  /** As role `postgres`. */
  readonly databases: Readonly<Record<DatabaseName, string>>;
  readonly keys: Readonly<Keys>;
  readonly r2: Readonly<VaultAccess>;
  /** @throws {Error} when the stack was started without its seed. */
  readonly users: SeededUsers;
  /** The repository's secrets on GitHub. */
  readonly workflowSecrets: Readonly<Record<string, string>>;
  /** `token` is the function's; the other members are those of the current GitHub server. */
  readonly github: {
    readonly token: string;
    readonly faults: Faults;
    readonly journal: readonly JournalEntry[];
    /** Leaders of the current process groups of its runs. */
    pids(): number[];
  };
  /** As `supabase_admin`, the platform's superuser. */
  superuserUrl(database: DatabaseName): string;
  startPart(name: PartName): Promise<void>;
  /** Stops it in order; its data is kept and it restarts at the same address. */
  stopPart(name: PartName): Promise<void>;
  restartPart(name: PartName): Promise<void>;
  /** Ends everything and removes the folder. May be called more than once. */
  stop(): Promise<void>;
}
