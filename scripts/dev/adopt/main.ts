/**
 * `npm run adopt`: adds this product to a checkout of Revo ERP's repository, docs/adopting.md.
 *
 * Exit code 0 when nothing is left to do, 1 when something is, 2 for wrong arguments.
 */
import { copyFileSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { EXIT } from "../../lib/run/exit_code.ts";
import { TOOL_VERSION } from "../../lib/run/tool_version.ts";
import { ROOT } from "../root.ts";
import { checkCheckout, checkFiles, hashOf, MIGRATIONS, RECORD_FILE } from "./check.ts";
import { adoptedFiles, Checkout } from "./checkout.ts";
import { type Finding, isOpen } from "./finding.ts";

const USAGE = `Usage: npm run adopt -- check PATH [--all] [--json]
       npm run adopt -- apply PATH [--replace]

  PATH        a checkout of Revo ERP's repository
  --all       also names what is as it should be
  --json      one JSON array of {about, item, standing, why, hint}
  --replace   also copies over files that differ, but never over a migration

check reads only. apply copies files and writes .revo-backups.json; it needs a clean git work tree, for the way back.
`;

const ours = new Checkout(ROOT);
try {
  const { command, erp, all, json, replace } = readArguments(process.argv.slice(2));
  const findings = command === "check" ? checkCheckout(ours, erp) : apply(erp, replace);
  process.stdout.write(json ? `${JSON.stringify(findings)}\n` : reportOf(findings, all));
  process.exitCode = findings.some(isOpen) ? EXIT.failed : EXIT.done;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = EXIT.failed;
}

/** Copies missing files and, with `replace`, different ones, except migrations. @returns the files after that */
function apply(erp: Checkout, replace: boolean): Finding[] {
  if (erp.git("status", "--porcelain") !== "") {
    throw new Error(`Cannot copy into ${erp.root}: it has uncommitted changes`);
  }
  const adopted = adoptedFiles(ours);
  for (const { item, standing } of checkFiles(ours, erp).filter(isOpen)) {
    const mayReplace = replace && !item.startsWith(MIGRATIONS);
    if (!adopted.includes(item) || !(standing === "missing" || mayReplace)) continue;
    mkdirSync(dirname(join(erp.root, item)), { recursive: true });
    copyFileSync(join(ours.root, item), join(erp.root, item));
  }
  const same = adopted.filter((path) => erp.text(path) === ours.text(path));
  const files = Object.fromEntries(same.map((path) => [path, hashOf(ours.text(path) ?? "")]));
  const record = JSON.stringify({ version: TOOL_VERSION, files }, null, 2);
  writeFileSync(join(erp.root, RECORD_FILE), `${record}\n`);
  return checkFiles(ours, erp);
}

function reportOf(findings: readonly Finding[], all: boolean): string {
  const open = findings.filter(isOpen).length;
  const subjects = [...new Set(findings.map(({ about }) => about))].map((about) => {
    const its = findings.filter((finding) => finding.about === about);
    const shown = its.filter(({ standing, hint }) => all || standing !== "there" || hint !== undefined);
    const lines = shown.map(({ item, standing, why, hint }) =>
      [`  ${standing.padEnd(8)}  ${item}`, why, hint && `→ ${hint}`].filter(Boolean).join("\n              ")
    );
    return [`${about}: ${its.length - its.filter(isOpen).length} of ${its.length} done`, ...lines].join("\n");
  });
  const sum = open === 0 ? "Everything that a checkout can show is there." : `Left to do: ${open}.`;
  return `${subjects.join("\n\n")}\n\n${sum}\n`;
}

function readArguments(args: string[]) {
  try {
    const flag = { type: "boolean", default: false } as const;
    const options = { all: flag, json: flag, replace: flag, help: flag };
    const { values, positionals: [command, folder, ...rest] } = parseArgs({
      args,
      allowPositionals: true,
      options,
    });
    if (values.help) {
      process.stdout.write(USAGE);
      process.exit(EXIT.done);
    }
    if (command !== "check" && command !== "apply") throw new Error(`There is no command '${command ?? ""}'`);
    if (folder === undefined || rest.length > 0) throw new Error("Exactly one PATH is needed");
    const path = resolve(process.env.INIT_CWD ?? "", folder);
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      throw new Error(`There is no folder ${path}`);
    }
    return { ...values, command, erp: new Checkout(path) };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(EXIT.badInput);
  }
}
