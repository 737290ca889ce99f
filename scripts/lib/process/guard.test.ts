import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Guard } from "./guard.ts";
import { removeLeftovers } from "./leftovers.ts";
import { startOf } from "./process_identity.ts";
import { folderPrefix, ownerOf } from "./temporary_folder.ts";

let base: string;
beforeAll(async () => base = await mkdtemp(join(tmpdir(), "test guard'$HOME-")));
afterAll(() => rm(base, { recursive: true, force: true }));

const MODULES = fileURLToPath(new URL(".", import.meta.url));
/** A process with a folder and a pipeline; it prints the pipeline's group and the guard's process id. */
const OWNER = `
  const { startPipeline } = await import("${MODULES}pipeline.ts");
  const { withTemporaryFolder } = await import("${MODULES}temporary_folder.ts");
  const { execFileSync } = await import("node:child_process");
  const { writeFileSync } = await import("node:fs");
  await withTemporaryFolder("archive", async (folder) => {
    writeFileSync(folder + "/archive.dump.gz", "rows of the company");
    const pipeline = startPipeline([["sh", "-c", "echo $$; exec sleep 300"], ["cat"]]);
    const children = execFileSync("ps", ["-o", "pid=,args=", "--ppid", String(process.pid)]).toString().split("\\n");
    const guard = children.find((line) => line.includes("remove_folder")).trim().split(" ")[0];
    for await (const chunk of pipeline.stdout) console.log(guard, String(chunk).trim());
  });`;

const RUNTIMES = {
  node: [process.execPath, "--import", "tsx", "--input-type=module", "-e", OWNER],
  deno: [join(MODULES, "../../../node_modules/.bin/deno"), "eval", OWNER],
} as const;

async function startOwner(runtime: keyof typeof RUNTIMES) {
  const [program, ...args] = RUNTIMES[runtime];
  const owner = spawn(program, args, {
    cwd: join(MODULES, "../../.."),
    env: { ...process.env, TMPDIR: base },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => owner.once("close", resolve));
  const [guard = 0, sleeper = 0] = await new Promise<number[]>((resolve) =>
    owner.stdout.once("data", (line) => resolve(String(line).trim().split(" ").map(Number)))
  );
  return { owner, ended, guard, sleeper };
}

const archives = async () => (await readdir(base)).filter((name) => name.startsWith("revo-archive-"));

test.each(["node", "deno"] as const)(
  "children and folders end with a killed process of %s",
  async (runtime) => {
    const { owner, ended, sleeper } = await startOwner(runtime);
    expect(await startOf(sleeper)).not.toBeNull();
    expect(await archives()).toHaveLength(1);
    owner.kill("SIGKILL");
    await ended;
    await expect.poll(() => startOf(sleeper), { timeout: 5_000 }).toBeNull();
    await expect.poll(archives, { timeout: 5_000 }).toEqual([]);
  },
  30_000,
);

test("what a process leaves that was killed with its guard is removed by the next one", async () => {
  const { owner, ended, guard, sleeper } = await startOwner("node");
  const [name = ""] = await archives();
  expect(await removeLeftovers([base])).toEqual([]); // its owner lives
  process.kill(guard, "SIGKILL");
  owner.kill("SIGKILL");
  await ended;
  process.kill(sleeper, "SIGKILL");
  expect(await removeLeftovers([base])).toEqual([
    `removed ${join(base, name)}: process ${owner.pid}, which made it, was killed`,
  ]);
  expect(await archives()).toEqual([]);
}, 30_000);

/** A folder under another identity than this process has. */
async function folderOf(change: { pid?: number; place?: string; start?: string }): Promise<string> {
  const own = ownerOf(`${await folderPrefix("restore")}abcdef`);
  const { place, pid, start } = { ...own, ...change };
  return await mkdtemp(join(base, ["revo", "restore", place, pid, start, ""].join("-")));
}

test("the id of a dead process that another one has now does not keep a folder", async () => {
  const reused = await folderOf({ start: "1" });
  expect(await removeLeftovers([base])).toHaveLength(1);
  expect(existsSync(reused)).toBe(false);
});

test("a folder of another boot or container stays for a day", async () => {
  const foreign = await folderOf({ place: "00000000" });
  await utimes(foreign, new Date(), new Date());
  expect(await removeLeftovers([base])).toEqual([]);
  const yesterday = new Date(Date.now() - 25 * 3_600_000);
  await utimes(foreign, yesterday, yesterday);
  expect(await removeLeftovers([base])).toHaveLength(1);
  expect(existsSync(foreign)).toBe(false);
});

test("an entry of several lines is refused, and one that ends in a space is taken whole", async () => {
  const list = new Guard();
  const [one, other] = [join(base, "one"), join(base, "one ")];
  for (const folder of [one, other]) await mkdir(folder);
  expect(() => list.add(`folder ${one}\nfolder ${other}`)).toThrow("line break");
  list.add(`folder ${other}`);
  await list.end();
  expect([existsSync(one), existsSync(other)]).toEqual([true, false]);
});

test("files, folders of other names and those of living processes stay", async () => {
  const own = await folderOf({});
  const dead = { pid: 999_999_999 };
  const file = await folderOf(dead);
  await rm(file, { recursive: true });
  await writeFile(file, "");
  const other = await mkdtemp(join(base, "revo-outra-x-999999999-1-"));
  expect(await removeLeftovers([base])).toEqual([]);
  for (const path of [own, file, other]) expect(existsSync(path)).toBe(true);
});

test("folders of other users stay", async () => {
  const folder = await folderOf({ pid: 999_999_999 });
  expect(await removeLeftovers([base], (process.getuid?.() ?? 0) + 1)).toEqual([]);
  expect(existsSync(folder)).toBe(true);
});
