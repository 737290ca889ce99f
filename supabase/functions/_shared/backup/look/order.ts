/** What a look asks and answers, before it is sealed. */
import { z } from "zod";

/** Rows of a page. */
export const PAGE_ROWS = 50;
/** Rows of an answer at most. */
export const MOST_ROWS = 200;
/** A sealed message, as JSON, in bytes: the catalog refuses a longer one. */
export const SEALED_REQUEST_BYTES = 8 * 1024;
export const SEALED_ANSWER_BYTES = 1024 * 1024;

export const searchSchema = z.string().min(3).max(200);

/** A table's page, or the rows with a text, of one table or of all. */
export const lookOrderSchema = z.strictObject({
  /** `schema.table` */
  table: z.string().min(1).max(200).nullable(),
  /** From 1. */
  page: z.int().positive(),
  search: searchSchema.nullable(),
  /** Whether personal columns are shown, too. */
  show: z.boolean(),
}).refine(({ table, search }) => table !== null || search !== null, "names neither a table nor a text");
export type SealedOrder = z.infer<typeof lookOrderSchema>;

const foundSchema = z.object({
  schema: z.string(),
  table: z.string(),
  columns: z.array(z.string()),
  /** Columns whose values stayed in the job; `null` is in their place. */
  covered: z.array(z.string()),
  /** Of the table; `null`: a backup of an older version does not say. */
  table_rows: z.number().nullable(),
  /** `number` from 0, in the table's order in the archive. */
  rows: z.array(z.object({ number: z.number(), values: z.array(z.string().nullable()) })),
});

export const lookAnswerSchema = z.object({
  found: z.array(foundSchema),
  /** How many rows have the searched text; `null` without a search. */
  hits: z.number().nullable(),
  /** Whether a value was cut off, or rows were left out for the size of the answer. */
  cut: z.boolean(),
  /** Whether a key of this installation signed the backup, or none needs to. */
  trusted: z.boolean(),
});
export type SealedAnswer = z.infer<typeof lookAnswerSchema>;
