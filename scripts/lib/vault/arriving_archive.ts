/**
 * An archive on its way from the vault into a file of this machine. What has arrived can be read before the rest has, but
 * never a byte that was not compared: a member is given out when it equals the archive's index.
 */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { BackupError } from "@backup/errors.ts";
import type { ArchiveMember } from "@backup/vault/archive_index.ts";
import { MemberHashes } from "./stored_index.ts";

/** Size and hash of what was received. */
export interface Received {
  bytes: number;
  sha256: string;
}

export interface Arrival {
  key: string;
  /** Receives the bytes; must not exist. */
  path: string;
  source: AsyncIterable<Uint8Array>;
  members: readonly ArchiveMember[];
  onBytes: (done: number) => void;
  /** @throws when the whole is not what it should be */
  requireEqual: (received: Received) => void;
}

const READ_BYTES = 2 ** 20;

export class ArrivingArchive {
  /**
   * Settles when all of it lies in the file and equals its manifest and its index.
   * @throws what the source or the comparison threw
   */
  readonly whole: Promise<void>;
  readonly #path: string;
  /** Bytes from its beginning that equal the index. */
  #compared = 0;
  #isOver = false;
  #isWhole = false;
  #wake: () => void = () => {};
  #changed: Promise<void>;

  /** Begins to receive. Who ends the source early waits for {@link whole} before the file is removed. */
  constructor(arrival: Arrival) {
    this.#path = arrival.path;
    this.#changed = this.#renew();
    this.whole = this.#receive(arrival).then(() => void (this.#isWhole = true)).finally(() => {
      this.#isOver = true;
      this.#change();
    });
    this.whole.catch(() => {}); // its readers throw it
  }

  /** Whether all of it lies in the file and was compared. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** The bytes from the beginning, each when it was compared. @throws what {@link whole} throws */
  async *read(): AsyncGenerator<Uint8Array> {
    while (this.#compared === 0 && !this.#isOver) await this.#changed;
    if (this.#compared === 0) await this.whole;
    const file = await open(this.#path, "r");
    try {
      for (let at = 0;;) {
        const ready = this.#compared - at;
        if (ready > 0) {
          const buffer = Buffer.allocUnsafe(Math.min(ready, READ_BYTES));
          const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
          at += bytesRead;
          yield buffer.subarray(0, bytesRead);
        } else if (this.#isOver) return await this.whole;
        else await this.#changed;
      }
    } finally {
      await file.close();
    }
  }

  async #receive({ key, path, source, members, onBytes, requireEqual }: Arrival): Promise<void> {
    const file = await open(path, "wx", 0o600);
    const hash = createHash("sha256");
    const hashes = new MemberHashes(members);
    let bytes = 0;
    try {
      for await (const chunk of hashes.pass(source)) {
        hash.update(chunk);
        await file.writeFile(chunk);
        onBytes(bytes += chunk.length);
        this.#compared = hashes.equalBytes;
        this.#change();
      }
    } finally {
      await file.close();
    }
    // the hash of the whole names the damage in full
    requireEqual({ bytes, sha256: hash.digest("hex") });
    if (hashes.different === null) return;
    throw new BackupError(
      "archive_corrupt",
      `Cannot use ${key}: member ${hashes.different} is another than its index says`,
    );
  }

  #renew(): Promise<void> {
    return new Promise((resolve) => this.#wake = resolve);
  }

  #change(): void {
    const wake = this.#wake;
    this.#changed = this.#renew();
    wake();
  }
}
