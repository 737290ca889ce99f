/** The setup before every command, in a small separate repository. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "./root.ts";

let repository = "";

beforeAll(async () => {
  repository = await mkdtemp(join(tmpdir(), "setup-"));
  await mkdir(join(repository, "scripts", "dev"), { recursive: true });
  for (const file of ["setup.mjs", "follow_parent.mjs", "leftovers.mjs"]) {
    await cp(join(ROOT, "scripts", "dev", file), join(repository, "scripts", "dev", file));
  }
  // a package of this name without dependencies: no request goes to the registry
  await mkdir(join(repository, "tsx"));
  const loader = pathToFileURL(join(ROOT, "node_modules", "tsx", "dist", "loader.mjs")).href;
  await writeFile(join(repository, "tsx", "index.mjs"), `import ${JSON.stringify(loader)};\n`);
  await writeFile(
    join(repository, "tsx", "package.json"),
    JSON.stringify({ name: "tsx", version: "1.0.0", exports: "./index.mjs" }),
  );
  await writeFile(
    join(repository, "package.json"),
    JSON.stringify({ name: "small", version: "1.0.0", type: "module", dependencies: { tsx: "file:./tsx" } }),
  );
  execFileSync("npm", ["install", "--package-lock-only", "--offline", "--no-audit", "--no-fund"], {
    cwd: repository,
    stdio: "ignore",
  });
  await writeFile(
    join(repository, "main.ts"),
    `const [code, ...rest]: string[] = process.argv.slice(2);
     console.log(JSON.stringify({ rest, deno: process.env.DENO_DIR }));
     if (code === "wait") setInterval(() => {}, 1000);
     else if (code === "die") process.kill(process.pid, "SIGKILL");
     else process.exit(Number(code));`,
  );
});
afterAll(() => rm(repository, { recursive: true, force: true }));

async function run(args: string[], signal?: NodeJS.Signals) {
  const child = spawn(process.execPath, [join(repository, "scripts/dev/setup.mjs"), "main.ts", ...args], {
    cwd: "/",
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (chunk: Uint8Array) => {
    said += String(chunk);
    if (signal && said.includes('"rest"')) child.kill(signal);
  });
  const [code, ended] = await once(child, "close");
  return { said, code, ended };
}

test("dependencies are installed with a message if they are missing; then the main runs", async () => {
  const { said, code } = await run(["7", "a", "--b"]);
  expect(said).toContain("node_modules is missing: installing");
  expect(said).toContain('"rest":["a","--b"]');
  expect(code).toBe(7);
  expect(existsSync(join(repository, "node_modules", ".package-lock.json"))).toBe(true);
});

test("nothing is installed when they match the lock; caches are stored beside them", async () => {
  const { said, code } = await run(["0"]);
  expect(said).not.toContain("installing");
  if (process.env.DENO_DIR === undefined) {
    expect(said).toContain(join(repository, "node_modules", ".cache", "deno"));
  }
  expect(code).toBe(0);
});

test("a changed lock file installs again", async () => {
  const file = join(repository, "node_modules", ".package-lock.json");
  const lock = await readFile(file, "utf8");
  await writeFile(
    file,
    lock.replace('"packages": {', '"packages": { "node_modules/gone": { "version": "1.0.0" },'),
  );
  expect((await run(["0"])).said).toContain("node_modules differs from package-lock.json");
  expect((await run(["0"])).said).not.toContain("installing");
});

test("forwards signals and exits with the main's status", async () => {
  expect(await run(["wait"], "SIGTERM")).toMatchObject({ ended: "SIGTERM" });
  expect(await run(["wait"], "SIGINT")).toMatchObject({ ended: "SIGINT" });
  expect(await run(["die"])).toMatchObject({ ended: "SIGKILL" });
});
