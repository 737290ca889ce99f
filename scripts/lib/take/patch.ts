/**
 * A patch: which rows of a database are created, changed and deleted, each with its values before and after. As a text it
 * is JSON lines, a header first; its hash is over all of it. docs/storage-format.md specifies both.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import { targetSchema } from "@backup/target.ts";
import { canonicalText } from "@backup/vault/canonical.ts";

const VERSION = 1;

/** Of one table: the columns of `before` and `after`, and those of the key, in the order of their values. */
const patchTableSchema = z.object({ columns: z.array(z.string()), key: z.array(z.string()) });
export type PatchTable = z.infer<typeof patchTableSchema>;

export const patchHeaderSchema = z.object({
  kind: z.literal("revo_take_patch"),
  version: z.literal(VERSION),
  /** The database that it is for. */
  target: targetSchema,
  /** Key of the backup that the rows are of, or of the reverse patch. */
  source: z.string(),
  /** By `schema.table`. */
  tables: z.record(z.string(), patchTableSchema),
  /** Obstacles of the review that cannot be found again without the backup: with one it is not applied. */
  refused: z.array(z.string()),
});
export type PatchHeader = z.infer<typeof patchHeaderSchema>;

const values = z.array(z.string().nullable());

/** `i` created, `u` changed, `d` deleted. */
export type Operation = "i" | "u" | "d";

/** Values as the server prints them, in the order of the header. The last field says why the row is part of the patch. */
const changeSchema = z.tuple([
  z.string(),
  z.enum(["i", "u", "d"]),
  z.array(z.string()),
  values.nullable(),
  values.nullable(),
  z.string(),
]);
export type Change = z.infer<typeof changeSchema>;

/** The row was asked for. */
export const ASKED = "asked";

export function newHeader(fields: Pick<PatchHeader, "target" | "source" | "tables">): PatchHeader {
  return { kind: "revo_take_patch", version: VERSION, refused: [], ...fields };
}

export function headerLine(header: PatchHeader): string {
  return canonicalText(header);
}

export function changeLine(change: Change): string {
  return JSON.stringify(change);
}

/** @throws {BackupError} `take_review_invalid` */
export function parseHeader(line: string): PatchHeader {
  return parsed(patchHeaderSchema, line);
}

/** @throws {BackupError} `take_review_invalid` */
export function parseChange(line: string): Change {
  return parsed(changeSchema, line);
}

/** The SHA-256 of a patch, while its lines pass. */
export class PatchHash {
  readonly #hash = createHash("sha256");

  /** @param line without its line feed */
  add(line: string): string {
    this.#hash.update(line).update("\n");
    return line;
  }

  hex(): string {
    return this.#hash.digest("hex");
  }
}

/** The change that takes another one back. @example reversed(["public.t", "i", ["1"], null, ["1"], "asked"])[1] // "d" */
export function reversed([table, operation, key, before, after]: Change): Change {
  const opposite = { i: "d", u: "u", d: "i" } as const;
  return [table, opposite[operation], key, after, before, "undo"];
}

function parsed<T>(schema: z.ZodType<T>, line: string): T {
  try {
    return schema.parse(JSON.parse(line));
  } catch (cause) {
    throw new BackupError("take_review_invalid", "Cannot read the patch: a line of it is of another form", {
      cause,
    });
  }
}
