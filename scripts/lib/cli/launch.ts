/** Runs a command as a process of its own: the task of deno.json that the workflows run, with its permissions. */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import type { Environment } from "../process/environment.ts";
import type { ParsedCommand } from "./parse.ts";

export interface Launch {
  program: string;
  args: string[];
  env: Environment;
}

/** Tasks that this product runs: deno and its arguments, without anything that only a shell could read. */
const TASK = /^env deno (?<args>run [\w ./,:=-]+)$/;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * @param root the repository's folder
 * @throws {BackupError} `missing_tool` when deno.json has no such task.
 */
export async function launchOf(
  { command, variables }: ParsedCommand,
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
 * Waits for its end; signals go on to it, which takes back what it began.
 * @returns its exit code, 128 + n for signal n
 * @throws {BackupError} `missing_tool` when it cannot be started.
 */
export async function runLaunch({ args, env, program }: Launch, root: string): Promise<number> {
  const child = spawn(program, args, { cwd: root, env, stdio: "inherit" });
  const forward = (signal: NodeJS.Signals) => void child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, forward);
  try {
    return await new Promise((resolve, reject) => {
      child.once(
        "error",
        (cause) =>
          reject(new BackupError("missing_tool", `Cannot start ${program}: ${cause.message}`, { cause })),
      );
      child.once("close", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
    });
  } finally {
    for (const signal of SIGNALS) process.off(signal, forward);
  }
}
