import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { toBackupError } from "@backup/errors.ts";
import { EXIT } from "../run/exit_code.ts";
import { COMMANDS } from "./commands.ts";
import { completionScript } from "./completion.ts";
import { exitTable } from "./exit_codes.ts";
import { launchOf } from "./launch.ts";
import { parseLine } from "./parse_line.ts";
import { reference } from "./reference.ts";

const ROOT = new URL("../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");
const KEY = "revo/prod/2026/01/15/supabase_prod_20260115_031022.dump.gz";

const CONTEXT = { folder: "/home/ana", root: ROOT.pathname, environment: {} };

const parse = (...args: string[]) => parseLine(args, CONTEXT);

/** What the options of a line set. */
function variables(...args: string[]): Record<string, string> {
  const line = parse(...args);
  if (line.kind === "text") throw new Error(`No command: ${line.text}`);
  return line.variables;
}

function text(...args: string[]): string {
  const line = parse(...args);
  if (line.kind === "command") throw new Error(`No text: ${line.command.name}`);
  return line.text;
}

/** The message and the hint for a wrong line. */
function refusal(...args: string[]): string {
  try {
    parse(...args);
  } catch (thrown) {
    const { code, hint, message } = toBackupError(thrown);
    expect(code).toBe("invalid_payload");
    return `${message}. ${hint}`;
  }
  throw new Error("it was accepted");
}

test("what is typed becomes the variables that the command reads", () => {
  expect(variables("backup")).toEqual({});
  expect(variables("backup", "--target=dev", "--label", "antes da migracao", "--verify", "--quiet"))
    .toEqual({ TARGET: "dev", LABEL: "antes da migracao", VERIFY: "yes", REVO_PROGRESS: "no" });
  expect(variables("restore", "--target", "dev", "--plan", KEY, "--json"))
    .toEqual({ TARGET: "dev", R2_KEY: KEY, PLAN: "yes", REVO_OUTPUT: "json" });
  expect(variables("restore", "--key", KEY, "--target", "dev")).toMatchObject({ R2_KEY: KEY });
  expect(variables("upload", "x.dump.gz")).toEqual({ FILE: "/home/ana/x.dump.gz" });
  expect(variables("upload", "--file", "/x.dump.gz")).toEqual({ FILE: "/x.dump.gz" });
  expect(variables("backup", "--reason=--assim mesmo")).toEqual({ REASON: "--assim mesmo" });
  expect(text("restore", "--help")).toContain("npm run backups -- restore");
  expect(parseLine(["verify"], { ...CONTEXT, environment: { R2_KEY: KEY } })).toMatchObject({
    variables: {},
  });
});

test.each(
  [
    ["no option --targt. Did you mean --target? ", ["backup", "--targt", "dev"]],
    ["no option -t. ", ["backup", "-t", "dev"]],
    ["one of prod, dev, verify. Did you mean prod? ", ["backup", "--target", "pord"]],
    ["--target needs a value: --target TARGET", ["backup", "--target"]],
    ["--target needs a value: --target TARGET", ["backup", "--target", "--json"]],
    ["--verify takes no value", ["backup", "--verify=no"]],
    ["--label: Cannot use the label", ["backup", "--label", "a/b"]],
    ["--limit: must be a whole number", ["list", "--limit", "1.5"]],
    ["is no key of a backup", ["verify", "revo/prod/x.dump.gz"]],
    ["--request-id: is no UUID", ["drill", "--request-id", "7"]],
    ["an argument too many: `backup` takes none", ["backup", "prod"]],
    ["an argument too many: `verify` takes one", ["verify", "newest", "newest"]],
    ["needs --target TARGET and --key KEY", ["restore"]],
    ["needs --file FILE", ["upload"]],
  ] as const,
)("a wrong line is refused with the help to read: %s", (text, [name, ...args]) => {
  const output = refusal(name, ...args);
  expect(output).toContain(text);
  expect(output).toContain(`See npm run backups -- ${name} --help`);
});

test("an unknown command is refused with the one that was probably meant", () => {
  for (const [typed, wanted] of [["bakcup", "backup"], ["reco", "recover"], ["Verify", "verify"]]) {
    expect(() => parse(typed ?? "")).toThrow(expect.objectContaining({
      hint: expect.stringContaining(`Did you mean ${wanted}? `),
    }));
  }
  expect(() => parse("terraform")).toThrow(expect.objectContaining({
    message: "Cannot start: there is no such command: terraform",
    hint: "See npm run backups -- help",
  }));
});

test("secrets are not options, and typed values are not repeated", () => {
  const secret = "postgres://postgres:s3nha@db/postgres";
  for (
    const [hint, args] of [
      ["variable SUPABASE_DB_URL_PROD.", ["--supabase-db-url-prod", secret]],
      ["variable R2_SECRET_ACCESS_KEY.", [`--r2-secret-access-key=${secret}`]],
      ["an environment variable: ", ["--database-url", secret]],
      ["an environment variable: ", [`--password=${secret}`]],
      ["See ", [secret]],
      ["See ", ["--target", secret]],
      ["See ", ["--label", secret]],
    ] as const
  ) {
    const output = refusal("backup", ...args);
    expect(output).toContain(hint);
    if (args[0] !== "--label") expect(output).not.toContain("s3nha");
  }
  expect(() => parse(secret)).toThrow("Cannot start: there is no such command");
  expect(() => parse(secret)).not.toThrow("s3nha");
});

test.each(COMMANDS)(
  "$name reads what its options set, takes their values, and has their defaults",
  async ({ environment, options }) => {
    const fields = (await environment()).shape;
    for (const { fallback, isRequired, sets = "yes", value, variable } of options) {
      const field = fields[variable];
      expect(field, variable).toBeDefined();
      for (const allowed of value ? value.choices ?? [] : [sets]) {
        expect(field?.safeParse(allowed).success, `${variable}=${allowed}`).toBe(true);
      }
      const absent = field?.safeParse(undefined);
      expect(absent?.success, variable).toBe(!isRequired);
      if (value?.choices && fallback && fallback !== "all") expect(absent?.data, variable).toBe(fallback);
    }
  },
);

test.each(COMMANDS)(
  "$name has a task, help with examples, and examples that can be typed",
  async (command) => {
    const { args } = await launchOf(command, {}, ROOT.pathname, {});
    expect(args.find((arg) => arg.startsWith("scripts/"))).toMatch(/^scripts\/\w+\.ts$/);
    expect(args).toContain("--no-prompt");
    const help = text(command.name, "--help");
    expect(text("help", command.name)).toBe(help);
    for (const { flag } of command.options) expect(help).toContain(`--${flag}`);
    expect(command.examples.length).toBeGreaterThan(0);
    for (const { line } of command.examples) {
      expect(help).toContain(`npm run backups -- ${line}`);
      const words = [...line.matchAll(/"([^"]*)"|\S+/g)].map(([all, quoted]) => quoted ?? all);
      expect(parse(...words)).toMatchObject({ kind: "command", command: { name: command.name } });
    }
    expect(text("help")).toContain(command.summary);
  },
);

test("docs/commands.md and docs/exit-codes.md are generated from the commands", () => {
  expect(read("docs/commands.md")).toBe(reference());
  expect(read("docs/exit-codes.md")).toContain(exitTable());
  expect(exitTable().split("\n")).toHaveLength(2 + Object.keys(EXIT).length);
});

test.each(COMMANDS)("docs/environment.md has every variable of $name", ({ options, settings }) => {
  const documented = read("docs/environment.md");
  const variables = [...options, ...settings].map(({ variable }) => variable);
  expect(variables.filter((variable) => !documented.includes(`\`${variable}\``))).toEqual([]);
});

/** What bash completes at the end of a line, with the script as `eval` gets it. */
function complete(line: string, folder: string): string[] {
  const words = line.split(" ");
  const script = `${completionScript("bash", "/opt/l'oja")}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _backups; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const output = execFileSync("bash", ["--norc", "-c", script, "bash", ...words], {
    cwd: folder,
    encoding: "utf8",
  });
  return output.trim().split("\n");
}

test("bash completes commands, options, values and files", () => {
  const docs = new URL("docs/", ROOT).pathname;
  expect(complete("backups re", docs)).toEqual(["restore", "recover", "reconcile"]);
  expect(complete("backups backup --la", docs)).toEqual(["--label"]);
  expect(complete("backups backup --target ", docs)).toEqual(["prod", "dev", "verify"]);
  expect(complete("backups backup --target = pr", docs)).toEqual(["prod"]);
  expect(complete("backups backup --target =", docs)).toEqual(["prod", "dev", "verify"]);
  expect(complete("backups backup --label x", docs)).toEqual([""]);
  expect(complete("backups verify n", docs)).toEqual(["newest"]);
  expect(complete("backups upload decisions/00", docs)).toContain(
    "decisions/0001-psql-is-the-only-client.md",
  );
  expect(complete("backups help dri", docs)).toEqual(["drill"]);
  expect(complete("backups completion ", docs)).toEqual(["bash", "zsh"]);
});

test.each(["bash", "zsh"] as const)("the completion for %s has every command and option", (shell) => {
  const script = completionScript(shell, "/opt/loja");
  // bash and zsh share this much of the grammar
  execFileSync("bash", ["--norc", "-n", "-c", script]);
  expect(script).toContain("npm --prefix /opt/loja run --silent backups --");
  for (const { name, options } of COMMANDS) {
    expect(script).toContain(`    ${name}) `);
    for (const { flag } of options) expect(script).toContain(`--${flag}`);
  }
});
