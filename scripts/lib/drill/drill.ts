/**
 * The drill: restores a backup into a throwaway server by the code of a real restore, checks what was restored, and
 * stores the receipt beside the backup.
 */
import { parseArchiveKey, receiptKey, toUtcSecond } from "@backup/vault/object_key.ts";
import {
  type DrillCheck,
  type NotProven,
  type Receipt,
  RECEIPT_KIND,
  RECEIPT_VERSION,
  receiptSchema,
} from "@backup/vault/receipt.ts";
import { readServerFacts } from "../postgres/database_facts.ts";
import type { Requester } from "../run/requester.ts";
import { Session, type SessionOptions } from "../postgres/session.ts";
import { TOOL_VERSION } from "../run/tool_version.ts";
import type { OwnDatabase } from "../server/prepare_platform.ts";
import type { DrillDatabase } from "./check.ts";
import { freshnessOf } from "../vault/newest_backup.ts";
import { requireTrusted } from "../vault/trust.ts";
import { notProven } from "./not_proven.ts";
import type { DrillContext } from "./drill_context.ts";
import { type DrilledRestore, restoreAndCheck } from "./restore_and_check.ts";
import { freshnessOutcome, readStored, type StoredFacts } from "./stored_checks.ts";
import { Verdicts } from "./verdicts.ts";

export interface DrillSpec
  extends Pick<DrillDatabase, "anonReads" | "sharedReads" | "projectAsserts" | "measures"> {
  /** Of the archive. */
  key: string;
  requester: Pick<Requester, "run" | "gitSha">;
  /** Maximum age of the newest backup of the same database; `null` without a schedule. */
  freshHours: number | null;
  /** Its key, as the confirmation that it need not be signed by a key of this installation. @default null */
  allowUnsigned?: string | null;
  /** Whether the drill's own server runs as the user of this process, so that it could read its memory. @default false */
  sharesUser?: boolean;
}

export interface CompletedDrill {
  receipt: Receipt;
  /** Its key in the vault. */
  receiptKey: string;
}

const SHARED_USER: NotProven = {
  name: "a user of its own for the throwaway server",
  why:
    "it ran as the user of the drill, since neither root nor sudo was there: the backup's code was not kept apart from it",
};

/** Nothing is restored when one of these fails. */
const BEFORE_RESTORE: readonly DrillCheck[] = ["manifest", "stored_size", "stored_fingerprint"];

/**
 * @returns the receipt, which is in the vault then, whatever its verdicts.
 * @throws {BackupError} `backup_unsigned`, without a receipt; an error that the backup does not cause: no connection, no
 * disk, no such program, a signal.
 */
export async function drill(
  context: DrillContext,
  request: DrillSpec,
  throwaway: OwnDatabase,
): Promise<CompletedDrill> {
  const began = context.now();
  const verdicts = new Verdicts();
  const { manifest, fingerprintLines, freshness } = await checkStored(context, request, began, verdicts);
  const restored = verdicts.failedOf(BEFORE_RESTORE) === undefined
    ? await restoreAndCheck(context, { ...request, fingerprintLines }, throwaway, verdicts)
    : null;
  const { signal, vault } = context;
  const server_version = await readServerVersion({ connection: throwaway.owner, signal });
  const facts = { sha256: manifest?.sha256 ?? null, server_version, freshness };
  const receipt = writeReceipt(context, request, began, {
    ...facts,
    ...conclude(request, verdicts, restored),
  });
  const key = receiptKey(request.key, began);
  const signed = vault.signer ? await vault.signer.signJson(key, receipt) : receipt;
  await vault.put(key, JSON.stringify(signed, null, 2) + "\n", "application/json");
  return { receipt, receiptKey: key };
}

/** The checks that need no restore. */
async function checkStored(
  { vault, progress }: DrillContext,
  { key, freshHours, allowUnsigned = null }: DrillSpec,
  now: Date,
  verdicts: Verdicts,
): Promise<Pick<StoredFacts, "manifest" | "fingerprintLines"> & Pick<Receipt, "freshness">> {
  progress.phase("look");
  const { target } = parseArchiveKey(key);
  const { outcomes, trust, ...stored } = await readStored(vault, key);
  if (trust !== null) requireTrusted(vault, key, trust, allowUnsigned);
  const freshness = await freshnessOf(vault, target, now);
  verdicts.set("manifest", outcomes.manifest);
  verdicts.set("signature", outcomes.signature);
  verdicts.set("stored_size", outcomes.stored_size);
  verdicts.set("stored_fingerprint", outcomes.stored_fingerprint);
  verdicts.set("freshness", freshnessOutcome(freshness, freshHours, target));
  return { ...stored, freshness };
}

function conclude(
  { sharesUser = false }: DrillSpec,
  verdicts: Verdicts,
  restored: DrilledRestore | null,
): Pick<Receipt, "checks" | "not_proven"> {
  const checks = verdicts.all();
  return { checks, not_proven: [...notProven(checks, restored), ...sharesUser ? [SHARED_USER] : []] };
}

function writeReceipt(
  { progress }: DrillContext,
  { key, requester }: DrillSpec,
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

async function readServerVersion(options: SessionOptions): Promise<string> {
  const session = await Session.open(options);
  try {
    return (await readServerFacts(session)).version;
  } finally {
    await session.close();
  }
}
