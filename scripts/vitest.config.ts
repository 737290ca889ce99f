import { defineConfig } from "vitest/config";

export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  test: {
    include: ["scripts/**/*.test.ts", "supabase/tests/**/*.test.ts", "web/src/**/*.test.ts"],
    // the files start real servers: more at once than cores would only slow each other down
    maxWorkers: 2,
    // a worker loads the clients of S3, GitHub and PostgreSQL once, not once for each file
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    server: { deps: { inline: [/@actions\//] } },
  },
});
