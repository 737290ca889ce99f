/**
 * The data of the tests' database servers in memory, where the machine has it to spare. A cluster consists of a thousand
 * small files: ext4 takes ten times as long as memory to create them, most of it in the search for free inodes. Only the
 * servers' data: Deno does not let a command write to files below `/dev`.
 */
import { chmod, mkdtemp, rm, statfs } from "node:fs/promises";
import { freemem } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { guard } from "../lib/process/guard.ts";
import { removeLeftovers } from "../lib/process/leftovers.ts";
import { folderPrefix, makeFolder } from "../lib/process/temporary_folder.ts";
import { makeServerFolder } from "../lib/server/server_user.ts";

const MEMORY = "/dev/shm";
const NEEDED_BYTES = 4 * 2 ** 30;
/** The environment variable that names the folder of this run of the tests. */
const VARIABLE = "REVO_TEST_MEMORY";

/**
 * Makes a folder in memory for the servers of this run; without {@link NEEDED_BYTES} to spare they stay on the disk. A
 * killed run's folder is removed by the next run. The global setup of vitest.
 * @returns removes the folder.
 */
export default async function openMemoryFolder(): Promise<() => Promise<void>> {
  if (!await hasRoom()) return () => Promise.resolve();
  await removeLeftovers([MEMORY]);
  const folder = await makeFolder(join(MEMORY, await folderPrefix("tests")));
  await chmod(folder, PASSABLE);
  process.env[VARIABLE] = folder;
  return async () => {
    delete process.env[VARIABLE];
    await rm(folder, { recursive: true, force: true });
  };
}

/** The servers' user may pass, and not list. */
const PASSABLE = 0o711;

/** A new folder for a server's data, which the caller removes; `null` if this run has no folder in memory. */
export async function makeFolderInMemory(): Promise<string | null> {
  const memory = process.env[VARIABLE];
  if (memory === undefined) return null;
  const folder = await mkdtemp(join(memory, "server-"));
  await chmod(folder, PASSABLE);
  return folder;
}

export interface TestServerFolder {
  path: string;
  /** Ends the server with this process, if the test does not. For `onProcess` of the server. */
  onProcess: (pid: number) => void;
  remove(): Promise<void>;
}

/**
 * A new folder for a test's server, in memory if this run has a folder there. It is guarded until it is removed: without
 * an entry the guard would start and end its shell around each session of psql.
 */
export async function makeTestServerFolder(): Promise<TestServerFolder> {
  const path = await makeFolderInMemory() ?? await makeServerFolder("revo-test-");
  const releases = [guard.add(`folder ${path}`)];
  return {
    path,
    onProcess: (pid) => void releases.push(guard.add(`server ${pid}`)),
    async remove() {
      await rm(path, { recursive: true, force: true });
      for (const release of releases) release();
    },
  };
}

async function hasRoom(): Promise<boolean> {
  const memory = await statfs(MEMORY).catch(() => null);
  return memory !== null && memory.bavail * memory.bsize > NEEDED_BYTES && freemem() > NEEDED_BYTES;
}
