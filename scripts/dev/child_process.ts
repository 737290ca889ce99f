/** A part of the stack that runs in its own process and process group. */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdirSync, openSync } from "node:fs";
import { request } from "node:http";
import { dirname, join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { killGroup } from "../lib/process/kill_group.ts";
import { ROOT } from "./root.ts";
import type { RunFolder } from "./run_folder.ts";

const READY_LIMIT_MS = 60_000;
const STOP_GRACE_MS = 3_000;
const POLL_MS = 25;
/** Of one request; a program that is still loading may accept connections long before it answers. */
const ANSWER_LIMIT_MS = 5_000;
/** Length of the output that is kept for an error message, in characters. */
const TAIL = 2_000;

export interface ChildOptions {
  /** Names its log file and its error messages. */
  name: string;
  program: string;
  /** Must not contain secrets. */
  args: readonly string[];
  /** Its complete environment, except what locates programs and temporary files. */
  env: Readonly<Record<string, string>>;
  /** Port on 127.0.0.1; the part is ready when it answers HTTP there. */
  port: number;
  run: RunFolder;
  /** Receives each line of its output; the log file always has it. */
  onOutput?: (line: string) => void;
  /** Called with the end of its output when it ends without {@link ChildPart.stop}. */
  onUnexpectedEnd: (said: string) => void;
}

/** A part that can be started and stopped repeatedly, always with the same options. */
export class ChildPart {
  readonly #options: ChildOptions;
  #child: ChildProcess | null = null;
  #ready = false;
  #output = "";

  constructor(options: ChildOptions) {
    this.#options = options;
  }

  /** Resolves when it answers. @throws {Error} with its output when it exits before. */
  async start(): Promise<void> {
    const { name, port } = this.#options;
    const child = this.#spawn();
    const limit = Date.now() + READY_LIMIT_MS;
    while (!await answers(port)) {
      if (this.#child !== child || Date.now() > limit) {
        await this.stop();
        throw new Error(
          `Cannot start ${name}: it ended or never answered on port ${port}. ${this.#output.trim()}`,
        );
      }
      await sleep(POLL_MS);
    }
    this.#ready = true;
  }

  /** SIGTERM, and after a grace period SIGKILL to the whole group. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    this.#child = null;
    const ended = new Promise<boolean>((resolve) => child.once("exit", () => resolve(true)));
    child.kill("SIGTERM");
    const grace = new AbortController();
    const late = sleep(STOP_GRACE_MS, false, { signal: grace.signal }).catch(() => false);
    const inTime = await Promise.race([ended, late]);
    grace.abort();
    killGroup(child); // also the processes that it started and left behind
    if (!inTime) await ended;
  }

  #spawn(): ChildProcess {
    const { name, program, args, env, run, onOutput } = this.#options;
    const child = spawn(program, [...args], {
      cwd: ROOT,
      detached: true,
      env: { ...baseEnvironment(run), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    this.#ready = false;
    this.#output = "";
    const file = join(run.path, "logs", `${name}.log`);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const log = createWriteStream(file, { fd: openSync(file, "a", 0o600) });
    for (const stream of [child.stdout, child.stderr]) {
      if (onOutput) createInterface({ input: stream }).on("line", (line) => onOutput(`${name}: ${line}`));
      stream.on("data", (chunk: Uint8Array) => {
        log.write(chunk);
        this.#output = (this.#output + new TextDecoder().decode(chunk)).slice(-TAIL);
      });
    }
    child.once("error", (error) => this.#output += error.message);
    child.once("close", () => {
      log.end();
      if (this.#child !== child) return;
      this.#child = null;
      if (this.#ready) this.#options.onUnexpectedEnd(this.#output.trim());
    });
    run.own(child);
    return child;
  }
}

/** The environment common to all processes of the stack; the rest of this process's environment may contain secrets. */
export function baseEnvironment(run: RunFolder): Record<string, string> {
  const kept: Record<string, string> = {};
  for (
    const name of [
      "PATH",
      "HOME",
      "LANG",
      "DENO_DIR",
      "LD_LIBRARY_PATH",
      "SSL_CERT_FILE",
      "NODE_EXTRA_CA_CERTS",
    ]
  ) {
    const value = process.env[name];
    if (value !== undefined) kept[name] = value;
  }
  return { ...kept, ...run.mark, TMPDIR: run.temporary, TSX_DISABLE_CACHE: "1" };
}

/** Arguments of `node` that run a TypeScript file of this repository. */
export function nodeArguments(file: string): string[] {
  return ["--import", "tsx", join(ROOT, file)];
}

/**
 * Whether the port answers HTTP, with any status. An accepted connection is not enough: Vite listens on its port for
 * a moment to test whether it is free, and drops the connections.
 */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = request({ port, host: "127.0.0.1", method: "OPTIONS", agent: false });
    probe.once("response", (response) => {
      response.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
    probe.setTimeout(ANSWER_LIMIT_MS, () => probe.destroy());
    probe.end();
  });
}
