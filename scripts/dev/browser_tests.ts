/**
 * Starts stacks with the built screen, runs the browser tests against them, stops them: one step of `npm test`. Each
 * worker of the tests has a stack of its own, as a stack has one lock per target; named tests have one worker.
 */
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import process from "node:process";
import openMemoryFolder from "./memory_folder.ts";
import { startPartControl } from "./part_control.ts";
import { type Stack, startStack, stopStacks } from "./stack.ts";

const named = process.argv.slice(2);
const names = named.length === 0 ? ["stack 1", "stack 2"] : ["stack"];

const removeFolder = await openMemoryFolder();
const stop = (code: number) => stopStacks().then(removeFolder).then(() => process.exit(code));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void stop(1));

const stacks = await Promise.all(names.map((name) =>
  startStack({
    web: "built",
    ports: "free",
    rows: 20_000,
    log: (line) => void process.stdout.write(`${name}: ${line}\n`),
  })
)).catch(async (error: unknown) => {
  await stopStacks().then(removeFolder);
  throw error;
});

/** Writes what the tests need of a stack. @returns the file. */
async function describe(stack: Stack): Promise<string> {
  const description = join(stack.dir, "e2e.json");
  const text = JSON.stringify({
    screen: stack.urls.screen,
    screenFolder: join(stack.dir, "screen"),
    supabase: stack.urls.supabase,
    publishableKey: stack.keys.publishable,
    prodDatabase: stack.databases.prod,
    devDatabase: stack.databases.dev,
    control: await startPartControl(stack),
    ...stack.users,
  });
  await writeFile(description, text, { mode: 0o600 });
  return description;
}

const descriptions = await Promise.all(stacks.map(describe));
const runner = spawn(
  join("node_modules", ".bin", "playwright"),
  ["test", "--config", "web/playwright.config.ts", ...named],
  {
    stdio: "inherit",
    env: {
      ...process.env,
      E2E_STACKS: descriptions.join(delimiter),
      E2E_OUTPUT: join(stacks[0]?.dir ?? "", "browser"),
    },
  },
);
runner.on("close", (code) => void stop(code ?? 1));
