import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ownerOf, withTemporaryFolder } from "./temporary_folder.ts";

let base: string;
const before = process.env.TMPDIR;
beforeEach(async () => process.env.TMPDIR = base = await mkdtemp(join(tmpdir(), "revo-test-")));
afterEach(async () => {
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
  await rm(base, { recursive: true, force: true });
});

test("a folder is there while the work goes on, marked with its owner", async () => {
  const [name = ""] = await withTemporaryFolder("archive", () => readdir(base));
  expect(ownerOf(name)).toMatchObject({ pid: process.pid, start: expect.stringMatching(/^\d{2,}$/) });
  expect(await readdir(base)).toEqual([]);
});

test("the work's error is the one that is thrown, and the folder is removed", async () => {
  const failed = withTemporaryFolder("archive", () => Promise.reject(new Error("the cause")));
  await expect(failed).rejects.toThrow("the cause");
  expect(await readdir(base)).toEqual([]);
});

test("a TMPDIR with a line break is refused, and nothing is made in it", async () => {
  process.env.TMPDIR = join(base, "two\nlines");
  await mkdir(process.env.TMPDIR);
  await expect(withTemporaryFolder("archive", () => Promise.resolve())).rejects.toMatchObject({
    code: "missing_environment",
    message: expect.stringContaining("line break"),
  });
  expect(await readdir(process.env.TMPDIR)).toEqual([]);
});

test("a TMPDIR that cannot be written is reported before the work, with what to do", async () => {
  process.env.TMPDIR = join(base, "file");
  await writeFile(process.env.TMPDIR, "");
  let isBegun = false;
  const failed = withTemporaryFolder("archive", () => Promise.resolve(isBegun = true));
  await expect(failed).rejects.toMatchObject({
    code: "missing_environment",
    message: expect.stringContaining("Cannot make a temporary folder: ENOTDIR"),
    hint: expect.stringContaining("TMPDIR"),
  });
  expect(isBegun).toBe(false);
});
