/** Runs a command as a process of its own: the task of deno.json that the workflows run, with its permissions. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import type { Environment } from "../process/environment.ts";
import type { Command } from "../command/command.ts";

export interface Launch {
  program: string;
  args: string[];
  env: Environment;
}

/** Tasks that this product runs: deno and its arguments, without syntax of a shell. */
const TASK = /^env deno (?<args>run [\w ./,:=-]+)$/;
const PARENT_CHECK_MS = 300;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * @param root the repository's folder
 * @throws {BackupError} `missing_tool` when deno.json has no such task.
 */
export async function launchOf(
  command: Command,
  variables: Readonly<Record<string, string>>,
  root: string,
  environment: Environment,
): Promise<Launch> {
  const config = z.object({ tasks: z.record(z.string(), z.string()) });
  const { tasks } = config.parse(JSON.parse(await readFile(join(root, "deno.json"), "utf8")));
  const args = TASK.exec(tasks[command.task] ?? "")?.groups?.args;
  if (args === undefined) {
    throw new BackupError(
      "missing_tool",
      `Cannot run ${command.name}: deno.json has no task ${command.task}`,
    );
  }
  return {
    program: join(root, "node_modules", ".bin", "deno"),
    args: [...args.split(" "), ...command.taskArguments ?? []],
    env: { ...environment, ...variables },
  };
}

/**
 * Waits for its end. Signals are forwarded to it; it then rolls back what it began. When the parent of this process is
 * gone, such as an npm that was killed, it gets SIGTERM.
 * @returns its exit code, 128 + n for signal n
 * @throws {BackupError} `missing_tool` when it cannot be started.
 */
export async function runLaunch({ args, env, program }: Launch, root: string): Promise<number> {
  const child = spawn(program, args, { cwd: root, env, stdio: "inherit" });
  const stopForwarding = forwardSignals(child);
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", (cause) => {
        reject(new BackupError("missing_tool", `Cannot start ${program}: ${cause.message}`, { cause }));
      });
      child.once("close", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
    });
  } finally {
    stopForwarding();
  }
}

/** @returns ends the forwarding */
function forwardSignals(child: ChildProcess): () => void {
  const forward = (signal: NodeJS.Signals) => void child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, forward);
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    forward("SIGTERM");
  }, PARENT_CHECK_MS);
  return () => {
    clearInterval(watch);
    for (const signal of SIGNALS) process.off(signal, forward);
  };
}
