/** Which rows a take is about, as it was asked for. */
import { BackupError } from "@backup/errors.ts";

/** What may be done to the rows that were asked for. */
export interface Choices {
  /** Create those that are missing now. */
  missing: boolean;
  /** Give those that changed their old values. */
  changed: boolean;
  /** Delete those that the backup does not hold; of a whole table alone. */
  new: boolean;
}

export interface TakeScope {
  /** `schema.table`, or a table's name that no other schema has. */
  table: string;
  /** Values of the key's columns, a row each; `null`: not by key. */
  keys: readonly (readonly string[])[] | null;
  /** A text that the rows hold; `null`: not by text. Without both, the whole table. */
  search: string | null;
}

export interface AskedScope {
  table: string | undefined;
  keys: string | undefined;
  search: string | undefined;
  choices: Choices;
}

/**
 * Without a choice what is missing is created.
 * @throws {BackupError} `invalid_payload`
 */
export function scopeOf({ table, keys, search, choices }: AskedScope): TakeScope & { choices: Choices } {
  if (table === undefined) throw refused("no table is named", "Name it with --table.");
  if (keys !== undefined && search !== undefined) {
    throw refused("rows are asked for by key and by text", "Give --where-key or --search.");
  }
  const isWhole = keys === undefined && search === undefined;
  if (choices.new && !isWhole) {
    throw refused("--new deletes the new rows of a whole table", "Leave out --where-key and --search.");
  }
  const isChosen = Object.values(choices).some(Boolean);
  return {
    table,
    keys: keys === undefined ? null : parseKeys(keys),
    search: search ?? null,
    choices: isChosen ? choices : { ...choices, missing: true },
  };
}

/**
 * Keys separated by commas. Keys of several columns, and keys with a comma, are a JSON array of arrays.
 * @example parseKeys("7, 9") // [["7"], ["9"]]
 * @example parseKeys('[["7", "a,b"]]') // [["7", "a,b"]]
 * @throws {BackupError} `invalid_payload`
 */
export function parseKeys(text: string): string[][] {
  if (!text.trimStart().startsWith("[")) {
    const keys = text.split(",").map((key) => key.trim()).filter((key) => key !== "");
    if (keys.length === 0) throw refused("--where-key holds no key", "Give keys separated by commas.");
    return keys.map((key) => [key]);
  }
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw refused("--where-key is no JSON", 'Give keys as [["7", "a"], ["9", "b"]].');
  }
  const rows = Array.isArray(given) ? given : [];
  const keys = rows.map((row: unknown) => (Array.isArray(row) ? row : [row]).map(String));
  if (keys.length > 0) return keys;
  throw refused("--where-key holds no key", 'Give keys as [["7", "a"], ["9", "b"]].');
}

function refused(why: string, hint: string): BackupError {
  return new BackupError("invalid_payload", `Cannot take rows: ${why}`, { hint });
}
