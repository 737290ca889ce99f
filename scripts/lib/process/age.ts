/**
 * Encryption by the program age: to several recipients, whose public keys are arguments. A secret key is read from the
 * first line of the standard input and never is an argument, in an environment or on a disk.
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { BackupError } from "@backup/errors.ts";
import { childEnvironment } from "./child_environment.ts";
import { findProgram } from "./find_program.ts";
import { guarded } from "./guard.ts";
import { killGroup } from "./kill_group.ts";

/** A public key of age (X25519). */
const RECIPIENT = /^age1[02-9ac-hj-np-z]{58}$/;
/** A secret key of age. */
const IDENTITY = /^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}$/;
/** Of Bech32, in which both are written (BIP 173). */
const ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

const ENCRYPT = `exec "$@"`;
/** `$1` is age. The data follows the line of the keys: bash reads a pipe no further than the line. */
const DECRYPT = `IFS= read -r keys && exec "$1" --decrypt --identity <(printf '%s\\n' $keys)`;
const STDERR_LIMIT = 2_000;

/** Whether a text is a key of age, by its form and its checksum: a mistyped one is none. */
export function isAgeKey(what: "public" | "secret", text: string): boolean {
  return (what === "public" ? RECIPIENT : IDENTITY).test(text) && hasChecksum(text.toLowerCase());
}

function hasChecksum(text: string): boolean {
  const end = text.lastIndexOf("1");
  const prefix = [...text.slice(0, end)].map((char) => char.charCodeAt(0));
  const data = [...text.slice(end + 1)].map((char) => ALPHABET.indexOf(char));
  const values = [...prefix.map((code) => code >> 5), 0, ...prefix.map((code) => code & 31), ...data];
  const sum = values.reduce((before, value) => {
    const next = (before & 0x1ffffff) << 5 ^ value;
    return GENERATOR.reduce((it, term, bit) => before >> 25 + bit & 1 ? it ^ term : it, next);
  }, 1);
  return sum === 1;
}

/** The bytes encrypted to each of the recipients. @throws {BackupError} `missing_tool`, `dump_failed` */
export function encrypt(
  source: AsyncIterable<Uint8Array>,
  recipients: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const args = ["--encrypt", ...recipients.flatMap((each) => ["--recipient", each])];
  return through([...inBash(ENCRYPT), ...args], source, "dump_failed", signal);
}

/**
 * The bytes that were encrypted to one of the identities; only whole, authenticated pieces of them.
 * @throws {BackupError} `identity_missing` when none of them opens it, `archive_corrupt`, `missing_tool`
 */
export function decrypt(
  source: AsyncIterable<Uint8Array>,
  identities: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  return through(inBash(DECRYPT), after(identities, source), "archive_corrupt", signal);
}

type Command = readonly [program: string, ...args: string[]];

function inBash(script: string): Command {
  return ["bash", "--noprofile", "--norc", "-c", script, "bash", programPath()];
}

function programPath(): string {
  const found = findProgram("age", process.env.PATH ?? "");
  if (found !== null) return found;
  throw new BackupError("missing_tool", "Cannot find age on PATH", {
    hint: "Install the package age: backups are encrypted, or this one is.",
  });
}

async function* after(identities: readonly string[], source: AsyncIterable<Uint8Array>) {
  yield new TextEncoder().encode(`${identities.join(" ")}\n`);
  yield* source;
}

/** The code of an error that age reports itself. */
type FailureCode = "dump_failed" | "archive_corrupt";

async function* through(
  [program, ...args]: Command,
  source: AsyncIterable<Uint8Array>,
  code: FailureCode,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const child = guarded(spawn(program, args, {
    detached: true,
    env: childEnvironment(),
    stdio: ["pipe", "pipe", "pipe"],
  }));
  let stderr = "";
  child.stderr.on("data", (chunk: Uint8Array) => {
    stderr = (stderr + new TextDecoder().decode(chunk)).slice(-STDERR_LIMIT);
  });
  let notStarted: Error | null = null;
  const ended = new Promise<{ status: number | null; by: NodeJS.Signals | null }>((resolve) => {
    child.on("error", (error) => {
      notStarted = error;
      resolve({ status: null, by: null });
    });
    child.on("close", (status, by) => resolve({ status, by }));
  });
  const kill = () => killGroup(child);
  signal?.addEventListener("abort", kill, { once: true });
  let sourceError: unknown = null;
  const watched = watch(source, (error) => sourceError = error);
  const fed = pipeline(Readable.from(watched), child.stdin).catch(() => {});
  try {
    yield* child.stdout;
    const { status, by } = await ended;
    await fed;
    signal?.throwIfAborted();
    if (sourceError !== null) throw sourceError;
    // for example of a machine without memory: that says nothing about the archive
    if (by !== null) throw new BackupError("internal_server_error", `age was ended by ${by}`);
    if (status !== 0) throw failure(code, stderr.trim());
  } catch (error) {
    throw notStarted === null ? error : cannotStart(program, notStarted);
  } finally {
    signal?.removeEventListener("abort", kill);
    kill(); // a reader that stops early also stops the source
    await fed;
  }
}

/** Tells an error of the source, for the program an end like another; not the pipe's, which the program's end breaks. */
async function* watch(source: AsyncIterable<Uint8Array>, onError: (error: unknown) => void) {
  const chunks = source[Symbol.asyncIterator]();
  const next = () =>
    chunks.next().catch((error: unknown) => {
      onError(error);
      throw error;
    });
  try {
    for (let read = await next(); !read.done; read = await next()) yield read.value;
  } finally {
    await chunks.return?.();
  }
}

function cannotStart(program: string, cause: Error): BackupError {
  return new BackupError("missing_tool", `Cannot start ${program}: ${cause.message}`, { cause });
}

function failure(code: FailureCode, stderr: string): BackupError {
  if (/no identity matched/.test(stderr)) {
    return new BackupError(
      "identity_missing",
      "Cannot decrypt the backup: none of the keys that are here opens it",
      {
        hint:
          "Set BACKUP_AGE_IDENTITY to a secret key of one of its recipients: docs/runbooks/encryption.md.",
      },
    );
  }
  return new BackupError(code, `age failed: ${stderr || "without a message"}`);
}
