import { defineProject } from "vitest/config";

/** The package's own suite: `npm test -w scripts/dev/github`, and a project of scripts/vitest.config.ts. */
export default defineProject({
  test: {
    name: "local-github",
    include: ["**/*.test.ts"],
    isolate: false,
    testTimeout: 120_000,
    retry: 1,
    expect: { poll: { timeout: 10_000 } },
    server: { deps: { inline: [/@actions\//] } },
  },
});
