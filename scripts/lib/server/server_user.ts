/**
 * The operating system user of a PostgreSQL server. PostgreSQL refuses to run as root, so root starts it as another user,
 * which needs access to its files.
 */
import { execFileSync, spawn } from "node:child_process";
import { chmod, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { BackupError } from "@backup/errors.ts";
import { childEnvironment } from "../process/child_environment.ts";
import { guarded } from "../process/guard.ts";
import { killGroup } from "../process/kill_group.ts";
import { makeFolder } from "../process/temporary_folder.ts";

export interface ServerUser {
  name: string;
  uid: number;
  gid: number;
}

const SEARCH_BY_OTHERS = 0o001;

/** @returns the user for servers that root starts; `null` when this process is not root and starts them as itself */
export function serverUser(): ServerUser | null {
  if (process.getuid?.() !== 0) return null;
  for (const name of ["postgres", "nobody"]) {
    try {
      const id = (flag: string) =>
        Number(execFileSync("id", [flag, name], { stdio: ["ignore", "pipe", "ignore"] }));
      return { name, uid: id("-u"), gid: id("-g") };
    } catch {
      continue; // the machine has no such user
    }
  }
  throw new BackupError("missing_tool", "Cannot start PostgreSQL as root: no user 'postgres' or 'nobody'", {
    hint: "Run this as an ordinary user.",
  });
}

/** Whether every user may pass through the folder and all above it. */
export async function isReachableByAll(folder: string): Promise<boolean> {
  if (((await stat(folder)).mode & SEARCH_BY_OTHERS) === 0) return false;
  return folder === dirname(folder) || await isReachableByAll(dirname(folder));
}

/**
 * Creates a temporary folder that the server's user can pass through and only its owner can list. The caller removes it.
 * It is in /tmp instead of `TMPDIR` when that is a folder which other users cannot reach.
 */
export async function makeServerFolder(prefix: string): Promise<string> {
  const user = serverUser();
  const base = user === null || await isReachableByAll(tmpdir()) ? tmpdir() : "/tmp";
  const folder = await makeFolder(join(base, prefix));
  if (user !== null) await chmod(folder, 0o711);
  return folder;
}

/** libpq's and the server's environment; macOS has no locale C.UTF-8. */
export function serverEnvironment(): Record<string, string> {
  return childEnvironment(process.platform === "darwin" ? { LC_ALL: "en_US.UTF-8" } : {});
}

/** Runs a program as the server's user. @throws {BackupError} `database_error` with its output. */
export async function runAsServerUser(
  program: string,
  args: readonly string[],
  options: { user: ServerUser | null; cwd: string; signal?: AbortSignal },
): Promise<void> {
  const { user, cwd, signal } = options;
  signal?.throwIfAborted();
  const child = guarded(spawn(program, [...args], {
    cwd,
    detached: true,
    env: serverEnvironment(),
    stdio: ["ignore", "ignore", "pipe"],
    ...(user && { uid: user.uid, gid: user.gid }),
  }));
  const kill = () => killGroup(child);
  signal?.addEventListener("abort", kill, { once: true });
  let output = "";
  child.stderr.on(
    "data",
    (chunk: Uint8Array) => output = (output + new TextDecoder().decode(chunk)).slice(-4096),
  );
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  }).finally(() => signal?.removeEventListener("abort", kill));
  if (code !== 0) throw new BackupError("database_error", `${program} exited ${code}: ${output.trim()}`);
}
