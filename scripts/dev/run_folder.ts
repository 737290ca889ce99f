/**
 * The folder of one run of the stack, under the system's temporary folder: everything that the run writes is stored in
 * it. The guard, or the next start, removes it and ends the run's processes, however the run ends.
 */
import { type ChildProcess, execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { Guard, guarded } from "../lib/process/guard.ts";
import { killGroup } from "../lib/process/kill_group.ts";
import { FILES_OUTSIDE, FOLDER_MARK, removeLeftovers } from "../lib/process/leftovers.ts";
import { folderPrefix } from "../lib/process/temporary_folder.ts";
import { makeServerFolder, serverUser } from "../lib/server/server_user.ts";
import { makeFolderInMemory } from "./memory_folder.ts";

export interface RunFolder {
  readonly path: string;
  /** The `TMPDIR` of the run's programs. */
  readonly temporary: string;
  /** Goes into the environment of every process of the run. */
  readonly mark: Readonly<Record<string, string>>;
  /** A new folder in it, which the database server's user can traverse. */
  folder(name: string): string;
  /** For the database server's data: in it, or for tests in memory, and removed with it. */
  serverFolder(): Promise<string>;
  /** Ends a detached child and what it started with itself, and with the run. @throws {Error} when the run has ended. */
  own(child: ChildProcess): void;
  /** Ends a PostgreSQL server with the run, unless another one was given since. @throws {Error} as {@link own}. */
  ownServer(pid: number): void;
  /** Writes a file outside the folder, readable by this user alone, which is removed with the run. */
  writeOutside(path: string, text: string): void;
  /** Ends the run's processes and removes the folder. */
  remove(): Promise<void>;
}

/** Creates the folder of a new run, guarded; first removes the remains of the same user's dead runs. */
export async function openRunFolder(log: (line: string) => void): Promise<RunFolder> {
  for (const line of await removeLeftovers()) log(line);
  const path = await makeServerFolder(await folderPrefix("stack"));
  const guard = new Guard();
  guard.add(`folder ${path}`);
  guard.add(`mark ${FOLDER_MARK}=${path}`);
  let over = false;
  let releaseServer = () => {};
  const folder = (name: string) => {
    const made = join(path, name);
    mkdirSync(made, { mode: serverUser() === null ? 0o700 : 0o711 });
    return made;
  };
  const requireActive = (end: () => void) => {
    if (!over) return;
    end();
    throw new Error("The run is over: nothing more starts");
  };
  return {
    path,
    temporary: folder("tmp"),
    mark: { [FOLDER_MARK]: path },
    folder,
    async serverFolder() {
      const memory = await makeFolderInMemory();
      if (memory !== null) guard.add(`folder ${memory}`);
      return memory ?? path;
    },
    own(child) {
      requireActive(() => killGroup(child));
      guarded(child, guard);
    },
    ownServer(pid) {
      requireActive(() => process.kill(pid, "SIGQUIT"));
      releaseServer();
      releaseServer = guard.add(`server ${pid}`);
    },
    writeOutside(file, text) {
      requireActive(() => {});
      const entry = `${String(execFileSync("cksum", { input: text })).trim()} ${file}`;
      guard.add(`file ${entry}`);
      appendFileSync(join(path, FILES_OUTSIDE), `${entry}\n`);
      rmSync(file, { force: true }); // of an earlier run: its mode would be kept
      writeFileSync(file, text, { mode: 0o600, flag: "wx" });
    },
    async remove() {
      over = true;
      await guard.end();
    },
  };
}
