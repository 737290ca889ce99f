/**
 * Commands in Markdown, taken as somebody takes them who follows it. What is done with a block is written behind its
 * language, where no reader sees it:
 *
 * - `sh run`: a test runs it as it stands
 * - `sh fill`: `export NAME=…` lines into which the reader puts values of his own, and the test those of its place
 * - `sh checked`: only that what it names exists; it goes on until somebody ends it, or is what runs the tests
 * - `sh needs-account`: the same, since it needs an account elsewhere
 * - `text says`: lines that the block before has to print; `…` stands for anything within a line
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

export const MARKS = ["run", "fill", "checked", "needs-account"] as const;

export interface Block {
  language: string;
  mark: string;
  text: string;
  /** Of its first line of text, counted from 1. */
  line: number;
}

/** Every fenced block of a Markdown text. */
export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w*)[ ]?([^\n]*)\n([\s\S]*?)^```$/gm)].map((found) => {
    const [, language = "", mark = "", text = ""] = found;
    const line = markdown.slice(0, found.index).split("\n").length + 1;
    return { language, mark: mark.trim(), text, line };
  });
}

/** The names that a `fill` block asks values for. */
export function namesIn({ text, line }: Block): string[] {
  return text.trimEnd().split("\n").map((row, index) => {
    const name = /^ *export ([A-Z][A-Z0-9_]*)=\S/.exec(row)?.[1];
    if (name === undefined) throw new Error(`line ${line + index} is not "export NAME=…": ${row}`);
    return name;
  });
}

export interface Situation {
  cwd: string;
  /** All of it: nothing of this process's environment is passed on. */
  env: Record<string, string>;
  /** What is put into `fill` blocks, out of what was printed so far. */
  fill: Record<string, string | ((said: string) => string)>;
}

/**
 * Does what a text says, from its first block to its last, and stops at the first command that fails.
 * @returns all that was printed
 * @throws when a command fails, a value is not known, or something else is printed than the text says
 */
export async function follow(markdown: string, { cwd, env, fill }: Situation): Promise<string> {
  const values = { ...env };
  let said = "";
  let last = "";
  for (const block of blocksOf(markdown)) {
    const kind = `${block.language} ${block.mark}`;
    if (kind === "sh run") said += last = await typed(block, cwd, values);
    else if (kind === "text says") requireSaid(block, last);
    else if (kind === "sh fill") {
      for (const name of namesIn(block)) {
        const value = fill[name];
        if (value === undefined) throw new Error(`line ${block.line}: no value is known for ${name}`);
        values[name] = typeof value === "string" ? value : value(said);
      }
    }
  }
  return said;
}

/** Types a block into a shell that ends at the first command that fails; of a pipe, as in any shell, the last one counts. */
async function typed({ text, line }: Block, cwd: string, env: Record<string, string>): Promise<string> {
  const script = `exec 2>&1\n${text}`;
  const options = { cwd, env, maxBuffer: 2 ** 26 };
  const run = promisify(execFile)("bash", ["--norc", "-e", "-c", script], options);
  const { stdout } = await run.catch((error: { code?: unknown; stdout?: string }) => {
    throw new Error(`The commands of line ${line} ended with ${error.code}:\n${text}\n${error.stdout}`);
  });
  return stdout;
}

function requireSaid({ text, line }: Block, printed: string): void {
  for (const expected of text.trimEnd().split("\n")) {
    const parts = expected.split("…").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    if (new RegExp(parts.join(".*")).test(printed)) continue;
    throw new Error(`line ${line}: "${expected}" was not printed:\n${printed}`);
  }
}
