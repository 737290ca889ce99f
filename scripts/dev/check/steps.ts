/** What `npm run check` looks at. `npm test` looks at more of it, and runs what needs servers too. */

export interface CheckStep {
  name: string;
  /** A program of `node_modules/.bin` with its arguments. */
  command: readonly string[];
}

const CACHE = "node_modules/.cache/revo-backups";

/** The longest first: they run two at a time. */
export const CHECK_STEPS: readonly CheckStep[] = [
  {
    name: "quick tests (vitest)",
    command: ["vitest", "run", "--config", "scripts/dev/check/vitest.config.ts", "--reporter=dot"],
  },
  {
    name: "function and domain (deno test)",
    // the types are another step's
    command: [
      "deno",
      "test",
      "--quiet",
      "--no-check",
      "--allow-env",
      "--allow-read",
      "--reporter=dot",
      "scripts/dev/check/deno_tests.ts",
    ],
  },
  {
    name: "types: function and domain",
    command: ["deno", "check", "--quiet", "supabase/functions/**/*.ts"],
  },
  // tsc keeps what it knows between two runs, which `deno check` of all files does not
  { name: "types: scripts", command: ["tsc", "-p", "scripts"] },
  {
    name: "types: screen and shared domain",
    command: ["tsc", "-p", "web", "--incremental", "--tsBuildInfoFile", `${CACHE}/web.tsbuildinfo`],
  },
  {
    name: "types: tests of the screen",
    command: ["tsc", "-p", "web/e2e", "--incremental", "--tsBuildInfoFile", `${CACHE}/e2e.tsbuildinfo`],
  },
  { name: "lint", command: ["deno", "lint", "--quiet"] },
  { name: "format", command: ["deno", "fmt", "--check", "--quiet"] },
];
