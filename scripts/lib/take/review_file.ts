/** The file of a review: the patch, and a last line with its hash and its time. It holds rows. */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import type { Target } from "@backup/target.ts";
import { linesOfBytes } from "./lines.ts";
import {
  type Change,
  changeLine,
  headerLine,
  parseChange,
  parseHeader,
  PatchHash,
  type PatchHeader,
} from "./patch.ts";

/** How long a review may be applied. */
export const REVIEW_MINUTES = 30;

const endSchema = z.object({ hash: z.string(), reviewed_at: z.string() });

/** The lines of a patch, while they are hashed. */
export async function* patchLines(
  header: PatchHeader,
  changes: AsyncIterable<Change>,
  hash: PatchHash,
): AsyncGenerator<string> {
  yield hash.add(headerLine(header));
  for await (const change of changes) yield hash.add(changeLine(change));
}

/**
 * Writes a new file that its owner alone can read.
 * @returns the hash of the patch
 * @throws {BackupError} `invalid_payload` for a file that exists
 */
export async function writeReview(
  path: string,
  header: PatchHeader,
  changes: AsyncIterable<Change>,
  reviewedAt: Date,
): Promise<string> {
  const file = await open(path, "wx", 0o600).catch((cause) => {
    throw new BackupError("invalid_payload", `Cannot write the review to ${path}: ${cause.code ?? cause}`, {
      cause,
      hint: "Name a file that does not exist, in a folder that does.",
    });
  });
  try {
    const hash = new PatchHash();
    let waiting = "";
    for await (const line of patchLines(header, changes, hash)) {
      waiting += line + "\n";
      if (waiting.length < 2 ** 18) continue;
      await file.write(waiting);
      waiting = "";
    }
    const end = { hash: hash.hex(), reviewed_at: reviewedAt.toISOString() };
    await file.write(waiting + JSON.stringify(end) + "\n");
    return end.hash;
  } finally {
    await file.close();
  }
}

export interface ReviewFile {
  header: PatchHeader;
  changes(): AsyncGenerator<Change>;
}

/**
 * Reads a review whose hash was confirmed.
 * @throws {BackupError} `take_review_invalid`: another hash, another database, older than {@link REVIEW_MINUTES}
 */
export async function readReview(
  path: string,
  { hash: confirmed, target, now }: { hash: string; target: Target; now: Date },
): Promise<ReviewFile> {
  const hash = new PatchHash();
  let header: PatchHeader | null = null;
  let last: string | null = null;
  for await (const line of linesOf(path)) {
    if (last !== null) hash.add(last);
    header ??= parseHeader(line);
    last = line;
  }
  const end = endOf(last ?? "");
  if (header === null || end.hash !== hash.hex()) throw invalid("the file was changed or is not complete");
  if (end.hash !== confirmed) throw invalid(`its patch has the hash ${end.hash}`);
  if (header.target !== target) throw invalid(`it is of ${header.target}`);
  const minutes = (now.getTime() - Date.parse(end.reviewed_at)) / 60_000;
  if (!(minutes >= 0 && minutes <= REVIEW_MINUTES)) {
    throw invalid(`it is ${Math.round(minutes)} minutes old, ${REVIEW_MINUTES} are allowed`);
  }
  return { header, changes: () => changesOf(path) };
}

async function* changesOf(path: string): AsyncGenerator<Change> {
  let before: string | null = null;
  let number = 0;
  for await (const line of linesOf(path)) {
    // neither the header nor the last line is a change
    if (before !== null && number > 1) yield parseChange(before);
    [before, number] = [line, number + 1];
  }
}

async function* linesOf(path: string): AsyncGenerator<string> {
  try {
    yield* linesOfBytes(createReadStream(path));
  } catch (cause) {
    throw invalid("the file cannot be read", cause);
  }
}

function endOf(line: string): z.infer<typeof endSchema> {
  try {
    return endSchema.parse(JSON.parse(line));
  } catch (cause) {
    throw invalid("the file was changed or is not complete", cause);
  }
}

function invalid(why: string, cause?: unknown): BackupError {
  return new BackupError("take_review_invalid", `Cannot apply the review: ${why}`, {
    cause,
    hint: "Review again: npm run backups -- take … --review FILE",
  });
}
