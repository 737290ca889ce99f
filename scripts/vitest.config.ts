import { readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { quickTests } from "./dev/check/quick_tests.ts";
import { importAliases } from "./dev/import_aliases.ts";

const ROOT = new URL("..", import.meta.url).pathname;

/** Seconds of each slow file; `npm run test:slow` writes them from a run of the suite. */
const SLOW: Readonly<Record<string, number>> = JSON.parse(
  readFileSync(new URL("./tests/slow_files.json", import.meta.url), "utf8"),
);

/** A slow file that starts last would run alone at the end. */
class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const seconds = ({ moduleId }: TestSpecification) => SLOW[moduleId.slice(ROOT.length)] ?? 0;
    return (await super.sort(files)).sort((a, b) => seconds(b) - seconds(a));
  }
}

const quick = quickTests();

export default defineConfig({
  root: ROOT,
  test: {
    // the files start real servers and wait for them: one worker more than the cores of the smallest machine
    maxWorkers: 3,
    sequence: { sequencer: SlowestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: "quick",
          include: quick,
          pool: "threads",
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: "servers",
          // V8 compiles later what runs often: most of a worker's code runs too seldom to be worth it
          execArgv: ["--interrupt-budget=2000000"],
          globalSetup: "scripts/dev/memory_folder.ts",
          include: ["scripts/**/*.test.ts", "supabase/tests/**/*.test.ts", "web/src/**/*.test.ts"],
          exclude: [...quick, "scripts/dev/github/**", "**/node_modules/**"],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          retry: 1,
        },
      },
      "scripts/dev/github",
    ],
    // a worker loads the clients of S3, GitHub and PostgreSQL once, not once for each file
    isolate: false,
    expect: { poll: { timeout: 10_000 } },
    server: { deps: { inline: [/@actions\//] } },
  },
  resolve: { alias: importAliases() },
});
