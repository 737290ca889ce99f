/** The SQL files of a restore. */
import { readFile } from "node:fs/promises";

/** The text of one of the files in `sql/`. */
export function restoreSql(name: string): Promise<string> {
  return readFile(new URL(`./sql/${name}`, import.meta.url), "utf8");
}
