/** What a check of the drill is, and how its questions are put to the restored database. */
import type { DrillCheck, Verdict } from "@backup/vault/receipt.ts";
import type { AnyManifest } from "@backup/vault/manifest.ts";
import type { ClientTools } from "../postgres/client_tools.ts";
import type { Connection } from "../postgres/connection.ts";
import { applySettings } from "../postgres/database_facts.ts";
import { PsqlSession } from "../postgres/psql.ts";

/** A database of a server that is ours, gone after the drill. */
export interface Throwaway {
  superuser: Connection;
  /** The role that a restore runs as. */
  owner: Connection;
}

/** A restored backup, and what it has to be. */
export interface Restored extends Throwaway {
  tools: ClientTools;
  /** `null` for a backup made by hand. */
  manifest: AnyManifest | null;
  /** The fingerprint's text as it lies beside the archive; `null` where there is none. */
  fingerprintLines: readonly string[] | null;
  /** Quoted `schema.table` of what people without an account may read although it belongs to companies. */
  anonReads: readonly string[];
  /** Quoted `schema.table` of what users of one company may read although it is another's. */
  sharedReads: readonly string[];
  /**
   * SQL that plants a fault. Each check's transaction begins with it and is rolled back, so that the checks can be
   * seen to find it. For tests: a drill has none.
   */
  fault?: string;
  signal?: AbortSignal;
}

export interface Answer {
  verdict: Verdict;
  detail: string;
  /** Where the check's time is known better than that of its whole group. */
  seconds?: number;
}

/** Checks that one look at the database answers. */
export interface CheckGroup {
  names: readonly DrillCheck[];
  /** Answers every one of `names`. What it throws makes all of them fail with that message. */
  ask(restored: Restored): Promise<Map<DrillCheck, Answer>>;
}

export const pass = (detail: string): Answer => ({ verdict: "PASS", detail });
export const fail = (detail: string): Answer => ({ verdict: "FAIL", detail });
export const skipped = (detail: string): Answer => ({ verdict: "SKIPPED", detail });

/** Why a check that compares is skipped. */
export const NO_PROOFS = "the manifest is of the old format, without proofs";

/** Why a check that needs rows is skipped. */
export const NO_ROWS = "a schema-only backup carries no rows";

const SHOWN = 10;
const DETAIL_LIMIT = 2000;

/** FAIL with the first of the differences, PASS without any. */
export function passUnless(differences: readonly string[], detail: string): Answer {
  if (differences.length === 0) return pass(detail);
  const more = differences.length > SHOWN ? `; and ${differences.length - SHOWN} more` : "";
  return fail((differences.slice(0, SHOWN).join("; ") + more).slice(0, DETAIL_LIMIT));
}

/** A group of one check that reads as the owner and changes nothing. */
export function ownersCheck(
  name: DrillCheck,
  ask: (session: PsqlSession, restored: Restored) => Promise<Answer>,
): CheckGroup {
  return {
    names: [name],
    ask: async (restored) => new Map([[name, await asOwner(restored, (session) => ask(session, restored))]]),
  };
}

/** A transaction of the owner that may only read. */
export function asOwner<T>(restored: Restored, work: (session: PsqlSession) => Promise<T>): Promise<T> {
  return inTransaction(restored, restored.owner, async (session) => {
    await session.run("set transaction read only;");
    await applySettings(session);
    return await work(session);
  });
}

/** A transaction that is rolled back, whatever `work` did in it. */
export async function inTransaction<T>(
  { tools, signal, fault }: Restored,
  connection: Connection,
  work: (session: PsqlSession) => Promise<T>,
): Promise<T> {
  const session = await PsqlSession.open({ psql: tools.psql, connection, signal });
  try {
    await session.run(`set client_min_messages = warning;\nbegin;\n${fault ?? ""}`);
    return await work(session);
  } finally {
    await session.kill();
  }
}
