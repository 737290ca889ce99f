/**
 * Standard output and standard error as a side task: writing never throws, never waits for the reader, and never keeps
 * the process from handling a signal. Under Deno `process.stdout` waits inside `write` for a reader that takes nothing,
 * so Deno's own asynchronous files are used there. Under Node a pipe does not wait; a terminal that is stopped does.
 */
import { Buffer } from "node:buffer";
import { fstatSync } from "node:fs";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

/** Where lines go. */
export interface Sink {
  write(text: string): void;
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** Why lines were dropped: the first error of the system, or a reader that reads nothing. `null` when none was. */
  readonly failure?: string | null;
  /** Waits until all is written; gives up when nothing was read for `idleMs`, or on the signal. Never throws. */
  flush?(idleMs: number, signal?: AbortSignal): Promise<void>;
}

/** Writes some bytes and resolves to how many. */
export type WriteSome = (bytes: Uint8Array) => Promise<number>;

/** Limit of the bytes that wait for a slow reader. Further lines are dropped and counted. */
const MAX_WAITING_BYTES = 64 << 20;
/** Size of one write, by which {@link QueuedSink.flush} detects whether a slow reader makes progress. */
const PIECE_BYTES = 16_384;

/** Writes pieces one after the other: those of two streams of one terminal, pipe or file keep their order. */
export class WriteQueue {
  #last: Promise<void> = Promise.resolve();
  /** Pieces that were written. */
  written = 0;

  /** Settles when all that was queued so far is written or dropped. */
  get idle(): Promise<void> {
    return this.#last;
  }

  add(write: () => Promise<void>): void {
    this.#last = this.#last.then(write).then(() => void this.written++);
  }
}

export class QueuedSink implements Sink {
  readonly #write: WriteSome;
  readonly #terminal: { isTTY?: boolean; columns?: number };
  readonly #queue: WriteQueue;
  #waitingBytes = 0;
  #failure: string | null = null;
  #dropped = 0;

  constructor(
    write: WriteSome,
    terminal: { isTTY?: boolean; columns?: number } = {},
    queue = new WriteQueue(),
  ) {
    this.#write = write;
    this.#terminal = terminal;
    this.#queue = queue;
  }

  get isTTY(): boolean {
    return this.#terminal.isTTY ?? false;
  }

  get columns(): number | undefined {
    return this.#terminal.columns;
  }

  get failure(): string | null {
    return this.#failure ??
      (this.#dropped === 0 ? null : `its reader took nothing, ${this.#dropped} lines were dropped`);
  }

  write(text: string): void {
    const bytes = Buffer.from(text);
    if (this.#failure !== null) return;
    if (this.#waitingBytes > MAX_WAITING_BYTES) return void this.#dropped++;
    this.#waitingBytes += bytes.length;
    for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
      const piece = bytes.subarray(from, from + PIECE_BYTES);
      this.#queue.add(() => this.#writeAll(piece));
    }
  }

  async flush(idleMs: number, signal?: AbortSignal): Promise<void> {
    const isDone = new AbortController();
    const done = this.#queue.idle.then(() => isDone.abort());
    const stop = signal === undefined ? isDone.signal : AbortSignal.any([signal, isDone.signal]);
    while (!stop.aborted) {
      const before = this.#queue.written;
      await Promise.race([done, sleep(idleMs, undefined, { signal: stop }).catch(() => {})]);
      if (this.#queue.written === before) return;
    }
  }

  async #writeAll(piece: Uint8Array): Promise<void> {
    try {
      for (let from = 0; from < piece.length && this.#failure === null;) {
        from += await this.#write(piece.subarray(from));
      }
    } catch (error) {
      this.#failure ??= error instanceof Error ? error.message : String(error);
    }
    this.#waitingBytes -= piece.length;
  }
}

/** Of this process. */
export const { stdout, stderr } = openStandardStreams();

function openStandardStreams(): Record<"stdout" | "stderr", Sink> {
  const queue = new WriteQueue();
  const isShared = isOneFile(1, 2);
  const open = (name: "stdout" | "stderr") =>
    new QueuedSink(
      denoFile(name) ?? nodeStream(name),
      process[name],
      isShared ? queue : new WriteQueue(),
    );
  return { stdout: open("stdout"), stderr: open("stderr") };
}

/** Whether two descriptors are of one terminal, pipe or file, as after `2>&1`. */
function isOneFile(a: number, b: number): boolean {
  try {
    const [first, second] = [fstatSync(a), fstatSync(b)];
    return first.dev === second.dev && first.ino === second.ino;
  } catch {
    return false; // one of them is closed
  }
}

function nodeStream(name: "stdout" | "stderr"): WriteSome {
  const stream = process[name];
  stream.on("error", () => {}); // the callback of the write has it, too
  return (bytes) =>
    new Promise((resolve, reject) => {
      stream.write(bytes, (error) => error ? reject(error) : resolve(bytes.length));
    });
}

interface DenoFile {
  write: WriteSome;
}

function denoFile(name: "stdout" | "stderr"): WriteSome | null {
  const deno: unknown = Reflect.get(globalThis, "Deno");
  const file: unknown = typeof deno === "object" && deno !== null ? Reflect.get(deno, name) : null;
  return isDenoFile(file) ? (bytes) => file.write(bytes) : null;
}

function isDenoFile(file: unknown): file is DenoFile {
  return typeof file === "object" && file !== null && "write" in file && typeof file.write === "function";
}
