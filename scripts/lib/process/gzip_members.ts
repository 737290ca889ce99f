/** A stream compressed as several gzip members, each by a process of its own. `gunzip` reads them as one stream. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { constants } from "node:os";
import { PassThrough, type Readable, type Writable } from "node:stream";
import { BackupError } from "@backup/errors.ts";
import type { ArchiveMember } from "@backup/vault/archive_index.ts";
import { childEnvironment } from "./child_environment.ts";
import { drained, type Stage, WIDE_PIPES } from "./pipeline.ts";

/** At the end of a member, the size of what it holds, modulo 2³² (RFC 1952). */
const SIZE_BYTES = 4;
const STDERR_LIMIT = 2_000;

/**
 * The compressed bytes, in order. A process starts with the first bytes of its member and ends with its pipes, so that none
 * outlives this process. At most two run: one takes bytes while the one before it ends.
 * @param source bytes, and any symbol where a member ends; an empty member is left out
 * @param compress reads its standard input and writes gzip
 * @param onMember is called with each member, in order
 * @param signal ends the processes also while nothing reads; the stream ends with an error then
 * @throws what the source throws; {BackupError} `dump_failed` when a process failed, `missing_tool` when it did not start
 */
export async function* gzipMembers(
  source: AsyncIterable<Uint8Array | symbol>,
  compress: Stage,
  onMember: (member: ArchiveMember) => void,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const out = new PassThrough();
  out.on("error", () => {}); // its reader throws it
  const members = new Members(compress, out, onMember);
  const kill = () => {
    out.destroy(failed("gzip", "was ended"));
    members.kill();
  };
  if (signal?.aborted) kill();
  signal?.addEventListener("abort", kill, { once: true });
  members.write(source).then(() => out.end(), (error) => out.destroy(error));
  try {
    yield* out;
  } finally {
    signal?.removeEventListener("abort", kill);
    // the caller ends the source
    out.destroy();
    members.kill();
  }
}

class Members {
  /** Those that may run, by process. */
  readonly #running = new Set<Member>();
  /** Settles when all members so far are in the output. */
  #handedOut: Promise<void> = Promise.resolve();
  #handedOutBefore: Promise<void> = Promise.resolve();

  constructor(
    private readonly compress: Stage,
    private readonly out: PassThrough,
    private readonly onMember: (member: ArchiveMember) => void,
  ) {}

  async write(source: AsyncIterable<Uint8Array | symbol>): Promise<void> {
    let member: Member | null = null;
    for await (const piece of source) {
      if (this.out.destroyed) return;
      if (typeof piece === "symbol") {
        member?.end();
        member = null;
        continue;
      }
      member ??= await this.#begin();
      if (member === null) return;
      await member.write(piece);
    }
    member?.end();
    await this.#handedOut;
  }

  kill(): void {
    for (const member of this.#running) member.kill();
  }

  /** @returns `null` when nothing is read any more: a process that begins now would not be killed */
  async #begin(): Promise<Member | null> {
    // two run then: the one before, and this one
    const before = this.#handedOut;
    await this.#handedOutBefore;
    if (this.out.destroyed) return null;
    this.#handedOutBefore = before;
    const member = new Member(this.compress);
    this.#running.add(member);
    this.#handedOut = before.then(() => this.#handOut(member));
    this.#handedOut.catch((error) => this.out.destroy(error));
    return member;
  }

  async #handOut(member: Member): Promise<void> {
    for await (const chunk of member.bytes()) {
      if (this.out.destroyed) return;
      if (!this.out.write(chunk)) await drained(this.out);
    }
    this.#running.delete(member);
    this.onMember(member.found);
  }
}

class Member {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #output: AsyncIterator<Uint8Array>;
  /** Requested at once: what nothing reads is lost when the process ends. */
  readonly #first: Promise<IteratorResult<Uint8Array>>;
  /** Why it failed; `null` for success. */
  readonly #failure: Promise<BackupError | null>;
  readonly #hash = createHash("sha256");
  #bytes = 0;
  #trailer: Buffer = Buffer.alloc(0);
  #rawBytes = 0;

  constructor(stage: Stage) {
    const [program = "", ...args] = [...WIDE_PIPES, ...stage];
    const child = spawn(program, args, {
      detached: true, // a Ctrl-C is for this process
      env: childEnvironment(),
      stdio: ["pipe", "pipe", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (chunk: Uint8Array) => {
      stderr = (stderr + new TextDecoder().decode(chunk)).slice(-STDERR_LIMIT);
    });
    child.stdin.on("error", () => {}); // its end says why
    this.#child = child;
    this.#output = child.stdout[Symbol.asyncIterator]();
    this.#first = this.#output.next();
    this.#first.catch(() => {}); // its reader throws it
    this.#failure = new Promise((resolve) => {
      child.on(
        "error",
        (cause) =>
          resolve(new BackupError("missing_tool", `Cannot start ${program}: ${cause.message}`, { cause })),
      );
      child.on(
        "close",
        (code, signal) =>
          resolve(code === 0 ? null : failed(stage[0], howEnded(code, signal), stderr.trim())),
      );
    });
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#rawBytes += bytes.length;
    const { stdin } = this.#child;
    if (!stdin.writable) throw await this.#failure ?? failed("gzip", "ended early");
    if (!stdin.write(bytes)) await drained(stdin);
  }

  end(): void {
    this.#child.stdin.end();
  }

  /** What it wrote. @throws {BackupError} why it failed */
  async *bytes(): AsyncGenerator<Uint8Array> {
    for (let next = await this.#first; !next.done; next = await this.#output.next()) {
      this.#hash.update(next.value);
      this.#bytes += next.value.length;
      this.#trailer = Buffer.concat([this.#trailer, next.value.subarray(-SIZE_BYTES)]).subarray(-SIZE_BYTES);
      yield next.value;
    }
    const failure = await this.#failure;
    if (failure !== null) throw failure;
    const size = this.#bytes < SIZE_BYTES ? 0 : this.#trailer.readUInt32LE(0);
    if (size !== this.#rawBytes % 2 ** 32) throw failed("gzip", "wrote an incomplete member");
  }

  /** When {@link bytes} has ended. */
  get found(): ArchiveMember {
    return { bytes: this.#bytes, raw_bytes: this.#rawBytes, sha256: this.#hash.digest("hex") };
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

function howEnded(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exited ${code}` : `was ended by signal ${constants.signals[signal]}`;
}

function failed(program: string, how: string, stderr = ""): BackupError {
  const name = program.split("/").at(-1);
  return new BackupError("dump_failed", `Cannot compress the archive: ${name} ${how} ${stderr}`.trim());
}
