/**
 * `npm run adopt`: adds this product to a checkout of Revo ERP's repository, docs/adopting.md.
 *
 * Exit code 0 when nothing is left to do, 1 when something is, 2 for wrong arguments.
 */
import { Command } from "commander";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { EXIT } from "../../lib/run/exit_code.ts";
import { TOOL_VERSION } from "../../lib/run/tool_version.ts";
import { ROOT } from "../root.ts";
import { Checkout } from "./checkout.ts";
import { erpFindings } from "./erp.ts";
import { fileFindings, type Finding } from "./files.ts";
import { hashOf, plannedFiles, readRecord, RECORD_FILE } from "./plan.ts";

const ours = new Checkout(ROOT);

const program = new Command("npm run adopt --").description("PATH is a checkout of Revo ERP's repository.")
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.done : EXIT.badInput));
program.command("check <path>").description("says what is left to do; reads only")
  .action((path: string) => report(check(checkoutAt(path))));
program.command("apply <path>").description("writes the files, or none of them when one is in conflict")
  .option("--replace", "writes over files of the ERP's own, or changed since the last adoption, too")
  .action((path: string, { replace = false }: { replace?: boolean }) => {
    const erp = checkoutAt(path);
    const planned = plannedFiles(ours, erp);
    apply(erp, planned, replace);
    report(fileFindings(erp, planned, readRecord(erp)));
  });
try {
  program.parse();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = EXIT.failed;
}

function checkoutAt(path: string): Checkout {
  const full = resolve(process.env.INIT_CWD ?? "", path);
  if (!statSync(full, { throwIfNoEntry: false })?.isDirectory()) program.error(`There is no folder ${full}`);
  return new Checkout(full);
}

function report(findings: readonly Finding[]): void {
  process.stdout.write(reportOf(findings));
  process.exitCode = findings.some(isOpen) ? EXIT.failed : EXIT.done;
}

function isOpen({ standing }: Finding): boolean {
  return standing !== "there";
}

function check(erp: Checkout): Finding[] {
  const planned = plannedFiles(ours, erp);
  return [...fileFindings(erp, planned, readRecord(erp)), ...erpFindings(erp, new Set(planned.keys()))];
}

/** Writes every planned file and removes those of an earlier version, or changes nothing. `git` is the way back. */
function apply(erp: Checkout, planned: ReadonlyMap<string, Buffer>, replace: boolean): void {
  if (erp.git("status", "--porcelain") !== "") {
    throw new Error(`Cannot write into ${erp.root}: it has uncommitted changes. Commit or stash them first.`);
  }
  const findings = fileFindings(erp, planned, readRecord(erp)).filter(isOpen);
  const conflicts = findings.filter(({ standing }) => standing === "conflict");
  if (conflicts.length > 0 && !replace) {
    throw new Error(`Nothing was written.\n${reportOf(conflicts)}`);
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

function reportOf(findings: readonly Finding[]): string {
  const open = findings.filter(isOpen);
  const lines = open.map(({ item, standing, why, hint }) =>
    [`${standing.padEnd(8)}  ${item}`, why, hint && `→ ${hint}`].filter(Boolean).join("\n            ")
  );
  const sum = open.length === 0
    ? "Everything that a checkout can show is there."
    : `Left to do: ${open.length} of ${findings.length}.`;
  return `${[...lines, sum].join("\n")}\n`;
}
