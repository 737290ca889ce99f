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

/** A public key of age (X25519, in Bech32). */
export const RECIPIENT = /^age1[02-9ac-hj-np-z]{58}$/;
/** A secret key of age. */
export const IDENTITY = /^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}$/;

const ENCRYPT = `exec "$@"`;
/** `$1` is age. The data follows the line of the keys: bash reads a pipe no further than the line. */
const DECRYPT = `IFS= read -r keys && exec "$1" --decrypt --identity <(printf '%s\\n' $keys)`;
const PUBLIC = `IFS= read -r keys && printf '%s\\n' $keys | exec "$1" -y`;
const STDERR_LIMIT = 2_000;

/** The bytes encrypted to each of the recipients. @throws {BackupError} `missing_tool`, `dump_failed` */
export function encrypt(
  source: AsyncIterable<Uint8Array>,
  recipients: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const args = ["--encrypt", ...recipients.flatMap((each) => ["--recipient", each])];
  return through([...inBash(ENCRYPT, "age"), ...args], source, "dump_failed", signal);
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
  return through(inBash(DECRYPT, "age"), after(identities, source), "archive_corrupt", signal);
}

/** The public keys of secret ones, in their order. @throws {BackupError} `missing_tool`, `missing_environment` */
export async function recipientsOf(identities: readonly string[]): Promise<string[]> {
  const chunks: Uint8Array[] = [];
  const found = through(inBash(PUBLIC, "age-keygen"), after(identities, nothing()), "missing_environment");
  for await (const chunk of found) chunks.push(chunk);
  return Buffer.concat(chunks).toString().split("\n").filter((line) => line !== "");
}

type Command = readonly [program: string, ...args: string[]];

function inBash(script: string, program: "age" | "age-keygen"): Command {
  return ["bash", "--noprofile", "--norc", "-c", script, "bash", programPath(program)];
}

function programPath(name: "age" | "age-keygen"): string {
  const found = findProgram(name, process.env.PATH ?? "");
  if (found !== null) return found;
  throw new BackupError("missing_tool", `Cannot find ${name} on PATH`, {
    hint: "Install the package age: backups are encrypted, or this one is.",
  });
}

async function* after(identities: readonly string[], source: AsyncIterable<Uint8Array>) {
  yield new TextEncoder().encode(`${identities.join(" ")}\n`);
  yield* source;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function* through(
  [program, ...args]: Command,
  source: AsyncIterable<Uint8Array>,
  code: "dump_failed" | "archive_corrupt" | "missing_environment",
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
  const ended = new Promise<number | null>((resolve) => {
    child.on("error", (error) => {
      notStarted = error;
      resolve(null);
    });
    child.on("close", (status) => resolve(status));
  });
  const kill = () => killGroup(child);
  signal?.addEventListener("abort", kill, { once: true });
  let sourceError: unknown = null;
  const watched = watch(source, (error) => sourceError = error);
  const fed = pipeline(Readable.from(watched), child.stdin).catch(() => {});
  try {
    yield* child.stdout;
    const status = await ended;
    await fed;
    signal?.throwIfAborted();
    if (sourceError !== null) throw sourceError;
    if (status !== 0) throw failure(code, stderr.trim());
  } catch (error) {
    throw notStarted === null ? error : cannotStart(program, notStarted);
  } finally {
    signal?.removeEventListener("abort", kill);
    kill(); // a reader that stops early also stops the source
    await fed;
  }
}

/** Tells an error of the source: for the program it is an end like another. */
async function* watch(source: AsyncIterable<Uint8Array>, onError: (error: unknown) => void) {
  try {
    yield* source;
  } catch (error) {
    onError(error);
    throw error;
  }
}

function cannotStart(program: string, cause: Error): BackupError {
  return new BackupError("missing_tool", `Cannot start ${program}: ${cause.message}`, { cause });
}

function failure(
  code: "dump_failed" | "archive_corrupt" | "missing_environment",
  stderr: string,
): BackupError {
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
