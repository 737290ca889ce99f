/** The part of the stack in place of GitHub: in this process, its runs in process groups of their own. */
import { delimiter, join } from "node:path";
import process from "node:process";
import type { PostgresBinaries } from "../lib/postgres/binaries.ts";
import { ROOT } from "./root.ts";
import { type LocalGitHub, startGitHub } from "./github/mod.ts";
import type { RunFolder } from "./run_folder.ts";

/** `owner/name` of the repository that the local GitHub has. */
export const REPOSITORY = "revo/revo-erp";

export interface GitHubPartOptions {
  run: RunFolder;
  port: number;
  token: string;
  secrets: Readonly<Record<string, string>>;
  /** By which the commands know the stack's backups. */
  backupPublicKey: string;
  binaries: PostgresBinaries;
  log: (line: string) => void;
}

export class GitHubPart {
  readonly #options: GitHubPartOptions;
  readonly #tempFolder: string;
  #running: LocalGitHub | null = null;

  constructor(options: GitHubPartOptions) {
    this.#options = options;
    this.#tempFolder = options.run.folder("runs");
  }

  /** @throws {Error} while it is stopped. */
  get running(): LocalGitHub {
    if (this.#running === null) throw new Error("The local GitHub does not run");
    return this.#running;
  }

  async start(): Promise<void> {
    const { run, port, token, secrets, backupPublicKey, binaries, log } = this.#options;
    this.#running = await startGitHub({
      port,
      workspace: ROOT,
      repository: REPOSITORY,
      token,
      secrets,
      // the programs that GitHub's setup actions install are present already
      env: {
        ...run.mark,
        PATH: [binaries.folder, join(ROOT, "node_modules", ".bin")].join(delimiter),
        TMPDIR: run.temporary,
        DENO_NO_UPDATE_CHECK: "1",
        ...(process.env.DENO_DIR === undefined ? {} : { DENO_DIR: process.env.DENO_DIR }),
      },
      // a job without its own major version uses that of this machine's servers
      // no pg_cron here: the watchdog is the only watch
      variables: {
        REVO_POSTGRES_MAJOR: String(binaries.major),
        REVO_WATCHDOG_HOURLY: "yes",
        REVO_BACKUP_PUBLIC_KEYS: backupPublicKey,
      },
      tempFolder: this.#tempFolder,
      log,
    });
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    await running?.stop();
  }
}
