/**
 * Every test of the domain and the function as one module: `deno test` of their folders loads all that they share anew
 * for each file, which costs more than the tests.
 */
import { sources } from "./imports.ts";

const files = ["supabase/functions"].flatMap(sources).filter((file) => file.endsWith(".test.ts"));
for (const file of files) await import(new URL(`../../../${file}`, import.meta.url).href);
