import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { importAliases } from "./dev/import_aliases.ts";

/** Files of a minute or more: begun last, one of them would run alone at the end. */
const LONG = [
  "function",
  "runbooks",
  "drill",
  "engine",
  "engine_failures",
  "local_script",
  "backup_workflow",
  "start",
  "doctor",
  "newcomer",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const place = LONG.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
      return place === -1 ? LONG.length : place;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  resolve: { alias: importAliases() },
  test: {
    include: ["scripts/**/*.test.ts", "supabase/tests/**/*.test.ts", "web/src/**/*.test.ts"],
    // the files start real servers, and wait for them: one more than the cores of the smallest machine
    maxWorkers: 3,
    // a worker loads the clients of S3, GitHub and PostgreSQL once, not once for each file
    isolate: false,
    sequence: { sequencer: LongestFirst },
    testTimeout: 120_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 10_000 } },
    server: { deps: { inline: [/@actions\//] } },
  },
});
