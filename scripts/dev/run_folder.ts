/**
 * The folder of one run of the stack, under the system's temporary folder: everything that the run writes is stored
 * in it, and its record lists the run's processes. The guardian, or the next start, removes both, however the run
 * ends.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { makeServerFolder, serverUser } from "../lib/server/server_user.ts";
import {
  isRunning,
  type OutsideFile,
  readRecord,
  RECORD,
  type RegisteredProcess,
  removeRun,
  RUN_MARK,
  sha256Of,
  startTimeOf,
} from "./leftovers.mjs";

/** A folder without a record may be under creation; after this long it is not. */
const UNRECORDED_GRACE_MS = 60_000;

export interface RunFolder {
  readonly path: string;
  /** The `TMPDIR` of the run's programs. */
  readonly temporary: string;
  /** Goes into the environment of every process of the run. */
  readonly mark: Readonly<Record<string, string>>;
  /** A new folder in it, which the database server's user can traverse. */
  folder(name: string): string;
  /**
   * Registers a process that ends with the run: the leader of a group, or a PostgreSQL server.
   * @throws {Error} when the run has ended; the process is ended then.
   */
  register(pid: number, kind: RegisteredProcess["kind"]): void;
  /** Writes a file outside the folder, readable by this user alone, which is removed with the run. */
  writeOutside(path: string, text: string): void;
  /** Ends the registered processes and removes the folder. */
  remove(): Promise<void>;
}

/** Creates the folder of a new run, guarded; first removes the remains of the same user's dead runs. */
export async function openRunFolder(log: (line: string) => void): Promise<RunFolder> {
  await sweepDeadRuns(log);
  const path = await makeServerFolder(folderPrefix());
  const owner = identityOf(process.pid);
  if (owner === null) throw new Error("Cannot read when this process started: /proc or `ps` is needed");
  const processes: RegisteredProcess[] = [];
  const files: OutsideFile[] = [];
  const write = () => {
    const next = join(path, `${RECORD}.next`);
    writeFileSync(next, JSON.stringify({ owner, processes, files }), { mode: 0o600 });
    renameSync(next, join(path, RECORD));
  };
  write();
  const guardian = startGuardian(path);
  let over = false;
  const folder = (name: string) => {
    const made = join(path, name);
    mkdirSync(made, { mode: serverUser() === null ? 0o700 : 0o711 });
    return made;
  };
  return {
    path,
    temporary: folder("tmp"),
    mark: { [RUN_MARK]: path },
    folder,
    register(pid, kind) {
      if (over) {
        endAtOnce(pid, kind);
        throw new Error("The run is over: nothing more starts");
      }
      const identity = identityOf(pid);
      if (identity === null) return; // it has ended already
      const alive = processes.filter(isRunning);
      processes.splice(0, processes.length, ...alive, { ...identity, kind });
      write();
    },
    writeOutside(file, text) {
      if (over) throw new Error("The run is over: nothing more is written");
      files.push({ path: file, sha256: sha256Of(text) });
      write();
      rmSync(file, { force: true }); // of an earlier run: its mode would be kept
      writeFileSync(file, text, { mode: 0o600, flag: "wx" });
    },
    async remove() {
      over = true;
      await removeRun(path);
      await guardian.end();
    },
  };
}

/** Removes the runs of this user whose owner has ended. */
export async function sweepDeadRuns(log: (line: string) => void): Promise<void> {
  for (const base of new Set([tmpdir(), "/tmp"])) {
    for (const name of readdirSync(base).filter((entry) => entry.startsWith(folderPrefix()))) {
      const folder = join(base, name);
      if (!isDead(folder)) continue;
      log(`removing what an earlier run left in ${folder}`);
      await removeRun(folder);
    }
  }
}

function isDead(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (!found?.isDirectory() || found.uid !== process.getuid?.()) return false;
  const record = readRecord(folder);
  return record === null ? Date.now() - found.mtimeMs > UNRECORDED_GRACE_MS : !isRunning(record.owner);
}

function endAtOnce(pid: number, kind: RegisteredProcess["kind"]): void {
  if (kind === "postgres") process.kill(pid, "SIGQUIT");
  else process.kill(-pid, "SIGKILL");
}

function folderPrefix(): string {
  return `revo-backups-${process.getuid?.() ?? "user"}-`;
}

function identityOf(pid: number): { pid: number; started: string } | null {
  const started = startTimeOf(pid);
  return started === null ? null : { pid, started };
}

function startGuardian(folder: string): { end(): Promise<void> } {
  const program = fileURLToPath(new URL("./guardian.mjs", import.meta.url));
  const child = spawn(process.execPath, [program, folder], {
    cwd: "/",
    detached: true,
    env: { PATH: process.env.PATH },
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.stdin.on("error", () => {}); // it was killed; the next start cleans up instead
  child.unref();
  return {
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.stdin.end();
      child.ref();
      await ended;
    },
  };
}
