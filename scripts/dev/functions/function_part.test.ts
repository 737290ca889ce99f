/**
 * The function of `npm run dev`: a change of its files is effective at the next call, and a stop leaves nothing
 * behind.
 */
import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findFreePort } from "../../lib/server/free_port.ts";
import type { ChildPart } from "../child_process.ts";
import { ROOT } from "../root.ts";
import { openRunFolder, type RunFolder } from "../run_folder.ts";
import { functionPart } from "./function_part.ts";

const said: string[] = [];
let run: RunFolder;
let part: ChildPart;
let port: number;

beforeAll(async () => {
  run = await openRunFolder(() => {});
  port = await findFreePort();
  part = functionPart({
    run,
    port,
    supabaseUrl: "http://127.0.0.1:1",
    publishableKey: "sb_publishable_x",
    secretKey: "sb_secret_x",
    github: { url: "http://127.0.0.1:1", token: "t", repository: "revo/revo-erp" },
    allowedOrigins: [],
    onOutput: (line) => said.push(line),
    onUnexpectedEnd: (text) => said.push(text),
  });
  await part.start();
});
afterAll(async () => {
  await part.stop();
  await run.remove();
});

const answers = async () => {
  const answer = await fetch(`http://127.0.0.1:${port}/ops-backups`, { method: "POST" });
  return answer.status;
};

test("restarts at the same address when a file is saved", async () => {
  expect(await answers()).toBe(401);
  const now = new Date();
  // saved without a change: the other tests of this working tree see no difference
  await utimes(join(ROOT, "supabase", "functions", "ops-backups", "responses.ts"), now, now);
  await expect.poll(() => said.join("\n"), { timeout: 20_000 }).toMatch(/^function: .*restart/im);
  await expect.poll(() => answers().catch(() => 0), { timeout: 20_000 }).toBe(401);
});

test("does not restart on a change after it was stopped", async () => {
  await part.stop();
  const now = new Date();
  await utimes(join(ROOT, "supabase", "functions", "ops-backups", "responses.ts"), now, now);
  await expect(answers()).rejects.toThrow();
});
