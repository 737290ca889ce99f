/**
 * `npm run adopt`: adds this product to a checkout of Revo ERP's repository, docs/adopting.md.
 *
 * Exit code 0 when nothing is left to do, 1 when something is, 2 for wrong arguments.
 */
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { EXIT } from "../../lib/run/exit_code.ts";
import { TOOL_VERSION } from "../../lib/run/tool_version.ts";
import { ROOT } from "../root.ts";
import { Checkout } from "./checkout.ts";
import { erpFindings } from "./erp.ts";
import { fileFindings } from "./files.ts";
import { type Finding, isOpen } from "./finding.ts";
import { hashOf, plannedFiles, readRecord, RECORD_FILE } from "./plan.ts";

const USAGE = `Usage: npm run adopt -- check PATH [--all] [--json]
       npm run adopt -- apply PATH [--replace]

  PATH        a checkout of Revo ERP's repository
  --all       also names what is as it should be
  --json      one JSON array of {about, item, standing, why, hint}
  --replace   also writes over files that are the ERP's own, or were changed since the last adoption

check reads only. apply writes the files, or none of them when one is in conflict; it needs a clean git work tree, for
the way back.
`;

const ours = new Checkout(ROOT);
try {
  const { command, erp, all, json, replace } = readArguments(process.argv.slice(2));
  if (command === "apply") apply(erp, replace);
  const findings = check(erp).filter(({ about }) => command === "check" || about === "files");
  process.stdout.write(json ? `${JSON.stringify(findings)}\n` : reportOf(findings, all));
  process.exitCode = findings.some(isOpen) ? EXIT.failed : EXIT.done;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = EXIT.failed;
}

function check(erp: Checkout): Finding[] {
  const planned = plannedFiles(ours, erp);
  return [
    ...fileFindings(erp, planned, readRecord(erp)),
    ...erpFindings(ours, erp, new Set(planned.keys())),
  ];
}

/** Writes every planned file and removes those of an earlier version, or changes nothing. */
function apply(erp: Checkout, replace: boolean): void {
  if (erp.git("status", "--porcelain") !== "") {
    throw new Error(`Cannot write into ${erp.root}: it has uncommitted changes. Commit or stash them first.`);
  }
  const planned = plannedFiles(ours, erp);
  const findings = fileFindings(erp, planned, readRecord(erp)).filter(isOpen);
  const conflicts = findings.filter(({ standing }) => standing === "conflict");
  if (conflicts.length > 0 && !replace) {
    throw new Error(`Nothing was written.\n${reportOf(conflicts, false)}`);
  }
  for (const { item } of findings) {
    const content = planned.get(item);
    const full = join(erp.root, item);
    if (content === undefined) {
      rmSync(full);
      continue;
    }
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, content, { mode: content.subarray(0, 2).toString() === "#!" ? 0o755 : 0o644 });
  }
  const files = Object.fromEntries([...planned].map(([path, content]) => [path, hashOf(content)]));
  writeFileSync(
    join(erp.root, RECORD_FILE),
    `${JSON.stringify({ version: TOOL_VERSION, files }, null, 2)}\n`,
  );
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
