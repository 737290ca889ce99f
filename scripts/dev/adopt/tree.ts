/** A checkout of a repository, read only. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const NEVER = new Set(["node_modules", ".git", "dist", "build", ".next", "coverage"]);

export class Tree {
  constructor(readonly root: string) {}

  has(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  /** The file's text, `null` when there is none. */
  text(path: string): string | null {
    const full = join(this.root, path);
    return existsSync(full) && statSync(full).isFile() ? readFileSync(full, "utf8") : null;
  }

  /** Files below a folder, as sorted paths from the root; none when there is no such folder. */
  files(folder: string): string[] {
    const full = join(this.root, folder);
    if (!existsSync(full)) return [];
    return readdirSync(full, { withFileTypes: true }).flatMap((entry) => {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) return NEVER.has(entry.name) ? [] : this.files(path);
      return entry.isFile() ? [path] : [];
    }).sort();
  }

  /**
   * A JSON file, which may have comments and commas too many as tsconfig.json may; `null` when there is none.
   * @throws {Error} naming the file, when it is no JSON or not of the schema.
   */
  json<T>(path: string, schema: z.ZodType<T>): T | null {
    const text = this.text(path);
    if (text === null) return null;
    try {
      return schema.parse(JSON.parse(plainJson(text)));
    } catch (error) {
      throw new Error(
        `Cannot read ${join(this.root, path)}: ${error instanceof Error ? error.message : error}`,
      );
    }
  }
}

function plainJson(text: string): string {
  const withoutComments = text.replaceAll(
    /("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[^]*?\*\//g,
    (_all, string) => string ?? "",
  );
  return withoutComments.replaceAll(/("(?:[^"\\]|\\.)*")|,(?=\s*[\]}])/g, (_all, string) => string ?? "");
}
