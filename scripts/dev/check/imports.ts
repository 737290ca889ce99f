/** The import graph, for the layer rules and the choice of quick tests. */
import { readdirSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { ROOT } from "../root.ts";

/** The folder of the alias `@backup/` of the import maps. */
const DOMAIN = "supabase/functions/_shared/backup";
/** The package behind the aliases `@std/…` of the import maps. */
export const STD = "deno-std";
const NEVER = new Set(["node_modules", "dist"]);

/** TypeScript files below a folder of the repository, as paths from its root. */
export function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((item) => {
    const path = join(folder, item.name);
    if (item.isDirectory()) return NEVER.has(item.name) ? [] : sources(path);
    return /\.tsx?$/.test(item.name) ? [path] : [];
  });
}

/**
 * The imports of a file: files of this repository by their path, packages by their name; imports inside strings are
 * ignored.
 */
export function importsOf(file: string, text: string): string[] {
  const statement =
    /^(?:import|export)\b[^"';]*?\bfrom\s*"([^"\n]+)"|^import\s*"([^"\n]+)"|\bimport\(\s*"([^"\n]+)"/gm;
  return [...text.replaceAll(/`[^`\n]*`/g, "").matchAll(statement)].map(([, from, bare, later]) => {
    const [path = ""] = (from ?? bare ?? later ?? "").split("?"); // Vite reads what follows
    const target = path.replace(/^@backup\//, `${DOMAIN}/`);
    if (target.startsWith("@std/")) return STD;
    return target.startsWith(".") ? normalize(join(dirname(file), target)) : target;
  });
}
