/**
 * `npm run bench`: the cost of our backup and restore, compared with PostgreSQL's tools and the old scripts.
 *
 *     npm run bench [-- --gb N] [--rounds N] [--json]
 *     npm run bench -- screen [--json]
 *
 * Prints a table and writes it into docs/benchmarks.md. Leaves nothing else behind, also after Ctrl-C.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { ROOT } from "../root.ts";
import { installSystemPackages } from "../system_packages.ts";
import { firstViewTable, measureFirstView } from "./first_look.ts";
import { DATA, fillSource, type Place, STRUCTURE, withPlace } from "./place.ts";
import {
  type FullRound,
  machineNow,
  type Outcome,
  section,
  summarize,
  table,
  withSection,
} from "./report.ts";
import { prepareRounds, runOtherWays, runRound } from "./rounds.ts";

const USAGE = `Usage: npm run bench [-- [screen] [--gb N] [--rounds N] [--json]]

  screen       measures how soon the history is on the screen instead, in Chromium
  --gb N       about how many GB of database, indexes included (0.01 to 100, default 1)
  --rounds N   how often everything is measured (1 to 99, default 3)
  --json       prints the figures as the last line, one JSON object
`;
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

const options = readOptions(process.argv.slice(2));
const cancel = new AbortController();
for (const [signal, code] of Object.entries(EXIT_CODES)) {
  process.on(signal, () => {
    process.exitCode = code;
    cancel.abort(new Error(`ended by ${signal}`));
  });
}
const machine = machineNow();
try {
  await installSystemPackages(
    ["postgresql", "isal", "age", ...(options.screen ? ["chromium"] as const : [])],
    log,
  );
  if (options.screen) {
    const figures = await measureFirstView(cancel.signal, log);
    const text = firstViewTable(figures);
    await publish("First look at the screen", `${machine}.\n\n${text}`, text, figures);
  } else {
    await withPlace(cancel.signal, async (place) => {
      const outcome = await measure(place);
      const versions = `${machine}, PostgreSQL ${place.binaries.version} on ${process.platform}`;
      await publish("Backup and restore", section(outcome, versions), table(outcome), summarize(outcome));
    });
  }
} catch (thrown) {
  // an interrupted step fails with another error; the signal is the cause
  const error: unknown = cancel.signal.aborted ? cancel.signal.reason : thrown;
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode ??= 1;
}

async function measure(place: Place): Promise<Outcome> {
  const { gb } = options;
  log(`filling a database of about ${gb} GB`);
  const databaseBytes = await fillSource(place, DATA, gb);
  log("filling a database with 250 tables, 1,000 functions and 1,000 policies");
  await fillSource(place, STRUCTURE, gb);
  for (const subject of [DATA, STRUCTURE]) await prepareRounds(place, subject);
  const rounds: FullRound[] = [];
  for (let i = 1; i <= options.rounds; i++) {
    const logStep = (line: string) => log(`round ${i}: ${line}`);
    rounds.push({
      data: await runRound(place, DATA, logStep),
      others: await runOtherWays(place, DATA, logStep),
      structure: await runRound(place, STRUCTURE, (line) => logStep(`large structure: ${line}`)),
    });
  }
  return { rounds, gb, databaseBytes };
}

async function publish(title: string, text: string, printed: string, figures: object): Promise<void> {
  const file = join(ROOT, "docs", "benchmarks.md");
  await writeFile(file, withSection(await readFile(file, "utf8"), title, text));
  process.stdout.write(`\n${printed}\n\nWritten to docs/benchmarks.md\n`);
  if (options.json) process.stdout.write(`${JSON.stringify(figures)}\n`);
}

function readOptions(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        gb: { type: "string", default: "1" },
        rounds: { type: "string", default: "3" },
        json: { type: "boolean", default: false },
        help: { type: "boolean" },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      process.exit(0);
    }
    const [gb, rounds] = [Number(values.gb), Number(values.rounds)];
    if (!(gb >= 0.01 && gb <= 100)) throw new Error(`--gb must be from 0.01 to 100: '${values.gb}'`);
    if (!(Number.isInteger(rounds) && rounds >= 1 && rounds <= 99)) {
      throw new Error(`--rounds must be a whole number from 1 to 99: '${values.rounds}'`);
    }
    const screen = positionals.join() === "screen";
    if (positionals.length > 0 && !screen) throw new Error(`Unknown words: '${positionals.join(" ")}'`);
    return { screen, gb, rounds, json: values.json };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(2);
  }
}

function log(line: string): void {
  process.stderr.write(`${line}\n`);
}
