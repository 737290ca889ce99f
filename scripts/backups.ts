/**
 * `npm run backups -- COMMAND`: everything that a person does by hand, docs/commands.md.
 *
 * Reads what was typed and runs the command in a process of its own. Runs under Node.
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { BackupError } from "@backup/errors.ts";
import { PROGRAM } from "./lib/cli/command.ts";
import { completionScript, SHELLS } from "./lib/cli/completion.ts";
import { helpOf, overview } from "./lib/cli/help.ts";
import { launchOf, runLaunch } from "./lib/cli/launch.ts";
import { findCommand, parseCommand } from "./lib/cli/parse.ts";
import { reference } from "./lib/cli/reference.ts";
import { runMain } from "./lib/run/main.ts";
import { Output } from "./lib/run/output.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const [name = "help", ...args] = process.argv.slice(2);

const { stdout, stderr } = process;
const json = args.includes("--json") || process.env.REVO_OUTPUT === "json";
const front = new Output({ json, progress: false, stdout, stderr, now: () => performance.now() });

await runMain(async (_signal, output) => {
  if (["help", "--help", "-h"].includes(name)) output.print(help(args[0]));
  else if (name === "completion") output.print(completion(args[0]));
  else await run();
}, front);

async function run(): Promise<void> {
  // npm changes to the repository's folder and tells where it was called
  const folder = process.env.INIT_CWD || process.cwd();
  const parsed = parseCommand(findCommand(name), args, folder, process.env);
  if (parsed.wantsHelp) return front.print(helpOf(parsed.command));
  process.exit(await runLaunch(await launchOf(parsed, ROOT, process.env), ROOT));
}

function help(of: string | undefined): string {
  if (of === "--markdown") return reference().trimEnd();
  return of === undefined ? overview() : helpOf(findCommand(of));
}

function completion(wanted: string | undefined): string {
  const shell = SHELLS.find((known) => known === wanted);
  if (shell) return completionScript(shell, ROOT).trimEnd();
  throw new BackupError("invalid_payload", `Cannot start: completion is for ${SHELLS.join(" or ")}`, {
    hint: `For example: ${PROGRAM} completion ${SHELLS[0]}`,
  });
}
