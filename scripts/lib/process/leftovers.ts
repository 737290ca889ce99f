/** Removes what dead processes of this user left in the temporary folders of this machine. */
import { lstat, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { Guard } from "./guard.ts";
import { commandLineOf, ownIdentity, type ProcessIdentity, startOf } from "./process_identity.ts";
import { ownerOf } from "./temporary_folder.ts";

/** The environment variable of the processes that belong to a folder; its value is the folder. */
export const FOLDER_MARK = "REVO_BACKUPS_FOLDER";
/** In a folder: the files outside of it that belong to it, a line `CHECKSUM BYTES PATH` each. */
export const FILES_OUTSIDE = "files_outside";
/** A folder of another boot or container is removed at this age: whether its owner lives cannot be read. */
const FOREIGN_AGE_MS = 24 * 3_600_000;
const STOP_LIMIT_MS = 6_000;
const POLL_MS = 50;

/**
 * Removes the folders whose owner is dead, with the processes and files that belong to them, and stops a database server
 * that still runs in one.
 * Folders of other users and of living processes stay as they are; two processes may do this at once.
 * @returns one line for each folder, also for one that could not be removed.
 */
export async function removeLeftovers(
  bases: readonly string[] = [tmpdir(), "/tmp"],
  user = process.getuid?.(),
): Promise<string[]> {
  const lines: string[] = [];
  for (const base of new Set(bases)) {
    for (const name of await readdir(base).catch(() => [])) {
      const owner = ownerOf(name);
      const folder = join(base, name);
      if (owner === null || !await isOf(user, folder) || !await isDead(owner, folder)) continue;
      lines.push(await removeLeftover(folder, owner.pid));
    }
  }
  return lines;
}

async function isOf(user: number | undefined, folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => null);
  return found !== null && found.isDirectory() && found.uid === user;
}

async function isDead(owner: ProcessIdentity, folder: string): Promise<boolean> {
  const own = await ownIdentity();
  if (own?.place === owner.place) return await startOf(owner.pid) !== owner.start;
  const found = await lstat(folder).catch(() => null);
  return found !== null && Date.now() - found.mtimeMs > FOREIGN_AGE_MS;
}

async function removeLeftover(folder: string, owner: number): Promise<string> {
  try {
    await stopServer(join(folder, "data"));
    const guard = new Guard();
    guard.add(`mark ${FOLDER_MARK}=${folder}`);
    const outside = await readFile(join(folder, FILES_OUTSIDE), "utf8").catch(() => "");
    for (const file of outside.split("\n").filter((line) => line !== "")) guard.add(`file ${file}`);
    await guard.end();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    return `removed ${folder}: process ${owner}, which made it, was killed`;
  } catch (error) {
    return `warning: ${folder} of the killed process ${owner} could not be removed: ${error}`;
  }
}

/** Stops the server of a data directory, if that is what the process of its postmaster.pid is. */
async function stopServer(data: string): Promise<void> {
  const text = await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "");
  const pid = Number.parseInt(text);
  const isServer = async () => pid > 0 && (await commandLineOf(pid))?.includes(`-D ${data} `);
  if (!await isServer()) return;
  process.kill(pid, "SIGQUIT");
  for (const limit = Date.now() + STOP_LIMIT_MS; await isServer();) {
    if (Date.now() > limit) return void process.kill(pid, "SIGKILL");
    await sleep(POLL_MS);
  }
}
