/**
 * The commands of the README in a fresh copy of the repository. The packages are installed, since the test does not
 * use a registry; everything else that a copy lacks (caches, a built screen) is created.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { ROOT } from "./documented_names.ts";
import { blocksOf } from "./markdown_commands.ts";

const run = promisify(execFile);
/** Without other load it takes a tenth of this. */
const LIMIT_MS = 290_000;
let copy: string;
beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), "revo-clone-"));
});
afterAll(() => rm(copy, { recursive: true, force: true }));

/** The tree as a clone would have it: tracked files, and new ones that are not ignored. */
async function cloneTree(to: string): Promise<void> {
  const listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const { stdout } = await run("git", listing, { cwd: ROOT, maxBuffer: 2 ** 26 });
  const files = stdout.split("\0").filter((file) => file !== "" && existsSync(join(ROOT, file)));
  for (const file of new Set(files)) await cp(join(ROOT, file), join(to, file));
  await symlink(join(ROOT, "node_modules"), join(to, "node_modules"));
}

const summarySchema = z.object({
  ok: z.literal(true),
  backup: z.object({ r2_key: z.string(), rows: z.number().positive() }),
  restore: z.object({ equal: z.literal(true) }),
  drill: z.object({ ok: z.literal(true) }),
});

it("the README's command completes in a fresh copy", { timeout: LIMIT_MS + 10_000 }, async () => {
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  const [first, ...more] = blocksOf(readme).filter(({ text, mark }) =>
    mark === "run" && /\bnpm\b/.test(text)
  );
  expect(more).toEqual([]);
  await cloneTree(copy);
  const { PATH, HOME, USER } = process.env;
  const { stdout } = await run("bash", ["--norc", "-e", "-c", first?.text ?? "false"], {
    cwd: copy,
    // Deno's cache is new as well: nothing in it is compiled
    env: { PATH, HOME, USER, DENO_DIR: join(copy, ".deno") },
    maxBuffer: 2 ** 26,
    timeout: LIMIT_MS,
  });
  const last = stdout.trim().split("\n").at(-1) ?? "";
  expect(summarySchema.parse(JSON.parse(last)).backup.r2_key).toContain("revo/prod/");
});
