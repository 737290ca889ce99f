/**
 * Temporary folders that do not outlive this process: removed by the work that made them, by the guard when this
 * process dies, and by the next command when the guard died too ({@link removeLeftovers} of leftovers.ts). The name
 * holds the owner's identity, so that a folder is marked from the moment it exists.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { BackupError } from "@backup/errors.ts";
import { guard } from "./guard.ts";
import { ownIdentity, type ProcessIdentity } from "./process_identity.ts";

/** What is kept in such a folder. */
export const FOLDER_KINDS = ["archive", "stage", "restore", "postgres", "stack", "tests"] as const;
export type FolderKind = (typeof FOLDER_KINDS)[number];

const NAME = /^revo-(?<kind>[a-z]+)-(?<place>[0-9a-z]+)-(?<pid>\d+)-(?<start>[0-9a-z]+)-\w{6}$/;
/** In the name of a folder whose owner's identity could not be read. */
const UNKNOWN = "0";

/**
 * Makes a folder for `work` and removes it afterwards. A failed removal does not fail the work: the folder stays on the
 * guard's list and is removed when this process ends.
 * @throws {BackupError} the work's error; `not_enough_disk` or `missing_environment` when no folder can be made.
 */
export async function withTemporaryFolder<T>(
  kind: FolderKind,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await makeFolder(join(tmpdir(), await folderPrefix(kind)));
  const release = guard.add(`folder ${folder}`);
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true }).then(release, () => {});
  }
}

/** The begin of a folder's name, without the six random characters. */
export async function folderPrefix(kind: FolderKind): Promise<string> {
  const owner = await ownIdentity();
  return ["revo", kind, owner?.place ?? UNKNOWN, process.pid, owner?.start ?? UNKNOWN, ""].join("-");
}

/** Whose folder this is, by its name; `null` for one that is not of this module. */
export function ownerOf(name: string): ProcessIdentity | null {
  const { kind, place = "", pid, start = "" } = NAME.exec(name)?.groups ?? {};
  if (!FOLDER_KINDS.some((known) => known === kind)) return null;
  return { place, pid: Number(pid), start };
}

/** @param prefix a path. @throws {BackupError} `not_enough_disk` or `missing_environment`, with the system's reason. */
export async function makeFolder(prefix: string): Promise<string> {
  // the guard and the lists of archive entries are read line by line
  if (prefix.includes("\n")) {
    throw new BackupError(
      "missing_environment",
      "Cannot make a temporary folder: TMPDIR contains a line break",
      {
        hint: "Set TMPDIR to a folder without one.",
      },
    );
  }
  try {
    return await mkdtemp(prefix);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const code = /ENOSPC/.test(reason) ? "not_enough_disk" : "missing_environment";
    throw new BackupError(code, `Cannot make a temporary folder: ${reason}`, {
      cause,
      hint: "Set TMPDIR to a folder that exists and can be written.",
    });
  }
}
