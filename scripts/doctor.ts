/**
 * Checks everything that backups need, and prints what to do about each failure: docs/doctor.md.
 *
 *     deno task doctor
 *     REPORT=yes deno task doctor     # for the screen, too
 *
 * Ends with 1 when a check failed. Environment: docs/environment.md. Exit codes: docs/exit-codes.md.
 */
import { randomUUID } from "node:crypto";
import { lookup } from "node:dns/promises";
import { appendFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import process from "node:process";
import { BackupError, toBackupError } from "@backup/errors.ts";
import { Catalog } from "./lib/catalog/catalog.ts";
import type { DoctorReport } from "./lib/doctor/check.ts";
import { runDoctor } from "./lib/doctor/run_doctor.ts";
import { doctorSummary, linesOf } from "./lib/doctor/report_text.ts";
import { requesterOf } from "./lib/run/requester.ts";
import { connectionOf } from "./lib/postgres/target_connection.ts";
import { doctorEnvironment } from "./lib/doctor/environment.ts";
import { ownEnvironment, readEnvironment } from "./lib/process/environment.ts";
import { runMain } from "./lib/run/main.ts";
import type { Output } from "./lib/run/output.ts";

const TIMEOUT_MS = 20_000;

await runMain(async (signal, output) => {
  const env = readEnvironment(doctorEnvironment, ownEnvironment());
  refuseArguments(process.argv.slice(2));
  const { deno, node } = process.versions;
  const report = await runDoctor({
    environment: ownEnvironment(),
    runtime: deno === undefined ? { name: "node", version: node } : { name: "deno", version: deno },
    lookup: (host) => lookup(host, { all: true }),
    hasIpv6: hasPublicIpv6(),
    fetch,
    now: () => new Date(),
    newId: randomUUID,
    timeoutMs: TIMEOUT_MS,
  }, signal);
  for (const line of linesOf(report)) output.print(line);
  output.setResult(report);
  const summary = ownEnvironment().GITHUB_STEP_SUMMARY;
  if (summary) await appendFile(summary, doctorSummary(report) + "\n");
  if (env.REPORT) await storeReport(report, requesterOf(env, randomUUID).run?.url ?? null, output);
  requireNoFailure(report);
});

function refuseArguments(given: readonly string[]): void {
  if (given.length === 0) return;
  throw new BackupError("invalid_payload", `Cannot start: unknown argument ${given.join(" ")}`, {
    hint: "Everything comes from the environment: docs/environment.md.",
  });
}

function hasPublicIpv6(): boolean {
  return Object.values(networkInterfaces()).flat().some((it) =>
    it?.family === "IPv6" && !it.internal && !/^f[cde]/i.test(it.address)
  );
}

/** For the screen. A failure is thrown only when no check failed: an unreachable prod has failed one already. */
async function storeReport(report: DoctorReport, runUrl: string | null, output: Output): Promise<void> {
  const opened: Catalog[] = [];
  try {
    const catalog = new Catalog({ connection: connectionOf("prod", ownEnvironment()) });
    opened.push(catalog);
    const { status, ...found } = report;
    await catalog.report({ name: "doctor", status, report: { ...found, run_url: runUrl } });
  } catch (thrown) {
    if (report.status !== "failed") throw thrown;
    output.print(`the report is not in the catalog: ${toBackupError(thrown).message}`);
  } finally {
    for (const catalog of opened) await catalog.close();
  }
}

/** @throws {BackupError} `doctor_failed` naming the checks. */
function requireNoFailure({ checks }: DoctorReport): void {
  const failed = checks.filter(({ status }) => status === "failed").map(({ name }) => name);
  if (failed.length === 0) return;
  throw new BackupError("doctor_failed", `Not well: ${failed.join(", ")}`, {
    hint: "Each line above says what to do.",
    details: { failed },
  });
}
