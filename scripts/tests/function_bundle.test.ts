/**
 * The size of the function as its deploy uploads it, and its cold start. The platform's bundler takes whole packages,
 * those that only have types too, and compresses the result with brotli; it takes at most 20 MB from the CLI and bundles
 * at most 5 MB on its server. A call may use 2 s of processor time.
 * Source: https://supabase.com/docs/guides/troubleshooting/edge-function-bundle-size-issues, …/functions/limits
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { expect, test } from "vitest";
import { importsOf } from "../dev/check/imports.ts";
import { functionPart } from "../dev/functions/function_part.ts";
import { ROOT } from "../dev/root.ts";
import { openRunFolder } from "../dev/run_folder.ts";
import { processesOf } from "../dev/run_processes.ts";
import { findFreePort } from "../lib/server/free_port.ts";

const FUNCTION = "supabase/functions/ops-backups";
const LIMIT_BYTES = 5_000_000;
/** Of the CLI's compression. */
const QUALITY = 6;
const LIMIT_CPU_SECONDS = 2;

const json = (path: string) => JSON.parse(readFileSync(path, "utf8"));

/** The packages of the function's own import map, by which a deploy resolves its imports. */
function mappedPackages(): string[] {
  const { imports }: { imports: Record<string, string> } = json(join(ROOT, FUNCTION, "deno.json"));
  return Object.values(imports).flatMap((target) => /^npm:((?:@[^/]+\/)?[^@/]+)@/.exec(target)?.[1] ?? []);
}

/** The function's own modules, and the packages that they import. */
function modulesOf(file: string, files = new Set<string>(), packages = new Set<string>()) {
  if (files.has(file)) return { files, packages };
  files.add(file);
  for (const target of importsOf(file, readFileSync(join(ROOT, file), "utf8"))) {
    if (target.startsWith("supabase/")) modulesOf(target, files, packages);
    else if (!target.startsWith("node:")) packages.add(target);
  }
  return { files, packages };
}

/** The folders of a package and of all that it depends on, as npm resolves them. */
function foldersOf(name: string, from: string, found: Set<string>): Set<string> {
  let base = from;
  while (!existsSync(join(base, "node_modules", name)) && base !== ROOT) base = dirname(base);
  const folder = join(base, "node_modules", name);
  if (found.has(folder)) return found;
  found.add(folder);
  const { dependencies = {} } = json(join(folder, "package.json"));
  for (const dependency of Object.keys(dependencies)) foldersOf(dependency, folder, found);
  return found;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

test("the deploy has the packages of the card and zod alone, and is small enough for every way to bundle it", () => {
  const { files, packages } = modulesOf(`${FUNCTION}/index.ts`);
  expect([...packages].sort()).toEqual(["@octokit/rest", "@supabase/supabase-js", "zod"]);
  expect(mappedPackages().sort()).toEqual([...packages].sort());
  const folders = new Set<string>();
  for (const name of packages) foldersOf(name, ROOT, folders);
  expect(folders.size).toBeGreaterThan(20);
  const all = [...[...files].map((file) => join(ROOT, file)), ...[...folders].flatMap(filesBelow)];
  const bundle = Buffer.concat(all.map((file) => readFileSync(file)));
  const params = { [constants.BROTLI_PARAM_QUALITY]: QUALITY };
  const { length } = brotliCompressSync(bundle, { params });
  expect(length).toBeGreaterThan(1_000_000);
  expect(length).toBeLessThan(LIMIT_BYTES);
});

// version 4 is what the platform's Deno 2.1 reads; a later Deno writes 5, which its bundler refuses
test("the function's lock file has the packages of ours, under the same hashes", () => {
  const { version, npm }: { version: string; npm: Record<string, { integrity: string }> } = json(
    join(ROOT, FUNCTION, "deno.lock"),
  );
  expect(version).toBe("4");
  const { packages }: { packages: Record<string, { version: string; integrity?: string }> } = json(
    join(ROOT, "package-lock.json"),
  );
  const ours = new Set(
    Object.entries(packages).map(([path, each]) =>
      `${path.split("node_modules/").at(-1)}@${each.version} ${each.integrity}`
    ),
  );
  const locked = Object.entries(npm).map(([name, { integrity }]) => `${name.split("_")[0]} ${integrity}`);
  expect(locked.filter((each) => !ours.has(each))).toEqual([]);
  expect(mappedPackages().filter((name) => !locked.some((each) => each.startsWith(`${name}@`)))).toEqual([]);
});

test("a cold start leaves most of a call's processor time", async () => {
  const run = await openRunFolder(() => {});
  const none = { url: "http://127.0.0.1:1", token: "t", repository: "revo/revo-erp" };
  const part = functionPart({
    run,
    port: await findFreePort(),
    supabaseUrl: none.url,
    publishableKey: "sb_publishable_x",
    secretKey: "sb_secret_x",
    github: none,
    allowedOrigins: [],
    onUnexpectedEnd: () => {},
  });
  try {
    await part.start(); // it has answered a request
    const ticks = processesOf(run.path).map((pid) => {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return Number(fields[11]) + Number(fields[12]); // utime, stime
    });
    const perSecond = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
    const seconds = ticks.reduce((sum, used) => sum + used, 0) / perSecond;
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(LIMIT_CPU_SECONDS);
  } finally {
    await part.stop();
    await run.remove();
  }
});
