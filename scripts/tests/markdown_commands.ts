/**
 * Runs the commands of a Markdown document as a reader would. How a block is handled is written after its language,
 * where it is not rendered:
 *
 * - `sh run`: a test runs it unchanged
 * - `sh fill`: `export NAME=…` lines; the reader supplies the values, in the test its environment does
 * - `sh checked`: only the names in it are checked; it runs until it is interrupted, or runs the tests itself
 * - `sh needs-account`: the same, since it needs an account elsewhere; a test that has stand-ins for them runs it
 * - `text says`: lines that the block before must print; `…` matches anything within a line
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

/** The variables that a `fill` block asks for. */
export function namesIn({ text, line }: Block): string[] {
  return text.trimEnd().split("\n").map((row, index) => {
    const name = /^ *export ([A-Z][A-Z0-9_]*)=\S/.exec(row)?.[1];
    if (name === undefined) throw new Error(`line ${line + index} is not "export NAME=…": ${row}`);
    return name;
  });
}

export interface Situation {
  cwd: string;
  /** The complete environment: nothing of this process's environment is inherited. */
  env: Record<string, string>;
  /** Called after each `needs-account` block, which are run when this is given. */
  afterAccount?: () => Promise<void>;
  /** The values of `fill` blocks, from the output so far. */
  fill: Record<string, string | ((said: string) => string)>;
}

/**
 * Runs the blocks of a text in order, and stops at the first command that fails.
 * @returns the complete output
 * @throws when a command fails, a value is not known, or the output differs from the text
 */
export async function follow(markdown: string, { cwd, env, fill, afterAccount }: Situation): Promise<string> {
  const values = { ...env };
  let said = "";
  let last = "";
  for (const block of blocksOf(markdown)) {
    const kind = `${block.language} ${block.mark}`;
    if (kind === "sh run") said += last = await typed(block, cwd, values);
    else if (kind === "sh needs-account" && afterAccount) {
      said += last = await typed(block, cwd, values);
      await afterAccount();
    } else if (kind === "text says") requireSaid(block, last);
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

/**
 * Runs a block in a shell that exits at the first command that fails; of a pipe the last command counts, as in any
 * shell.
 */
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
