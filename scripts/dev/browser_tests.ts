/** Starts the stack with the built screen, runs the browser tests against it, stops it: one step of `npm test`. */
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { startPartControl } from "./part_control.ts";
import { startStack } from "./stack.ts";

const print = (line: string) => void process.stdout.write(line + "\n");
const stack = await startStack({ web: "built", ports: "free", rows: 20_000, log: print });
const stop = (code: number) => stack.stop().then(() => process.exit(code));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void stop(1));

const control = await startPartControl(stack);
const description = join(stack.dir, "e2e.json");
await writeFile(
  description,
  JSON.stringify({
    screen: stack.urls.screen,
    screenFolder: join(stack.dir, "screen"),
    supabase: stack.urls.supabase,
    publishableKey: stack.keys.publishable,
    prodDatabase: stack.databases.prod,
    devDatabase: stack.databases.dev,
    control,
    ...stack.users,
  }),
  { mode: 0o600 },
);
const runner = spawn(
  join("node_modules", ".bin", "playwright"),
  ["test", "--config", "web/playwright.config.ts", ...process.argv.slice(2)],
  {
    stdio: "inherit",
    env: { ...process.env, E2E_STACK: description, E2E_OUTPUT: join(stack.dir, "browser") },
  },
);
runner.on("close", (code) => void stop(code ?? 1));
