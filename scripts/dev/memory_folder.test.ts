import { existsSync, statSync } from "node:fs";
import process from "node:process";
import { afterAll, beforeAll, expect, test } from "vitest";
import openMemoryFolder, { makeTestServerFolder } from "./memory_folder.ts";

const given = process.env.REVO_TEST_MEMORY;

beforeAll(() => void delete process.env.REVO_TEST_MEMORY);
afterAll(() => void (given === undefined || (process.env.REVO_TEST_MEMORY = given)));

test("servers' folders are in this run's folder, if it has one, and go with it", async () => {
  const remove = await openMemoryFolder();
  const memory = process.env.REVO_TEST_MEMORY;
  const folder = await makeTestServerFolder();
  expect(folder.path.startsWith(memory ?? "/")).toBe(true);
  expect(statSync(folder.path).mode & 0o077).toBeLessThanOrEqual(0o011);
  await remove();
  expect(existsSync(folder.path)).toBe(memory === undefined);
  const onDisk = await makeTestServerFolder();
  expect(onDisk.path).not.toMatch(/^\/dev\/shm\//);
  for (const left of [folder, onDisk]) await left.remove();
  expect(existsSync(onDisk.path)).toBe(false);
});
