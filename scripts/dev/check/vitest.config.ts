import { defineConfig } from "vitest/config";
import { importAliases } from "../import_aliases.ts";
import { ROOT } from "../root.ts";
import { quickTests } from "./quick_tests.ts";

/** The quick tests in two threads that load each module once: they keep nothing that another one could see. */
export default defineConfig({
  root: ROOT,
  resolve: { alias: importAliases() },
  test: {
    include: quickTests(),
    pool: "threads",
    isolate: false,
    maxWorkers: 2,
    testTimeout: 20_000,
    server: { deps: { inline: [/@actions\//] } },
  },
});
