/**
 * The index of an archive: where in it the rows of each table are, so that some of them can be read without the rest.
 * docs/storage-format.md describes the fields.
 */
import { z } from "zod";
import { BackupError } from "../errors.ts";
import { sha256Hex } from "./canonical.ts";

export const INDEX_VERSION = 1;

const count = z.number().int().nonnegative();

/** A member of the archive's gzip stream. They follow each other without a gap. */
export const archiveMemberSchema = z.object({
  /** As stored. */
  bytes: z.number().int().positive(),
  raw_bytes: count,
  /** Of the bytes as stored. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type ArchiveMember = z.infer<typeof archiveMemberSchema>;

/** Rows that follow each other in one member. */
const partSchema = z.object({
  /** Number of the member, from 0. */
  member: count,
  /** Of the first row's length in the uncompressed bytes of the member. */
  offset: count,
  rows: z.number().int().positive(),
});

export const indexedTableSchema = z.object({
  schema: z.string(),
  table: z.string(),
  /** In the order of the archive's rows. */
  columns: z.array(z.string()),
  rows: count,
  /** Of its rows in the archive, before compression. */
  raw_bytes: count,
  /** In the archive's order; none of a table without rows. */
  parts: z.array(partSchema),
});
export type IndexedTable = z.infer<typeof indexedTableSchema>;

export const archiveIndexSchema = z.object({
  version: z.literal(INDEX_VERSION),
  members: z.array(archiveMemberSchema),
  tables: z.array(indexedTableSchema),
}).refine(
  ({ members, tables }) =>
    tables.every(({ rows, parts }) =>
      parts.every(({ member, offset }) => offset < (members[member]?.raw_bytes ?? 0)) &&
      parts.reduce((sum, part) => sum + part.rows, 0) === rows
    ),
  "a table's rows lie outside of the members",
);
export type ArchiveIndex = z.infer<typeof archiveIndexSchema>;

/** The bytes that are stored: a line for each member and each table. */
export function formatIndex({ version, members, tables }: ArchiveIndex): string {
  const lines = (items: readonly unknown[]) => items.map((item) => JSON.stringify(item)).join(",\n");
  return `{"version": ${version}, "members": [\n${lines(members)}\n], "tables": [\n${lines(tables)}\n]}\n`;
}

/**
 * Parses an index.
 * @param sha256 of its bytes, as the manifest states it
 * @throws {BackupError} `archive_corrupt` for other bytes, `manifest_too_new` for a later version
 */
export async function parseIndex(bytes: Uint8Array<ArrayBuffer>, sha256: string): Promise<ArchiveIndex> {
  const found = await sha256Hex(bytes);
  if (found !== sha256) {
    throw new BackupError(
      "archive_corrupt",
      `Cannot use the archive's index: its sha256 is ${found}, its manifest says ${sha256}`,
    );
  }
  const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
  const result = archiveIndexSchema.safeParse(json);
  if (result.success) return result.data;
  const version = z.object({ version: z.number() }).safeParse(json).data?.version ?? INDEX_VERSION;
  if (version > INDEX_VERSION) {
    throw new BackupError(
      "manifest_too_new",
      `Cannot read an index of version ${version}: this tool knows up to ${INDEX_VERSION}`,
    );
  }
  const where = result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
  throw new BackupError("archive_corrupt", `Cannot use the archive's index: ${where}`);
}
