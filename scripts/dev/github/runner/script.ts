/** Runs one `run:` script with the files through which it exchanges values with the runner. */
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CommandReader, parsePairs } from "./commands.ts";
import { type JobSession, machineVariables, runnerVariables } from "./session.ts";

export interface Script {
  text: string;
  /** The shell that the workflow names; without it GitHub uses bash with fewer options. */
  shell: "bash" | undefined;
  /** Relative to the workspace. */
  workingDirectory: string;
  /** Of the workflow, the job and the step. */
  env: Readonly<Record<string, string>>;
  signal: AbortSignal;
}

export interface ScriptEnd {
  code: number;
  outputs: Record<string, string>;
}

/** GitHub's own: `pipefail` only where the workflow names the shell. */
const SHELL_OPTIONS = { bash: ["--noprofile", "--norc", "-eo", "pipefail"], none: ["-e"] };
const FILES = ["GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"] as const;
type Files = Record<(typeof FILES)[number], string>;

/** Of a step's summary, in characters; GitHub takes 1 MiB. */
const MAX_SUMMARY = 1_048_576;

/**
 * Runs the script; its additions to the environment, the path and the summary are in the session afterwards.
 * @throws {Error} when bash cannot be started or a file it wrote is malformed.
 */
export async function runScript(session: JobSession, script: Script): Promise<ScriptEnd> {
  const folder = await mkdtemp(join(session.folder, "step-"));
  const file = join(folder, "script.sh");
  const event = join(folder, "event.json");
  await writeFile(file, script.text);
  await writeFile(event, JSON.stringify(session.request.payload));
  const files = await makeFiles(folder);
  const reader = commandReader(session);
  const code = await session.request.settings.processes.run({
    file,
    options: SHELL_OPTIONS[script.shell ?? "none"],
    cwd: resolve(session.request.settings.workspace, script.workingDirectory),
    env: {
      ...machineVariables(session),
      ...script.env,
      ...runnerVariables(session),
      ...files,
      GITHUB_EVENT_PATH: event,
    },
    onLine: (line) => reader.read(line),
    signal: script.signal,
  });
  return { code, outputs: await takeFiles(session, files) };
}

function commandReader(session: JobSession): CommandReader {
  const { masker, record } = session;
  return new CommandReader({
    write: (line) => record.log.write(line),
    addMask: (secret) => masker.add(secret),
    annotate: ({ level, message }) => record.annotations.push({ level, message: masker.mask(message) }),
  });
}

async function makeFiles(folder: string): Promise<Files> {
  const path = (name: (typeof FILES)[number]) => join(folder, name.toLowerCase());
  await Promise.all(FILES.map((name) => writeFile(path(name), "")));
  return {
    GITHUB_ENV: path("GITHUB_ENV"),
    GITHUB_PATH: path("GITHUB_PATH"),
    GITHUB_OUTPUT: path("GITHUB_OUTPUT"),
    GITHUB_STEP_SUMMARY: path("GITHUB_STEP_SUMMARY"),
  };
}

async function takeFiles(session: JobSession, files: Files): Promise<Record<string, string>> {
  for (const [name, value] of parsePairs(await readFile(files.GITHUB_ENV, "utf8"))) {
    if (name.toUpperCase() === "NODE_OPTIONS") throw new Error(`Can't store ${name} output parameter`);
    session.env[name] = value;
  }
  const added = (await readFile(files.GITHUB_PATH, "utf8")).split(/\r?\n/).filter((line) => line !== "");
  session.path.unshift(...added.reverse());
  const summary = session.masker.mask(await readFile(files.GITHUB_STEP_SUMMARY, "utf8"));
  session.record.summary = (session.record.summary + summary).slice(0, MAX_SUMMARY);
  return Object.fromEntries(parsePairs(await readFile(files.GITHUB_OUTPUT, "utf8")));
}
