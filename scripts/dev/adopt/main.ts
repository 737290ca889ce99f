/**
 * `npm run adopt`: puts this product into a checkout of Revo ERP's repository, step by step as docs/adopting.md tells.
 *
 *     npm run adopt -- check PATH [--all] [--json]     says what is there, missing, different or in conflict; reads only
 *     npm run adopt -- apply PATH [--replace]          copies the files that are missing; with --replace over others too
 *
 * Exit code 0 when nothing is left to do, 1 when something is, 2 when it was asked wrongly.
 */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { EXIT } from "../../lib/run/exit_code.ts";
import { ROOT } from "../root.ts";
import { applyTo } from "./apply.ts";
import { checkCheckout } from "./check.ts";
import { isOpen } from "./finding.ts";
import { reportOf } from "./report.ts";
import { Tree } from "./tree.ts";

const USAGE = `Usage: npm run adopt -- check PATH [--all] [--json]
       npm run adopt -- apply PATH [--replace]

  PATH        a checkout of Revo ERP's repository
  --all       also names what is as it should be
  --json      one JSON array of {about, item, standing, why, hint}
  --replace   also copies over files that differ, but never over a migration

check reads only. apply copies files and writes .revo-backups.json; it wants a clean git work tree, which is the way back.
`;

const { command, path, flags } = readArguments(process.argv.slice(2));
const [ours, erp] = [new Tree(ROOT), new Tree(path)];
try {
  process.exit(command === "check" ? check() : apply());
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(EXIT.failed);
}

function check(): number {
  const findings = checkCheckout(ours, erp);
  process.stdout.write(
    flags.json ? `${JSON.stringify(findings)}\n` : reportOf(findings, { all: flags.all ?? false }),
  );
  return findings.some(isOpen) ? EXIT.failed : EXIT.done;
}

function apply(): number {
  const { copied, left } = applyTo(ours, erp, { replace: flags.replace ?? false });
  process.stdout.write(
    `Copied ${copied.length} files.\n\n${left.length > 0 ? reportOf(left, { all: true }) : ""}`,
  );
  return left.length > 0 ? EXIT.failed : EXIT.done;
}

function readArguments(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        all: { type: "boolean" },
        json: { type: "boolean" },
        replace: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      process.exit(EXIT.done);
    }
    const [word, folder, ...rest] = positionals;
    if (word !== "check" && word !== "apply") throw new Error(`There is no command '${word ?? ""}'`);
    if (folder === undefined || rest.length > 0) throw new Error("Exactly one PATH is needed");
    if (word === "check" && values.replace) throw new Error("check changes nothing: --replace is apply's");
    const full = resolve(process.env.INIT_CWD ?? "", folder);
    if (!statSync(full, { throwIfNoEntry: false })?.isDirectory()) {
      throw new Error(`There is no folder ${full}`);
    }
    return { command: word, path: full, flags: values } as const;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(EXIT.badInput);
  }
}
