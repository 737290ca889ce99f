/** The stack as a whole: connections between its parts, restarts of parts, and secrets. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FUNCTION_NAME } from "@backup/api.ts";
import { openR2Vault } from "../lib/vault/open_vault.ts";
import { processesOf } from "./run_processes.ts";
import { type Stack, startStack, stopStacks } from "./stack.ts";
import { PART_NAMES } from "./stack_types.ts";

let stack: Stack;

beforeAll(async () => stack = await startStack({ seed: false, web: "built", log: () => {} }));
afterAll(() => stopStacks());

test("the screen is served and knows the project, and the function accepts its origin", async () => {
  const { screen, supabase } = stack.urls;
  const page = await (await fetch(`${screen}/desenvolvedor/backups`)).text();
  expect(page).toContain('<div id="root">');
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(page)?.[1] ?? "";
  expect(await (await fetch(`${screen}${script}`)).text()).toContain(supabase);
  const preflight = await fetch(`${supabase}/functions/v1/${FUNCTION_NAME}`, {
    method: "OPTIONS",
    headers: { origin: screen ?? "", "access-control-request-method": "POST" },
  });
  expect(preflight.headers.get("access-control-allow-origin")).toBe(screen);
});

test("the workflows get the repository's secrets and no others", () => {
  expect(Object.keys(stack.workflowSecrets).sort()).toEqual([
    "BACKUP_SIGNING_KEY",
    "LOOK_PRIVATE_KEY",
    "R2_ACCESS_KEY_ID",
    "R2_BUCKET",
    "R2_ENDPOINT",
    "R2_SECRET_ACCESS_KEY",
    "SUPABASE_DB_URL_DEV",
    "SUPABASE_DB_URL_PROD",
    "SUPABASE_DB_URL_VERIFY",
  ]);
  expect(stack.workflowSecrets.R2_BUCKET).toBe("revo-erp-backups-prod");
});

test("the vault keeps its objects over a restart and refuses unauthenticated requests", async () => {
  const vault = openR2Vault(stack.r2);
  await vault.put("revo/kept.txt", "kept", "text/plain");
  await stack.restartPart("r2");
  expect(await vault.text("revo/kept.txt")).toBe("kept");
  const stranger = openR2Vault({ ...stack.r2, secretAccessKey: "wrong" });
  await expect(stranger.text("revo/kept.txt")).rejects.toMatchObject({ code: "vault_auth_failed" });
});

test("no command line contains a secret", () => {
  const secrets = [
    ...Object.values(stack.keys),
    stack.r2.secretAccessKey,
    stack.github.token,
    new URL(stack.databases.prod).password,
    new URL(stack.superuserUrl("prod")).password,
  ];
  const lines = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map((pid) => {
    try {
      return readFileSync(join("/proc", pid, "cmdline"), "utf8");
    } catch {
      return ""; // ended meanwhile
    }
  });
  expect(lines.some((line) => line.includes(stack.dir))).toBe(true);
  expect(lines.filter((line) => secrets.some((secret) => line.includes(secret)))).toEqual([]);
});

test("without a seed there are no users, and a message says so", () => {
  expect(() => stack.users).toThrow("without its seed");
});

test("every part restarts at the same address, and a second stop() has no effect", async () => {
  const github = stack.urls.github;
  for (const name of PART_NAMES) {
    await stack.stopPart(name);
    await stack.stopPart(name);
    await stack.startPart(name);
  }
  const answer = await fetch(`${github}/repos/revo/revo-erp`, {
    headers: { authorization: `Bearer ${stack.github.token}` },
  });
  expect(answer.status).toBe(200);
  expect(stack.github.journal).toHaveLength(1);
});

test("stop() ends every process of the run", async () => {
  expect(processesOf(stack.dir).length).toBeGreaterThanOrEqual(5);
  await stack.stop();
  await stack.stop();
  expect(processesOf(stack.dir)).toEqual([]);
});
