/**
 * All tests of the domain and the function as one module: `deno test` of their folders loads shared modules again for
 * each file, which takes longer than the tests. A test marked `ignore` or `only` fails the run.
 */
import { readFileSync } from "node:fs";
import { sources } from "./imports.ts";

const ROOT = new URL("../../../", import.meta.url);
const files = sources("supabase/functions").filter((file) => file.endsWith(".test.ts"));
for (const file of files) {
  const marked = /\b(?:Deno\.test|describe|it)\.(?:ignore|skip|only)\b|\b(?:ignore|only):/.exec(
    readFileSync(new URL(file, ROOT), "utf8"),
  );
  if (marked) throw new Error(`${file} has '${marked[0]}': no test may be skipped or run alone`);
  await import(new URL(file, ROOT).href);
}
