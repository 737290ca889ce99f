import { defineConfig } from "vitest/config";

export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  test: {
    include: ["scripts/**/*.test.ts", "supabase/tests/**/*.test.ts", "web/src/**/*.test.ts"],
    // the files start real servers on two cores
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    server: { deps: { inline: [/@actions\//] } },
  },
});
