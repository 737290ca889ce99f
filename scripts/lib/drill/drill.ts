/**
 * The drill: restores a backup into a throwaway server through the engine of a real restore, asks what of it is as
 * it has to be, and leaves the evidence beside the backup. A backup that was never restored is a hope.
 */
import { parseArchiveKey, receiptKey, toUtcSecond } from "@backup/vault/object_key.ts";
import {
  type DrillCheck,
  type Receipt,
  RECEIPT_KIND,
  RECEIPT_VERSION,
  receiptSchema,
} from "@backup/vault/receipt.ts";
import { readServerFacts } from "../postgres/database_facts.ts";
import type { Requester } from "../run/requester.ts";
import { type PsqlOptions, PsqlSession } from "../postgres/psql.ts";
import type { Restored as RestoredBackup } from "../restore/restore_backup.ts";
import { TOOL_VERSION } from "../run/tool_version.ts";
import type { Restored, Throwaway } from "./check.ts";
import { freshnessOf } from "../vault/newest_backup.ts";
import { notProven } from "./not_proven.ts";
import type { DrillContext } from "./drill_context.ts";
import { restoreAndCheck } from "./restore_and_check.ts";
import { freshnessAnswer, readStored, type Stored } from "./stored_checks.ts";
import { Verdicts } from "./verdicts.ts";

export interface DrillOrder extends Pick<Restored, "anonReads" | "sharedReads"> {
  /** Of the archive. */
  key: string;
  requester: Pick<Requester, "run" | "gitSha">;
  /** How old the newest backup of the same database may be; `null` where nothing backs it up regularly. */
  freshHours: number | null;
}

export interface Drilled {
  receipt: Receipt;
  /** Where it lies in the vault. */
  receiptKey: string;
}

/** Checks without which nothing is restored. */
const BEFORE_RESTORE: readonly DrillCheck[] = ["manifest", "stored_size", "stored_fingerprint"];

/**
 * @returns the verdicts, good or bad; the receipt is in the vault then.
 * @throws {BackupError} what says nothing about the backup: no connection, no disk, no such program, a signal.
 */
export async function drill(
  context: DrillContext,
  order: DrillOrder,
  throwaway: Throwaway,
): Promise<Drilled> {
  const began = context.now();
  const verdicts = new Verdicts();
  const { manifest, fingerprintLines, freshness } = await look(context, order, began, verdicts);
  const restored = verdicts.failedOf(BEFORE_RESTORE) === undefined
    ? await restoreAndCheck(context, { ...order, fingerprintLines }, throwaway, verdicts)
    : null;
  const { tools, signal, vault } = context;
  const server_version = await readServerVersion({ psql: tools.psql, connection: throwaway.owner, signal });
  const facts = { sha256: manifest?.sha256 ?? null, server_version, freshness };
  const receipt = writeReceipt(context, order, began, { ...facts, ...conclude(verdicts, restored) });
  const key = receiptKey(order.key, began);
  await vault.put(key, JSON.stringify(receipt, null, 2) + "\n", "application/json");
  return { receipt, receiptKey: key };
}

/** What can be told without a restore. */
async function look(
  { vault, progress }: DrillContext,
  { key, freshHours }: DrillOrder,
  now: Date,
  verdicts: Verdicts,
): Promise<Pick<Stored, "manifest" | "fingerprintLines"> & Pick<Receipt, "freshness">> {
  progress.phase("look");
  const { target } = parseArchiveKey(key);
  const { answers, ...stored } = await readStored(vault, key);
  const freshness = await freshnessOf(vault, target, now);
  verdicts.set("manifest", answers.manifest);
  verdicts.set("stored_size", answers.stored_size);
  verdicts.set("stored_fingerprint", answers.stored_fingerprint);
  verdicts.set("freshness", freshnessAnswer(freshness, freshHours, target));
  return { ...stored, freshness };
}

function conclude(
  verdicts: Verdicts,
  restored: RestoredBackup | null,
): Pick<Receipt, "checks" | "not_proven"> {
  const checks = verdicts.all();
  return { checks, not_proven: notProven(checks, restored) };
}

function writeReceipt(
  { progress }: DrillContext,
  { key, requester }: DrillOrder,
  began: Date,
  facts: Pick<Receipt, "sha256" | "server_version" | "freshness" | "checks" | "not_proven">,
): Receipt {
  return receiptSchema.parse({
    version: RECEIPT_VERSION,
    kind: RECEIPT_KIND,
    r2_key: key,
    drilled_at_utc: toUtcSecond(began),
    tool: { name: "revo-backups", version: TOOL_VERSION },
    git_sha: requester.gitSha,
    run: requester.run,
    seconds: progress.seconds(),
    total_seconds: progress.total(),
    ...facts,
  });
}

async function readServerVersion(options: PsqlOptions): Promise<string> {
  const session = await PsqlSession.open(options);
  try {
    return (await readServerFacts(session)).version;
  } finally {
    await session.close();
  }
}
