/**
 * A private PostgreSQL server: a cluster that initdb creates in a folder of its own, a direct child of this process, with
 * password authentication over 127.0.0.1.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { appendFile, chown, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { BackupError } from "@backup/errors.ts";
import type { PostgresBinaries } from "../postgres/binaries.ts";
import { findFreePort } from "./free_port.ts";
import { runAsServerUser, serverEnvironment, type ServerUser, serverUser } from "./server_user.ts";

export interface ServerOptions {
  /** Must have `initdb` and `postgres`. */
  binaries: PostgresBinaries;
  /** An existing folder that the server's user can pass through ({@link makeServerFolder}). */
  folder: string;
  superuser: { name: string; password: string };
  /** Of 127.0.0.1; default: a free one, kept for the server's life. */
  port?: number;
  /** The data folder of a stopped server of this installation, with this superuser: copied instead of a run of initdb. */
  copyOf?: string;
  /** Lines of postgresql.conf. */
  settings?: Readonly<Record<string, string>>;
  /** Puts the server into a process group of its own, out of reach of Ctrl-C. */
  ownGroup?: boolean;
  /** Aborts the creation and the start of the cluster. It does not stop a server that is ready. */
  signal?: AbortSignal;
  /** Called with the process id at every start, before the server is ready. */
  onProcess?: (pid: number) => void;
  /** Called when the server ends without {@link PostgresServer.stop}. */
  onUnexpectedEnd?: (log: string) => void;
}

export type StopMode = "fast" | "immediate";

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = { fast: 15_000, immediate: 5_000 } as const;
const POLL_MS = 15;
const PORT_TAKEN = /could not bind .*: Address already in use/;

/** No Unix socket, whose path is limited in length: every client uses TCP. */
const BASE_SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  password_encryption: "scram-sha-256",
};

export class PostgresServer {
  readonly #options: ServerOptions;
  readonly #user: ServerUser | null;
  readonly #data: string;
  #port: number;
  #child: ChildProcess | null = null;
  #log = "";
  #stopping = false;

  private constructor(options: ServerOptions, user: ServerUser | null, port: number) {
    this.#options = options;
    this.#user = user;
    this.#data = join(options.folder, "data");
    this.#port = port;
  }

  /** Creates the cluster without starting it. @throws {BackupError} `database_error` with the output of initdb or cp. */
  static async create(options: ServerOptions): Promise<PostgresServer> {
    const server = new PostgresServer(options, serverUser(), options.port ?? await findFreePort());
    await server.#initialize();
    return server;
  }

  get port(): number {
    return this.#port;
  }

  /** Of the postmaster, while the server runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when it accepts connections. @throws {BackupError} `database_error` with the end of its log. */
  async start(): Promise<void> {
    for (let attempt = 1;; attempt++) {
      try {
        return await this.#startOnce();
      } catch (error) {
        const retry = this.#options.port === undefined && attempt < 3 && PORT_TAKEN.test(this.#log);
        if (!retry) throw error;
        this.#port = await findFreePort();
      }
    }
  }

  /** `fast` rolls back and writes a checkpoint, `immediate` leaves recovery to the next start. */
  async stop(mode: StopMode = "fast"): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    this.#stopping = true;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    if (mode === "fast" && await signalAndWait(child, "SIGINT", ended, STOP_LIMIT_MS.fast)) return;
    if (await signalAndWait(child, "SIGQUIT", ended, STOP_LIMIT_MS.immediate)) return;
    child.kill("SIGKILL");
    await ended;
  }

  async #initialize(): Promise<void> {
    const { copyOf, settings, signal } = this.#options;
    if (copyOf === undefined) await this.#initdb();
    // as root, for the owner of the files; only their owner may pass through the folder
    else await runAsServerUser("cp", ["-Rp", copyOf, this.#data], { user: null, cwd: "/", signal });
    const lines = Object.entries({ ...BASE_SETTINGS, ...settings })
      .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`);
    await appendFile(join(this.#data, "postgresql.conf"), lines.join(""));
  }

  async #initdb(): Promise<void> {
    const { folder, binaries, superuser } = this.#options;
    const passwordFile = join(folder, "password");
    await mkdir(this.#data, { mode: 0o700 });
    await writeFile(passwordFile, superuser.password, { mode: 0o600 });
    if (this.#user) {
      for (const path of [this.#data, passwordFile]) await chown(path, this.#user.uid, this.#user.gid);
    }
    await runAsServerUser(binaries.path("initdb"), [
      `--pgdata=${this.#data}`,
      `--username=${superuser.name}`,
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      `--locale=${process.platform === "darwin" ? "en_US.UTF-8" : "C.UTF-8"}`,
      "--no-sync",
      "--no-instructions",
    ], { user: this.#user, cwd: this.#data, signal: this.#options.signal });
    await rm(passwordFile);
  }

  async #startOnce(): Promise<void> {
    this.#log = "";
    this.#stopping = false;
    const child = spawn(
      this.#options.binaries.path("postgres"),
      ["-D", this.#data, "-p", String(this.#port)],
      {
        cwd: this.#data,
        env: serverEnvironment(),
        detached: this.#options.ownGroup ?? false,
        stdio: ["ignore", "ignore", "pipe"],
        ...(this.#user && { uid: this.#user.uid, gid: this.#user.gid }),
      },
    );
    this.#child = child;
    let failure: Error | null = null;
    child.stderr?.on("data", (chunk: Uint8Array) => {
      this.#log = (this.#log + new TextDecoder().decode(chunk)).slice(-8192);
    });
    child.once("error", (error) => failure = error);
    let ready = false;
    child.once("exit", () => {
      this.#child = null;
      if (ready && !this.#stopping) this.#options.onUnexpectedEnd?.(this.#log);
    });
    if (child.pid !== undefined) this.#options.onProcess?.(child.pid);
    const limit = Date.now() + START_LIMIT_MS;
    while (!(ready = await this.#isReady(child))) {
      const isAborted = this.#options.signal?.aborted ?? false;
      if (failure !== null || this.#child === null || isAborted || Date.now() > limit) {
        await this.stop("immediate");
        this.#options.signal?.throwIfAborted();
        throw new BackupError("database_error", `Cannot start PostgreSQL: ${this.#log.trim()}`, {
          cause: failure ?? undefined,
        });
      }
      await sleep(POLL_MS);
    }
  }

  /** The eighth line of postmaster.pid is the state of the server; pg_ctl reads it too. */
  async #isReady(child: ChildProcess): Promise<boolean> {
    const text = await readFile(join(this.#data, "postmaster.pid"), "utf8").catch(() => "");
    const lines = text.split("\n");
    return lines[0] === String(child.pid) && lines[7]?.trim() === "ready";
  }
}

async function signalAndWait(
  child: ChildProcess,
  signal: NodeJS.Signals,
  ended: Promise<void>,
  limitMs: number,
): Promise<boolean> {
  child.kill(signal);
  const timer = new AbortController();
  const inTime = await Promise.race([
    ended.then(() => true),
    sleep(limitMs, false, { signal: timer.signal }).catch(() => false),
  ]);
  timer.abort();
  return inTime;
}
