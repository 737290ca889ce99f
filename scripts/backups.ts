/**
 * `npm run backups -- COMMAND`: everything that is done by hand, docs/commands.md.
 *
 * Parses the line and runs the command in a process of its own, with the permissions of its task.
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { launchOf, runLaunch } from "./lib/cli/launch.ts";
import { parseLine } from "./lib/cli/parse_line.ts";
import { noSignals } from "./lib/run/interruption.ts";
import { runMain } from "./lib/run/main.ts";
import { Output } from "./lib/run/output.ts";
import { stderr, stdout } from "./lib/run/standard_streams.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const args = process.argv.slice(2);
const { env: environment } = process;
const json = args.includes("--json") || environment.REVO_OUTPUT === "json";
const front = new Output({ json, progress: false, stdout, stderr, now: () => performance.now() });

await runMain(
  async (_signal, output) => {
    // npm changes to the repository's folder, and names the caller's
    const folder = environment.INIT_CWD || process.cwd();
    const line = parseLine(args, { folder, root, environment });
    if (line.kind === "text") return output.print(line.text.trimEnd());
    process.exit(await runLaunch(await launchOf(line.command, line.variables, root, environment), root));
  },
  front,
  noSignals,
);
