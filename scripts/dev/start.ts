/**
 * `npm start`: the whole system on this machine, until Ctrl-C.
 *
 *     npm start [-- --rows N]      prod gets about N rows of ERP data, default 200000
 *     npm start -- --empty         without the two real backups and the sample history
 *     npm start -- --once          the main job, end to end, then exit
 *     npm run dev                  with --watch: the function restarts on changes, as the screen always does
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { installSystemPackages } from "./system_packages.ts";
import type { Stack } from "./stack.ts";
import { terminalLine } from "./terminal_line.ts";

const USAGE = `Usage: npm start [-- [--rows N] [--empty] [--once] [--watch]]

  --rows N   about how many rows of ERP data prod gets (at least 1000, default 200000)
  --empty    begins without any history; otherwise there are two real backups and sixty days of sample ones
  --once     runs the main job end to end on free ports, prints one line of JSON and exits
  --watch    restarts the function when its files change, and prints its output (npm run dev)
`;
const FEWEST_ROWS = 1000;
/** One Ctrl-C may arrive twice: from the terminal and from npm. */
const SAME_SIGNAL_MS = 1_000;
const PARENT_POLL_MS = 300;
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

const options = readOptions(process.argv.slice(2));
const startedAt = performance.now();
let isUp = false;
// after the options: invalid ones are refused at once
const { startStack, stopStacks } = await import("./stack.ts");
const { makeRealBackups } = await import("./seed/real_backups.ts");
const { DEMO_ENVIRONMENT_FILE } = await import("./demo_environment.ts");
stopOnSignals();
stopWithParent();
if (options.once) {
  const { runOnce } = await import("./once.ts");
  process.exit(await runOnce({ rows: options.rows }));
}
await runUntilStopped();

function readOptions(args: string[]): { rows?: number; empty: boolean; once: boolean; watch: boolean } {
  try {
    const { values } = parseArgs({
      args,
      options: {
        rows: { type: "string" },
        empty: { type: "boolean" },
        once: { type: "boolean" },
        watch: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      process.exit(0);
    }
    const rows = values.rows === undefined ? undefined : Number(values.rows);
    if (rows !== undefined && !(Number.isSafeInteger(rows) && rows >= FEWEST_ROWS)) {
      throw new Error(`--rows must be a whole number of at least ${FEWEST_ROWS}: '${values.rows}'`);
    }
    return { rows, empty: values.empty ?? false, once: values.once ?? false, watch: values.watch ?? false };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(2);
  }
}

async function runUntilStopped(): Promise<void> {
  try {
    await installSystemPackages(["postgresql", "isal"], log);
    const stack = await startStack({
      rows: options.rows,
      history: !options.empty,
      web: "dev",
      ports: "preferred",
      watch: options.watch,
      environmentFile: DEMO_ENVIRONMENT_FILE,
      log,
    });
    if (!options.empty) await makeRealBackups(stack, log);
    isUp = true;
    process.stdout.write(welcome(stack));
    setInterval(() => {}, 60_000); // until a signal
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    await stopStacks();
    process.exit(1);
  }
}

function stopOnSignals(): void {
  let first = 0;
  for (const [signal, code] of Object.entries(EXIT_CODES)) {
    process.on(signal, () => {
      const now = Date.now();
      if (first === 0) {
        first = now;
        log(`${signal}: stopping`);
        void stopStacks().then(() => {
          log("stopped: every process of this run has ended, and its files are removed");
          process.exit(isUp ? 0 : code);
        });
      } else if (now - first > SAME_SIGNAL_MS) {
        process.exit(code); // the guard removes the other files
      }
    });
  }
}

/** When npm is killed, nothing else ends this process. */
function stopWithParent(): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, "SIGTERM");
  }, PARENT_POLL_MS);
  timer.unref();
}

function welcome({ urls, users, dir }: Stack): string {
  return `
  Screen     ${urls.screen}/desenvolvedor/backups
  Sign in    ${users.admin.email}
  Password   ${users.admin.password}
  Others     ${users.viewer.email} / ${users.viewer.password} (reads only), ${users.stranger.email} / ${users.stranger.password} (no permission)

  GitHub     ${urls.github}
  Supabase   ${urls.supabase}
  Logs       ${dir}/logs

  In a second terminal: set -a; . ./.env.demo; set +a; npm run backups -- list

ready: Ctrl-C stops everything, nothing is kept
`;
}

function log(text: string): void {
  const line = terminalLine(text);
  if (line === null) return;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`[${seconds.padStart(6)} s] ${line}\n`);
}
