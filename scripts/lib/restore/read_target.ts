/** Reads the state of the target in one read-only transaction with a short lock timeout. */
import { BackupError } from "@backup/errors.ts";
import type { PlannedAccount } from "@backup/runs/restore_plan.ts";
import type { AnyManifest } from "@backup/vault/manifest.ts";
import type { Measured } from "@backup/vault/measures.ts";
import type { ClientTools } from "../postgres/client_tools.ts";
import type { Connection } from "../postgres/connection.ts";
import {
  applySettings,
  countRows,
  type Fingerprint,
  readExtensions,
  readFingerprint,
  readServerFacts,
  type ServerFacts,
  type TableRows,
} from "../postgres/database_facts.ts";
import { describeLockHolders } from "../postgres/lock_holders.ts";
import type { MeasureDefinition } from "../postgres/measure_definitions.ts";
import { readMeasures } from "../postgres/measures.ts";
import { LOCK_NOT_AVAILABLE, Session, sqlstateOf } from "../postgres/session.ts";
import { type BlockingSession, readBlockingSessions } from "../postgres/blocking_sessions.ts";
import { readAccount } from "./plan_account.ts";
import { readTargetFacts, type RestoreTargetFacts } from "./target_facts.ts";

export interface TargetNow {
  server: ServerFacts;
  facts: RestoreTargetFacts;
  sessions: BlockingSession[];
  tables: TableRows[];
  fingerprint: Fingerprint;
  extensions: Awaited<ReturnType<typeof readExtensions>>;
  account: PlannedAccount | null;
  measured: Measured;
}

export interface TargetAccess {
  connection: Connection;
  tools: ClientTools;
  /** How long to wait for the lock of a table, in milliseconds. @default 1000 */
  lockTimeoutMs?: number;
  /** Whose account to look for. @default null */
  requester?: string | null;
  /** What to measure of the business. @default nothing */
  measures?: readonly MeasureDefinition[];
  signal?: AbortSignal;
}

/** @throws {BackupError} `target_locked` when a table cannot be read in time, with the sessions that hold it. */
export async function readTargetNow(
  access: TargetAccess,
  manifest: AnyManifest | null,
): Promise<TargetNow> {
  const { connection, lockTimeoutMs = 1000, requester = null, measures = [], signal } = access;
  const session = await Session.open({ connection, signal });
  try {
    await session.run(
      `begin isolation level repeatable read read only; set local lock_timeout = ${lockTimeoutMs};`,
    );
    await applySettings(session);
    return {
      server: await readServerFacts(session),
      facts: await readTargetFacts(session, manifest),
      sessions: await readBlockingSessions(session),
      tables: await countRows(session),
      fingerprint: await readFingerprint(session, manifest?.mode),
      extensions: await readExtensions(session),
      account: await readAccount(session, requester),
      measured: await readMeasures(session, measures),
    };
  } catch (error) {
    throw sqlstateOf(error) === LOCK_NOT_AVAILABLE ? await explain(access, error) : error;
  } finally {
    await session.kill();
  }
}

async function explain(
  { connection }: TargetAccess,
  cause: unknown,
): Promise<BackupError> {
  const holders = await describeLockHolders(connection, "readers");
  return new BackupError("target_locked", `Cannot read the target: ${holders}`, {
    phase: "inspect_target",
    cause,
    hint: "A table is locked exclusively, by a migration perhaps; wait for it and repeat.",
  });
}
