/** The tests that `npm run check` runs: those that start no server. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../root.ts";
import { importsOf, sources } from "./imports.ts";

/** A test that imports one of these, directly or not, starts a server, a browser or a build. */
const SERVERS: ReadonlySet<string> = new Set([
  "scripts/dev/child_process.ts",
  "scripts/dev/github/server.ts",
  "scripts/lib/server/server.ts",
  "@supabase/lite",
  "miniflare",
  "node:http",
  "node:net",
  "playwright",
  "@playwright/test",
  "postgres",
  "vite",
]);

/** Has its own suite. */
const PACKAGE = "scripts/dev/github/";

/** A test that starts a program takes as long as the program does. */
const PROGRAMS: ReadonlySet<string> = new Set(["node:child_process"]);

/** Test files of vitest, as paths from the repository's root, that need only this process. */
export function quickTests(): string[] {
  const files = ["scripts", "supabase/tests", "web/src"].flatMap(sources);
  return files.filter((file) => file.endsWith(".test.ts") && !file.startsWith(PACKAGE)).filter(isQuick)
    .sort();
}

function isQuick(file: string): boolean {
  const reached = reachedFrom(file);
  return ![...reached].some((target) => SERVERS.has(target)) &&
    !targetsOf(file).some((target) => PROGRAMS.has(target));
}

function reachedFrom(file: string, seen: Set<string> = new Set()): Set<string> {
  for (const target of targetsOf(file)) {
    if (seen.has(target)) continue;
    seen.add(target);
    if (/^(scripts|supabase|web)\/.*\.tsx?$/.test(target)) reachedFrom(target, seen);
  }
  return seen;
}

/** Most files are reached from many tests: each is read once. */
const known = new Map<string, readonly string[]>();

function targetsOf(file: string): readonly string[] {
  const path = join(ROOT, file);
  const targets = known.get(file) ?? (existsSync(path) ? importsOf(file, readFileSync(path, "utf8")) : []);
  known.set(file, targets);
  return targets;
}
