/** The import map of deno.json for Vite, which resolves the paths of a tsconfig only for the files that it includes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./root.ts";

/** `npm:deno-std@1.4.0/text/closest_string.js` */
const PACKAGE_FILE = /^npm:(?<name>[^@/]+)@[^/]+\/(?<file>.+)$/;

/** @returns absolute paths by the names of the import map */
export function importAliases(): Record<string, string> {
  const { imports }: { imports: Record<string, string> } = JSON.parse(
    readFileSync(join(ROOT, "deno.json"), "utf8"),
  );
  return Object.fromEntries(
    Object.entries(imports).map(([alias, target]) => [alias.replace(/\/$/, ""), pathOf(target)]),
  );
}

function pathOf(target: string): string {
  const { name = "", file = "" } = PACKAGE_FILE.exec(target)?.groups ?? {};
  return name === "" ? join(ROOT, target) : join(ROOT, "node_modules", name, file);
}
