/**
 * The marks of sample data: rows that a demonstration adds to the catalog, without objects in a vault. Code that
 * shows or changes rows recognizes them by these.
 */

/** The bucket that sample rows name; no vault has this name. */
export const SAMPLE_BUCKET = "amostra";

/** The reason of sample runs. */
export const SAMPLE_REASON = "Dado de amostra";

/** Whether a row of the catalog is sample data. */
export function isSample(row: { r2_bucket: string }): boolean {
  return row.r2_bucket === SAMPLE_BUCKET;
}
