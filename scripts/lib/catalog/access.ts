/** Whether signatures, grants and row security of the catalog are those that its migrations make. */
import { readFile } from "node:fs/promises";
import { z } from "zod";

/** The query; its one row is for {@link catalogDifferences}. */
export function catalogAccessQuery(): Promise<string> {
  return readFile(new URL("./access.sql", import.meta.url), "utf8");
}

const answerSchema = z.array(z.string()).nullable();

/** One text for each difference; `null` for a database without this product's catalog. */
export function catalogDifferences(row: unknown): string[] | null {
  return answerSchema.parse(row);
}
