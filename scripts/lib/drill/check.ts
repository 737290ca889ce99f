/** What a check of the drill is, and the outcomes that it may have. */
import type { DrillCheck, Verdict } from "@backup/vault/receipt.ts";
import type { AnyManifest } from "@backup/vault/manifest.ts";
import type { ClientTools } from "../postgres/client_tools.ts";
import type { Connection } from "../postgres/connection.ts";
import type { MeasureDefinition } from "../postgres/measure_definitions.ts";

/**
 * The database into which a backup was restored, and what its content is compared with. The checks run what the archive
 * planted: they have no connection of a superuser.
 */
export interface DrillDatabase {
  /** The role that a restore runs as. */
  owner: Connection;
  tools: ClientTools;
  /** `null` for a backup made by hand. */
  manifest: AnyManifest | null;
  /** The lines of the fingerprint that is stored beside the archive; `null` where there is none. */
  fingerprintLines: readonly string[] | null;
  /** Whether a line of a fingerprint is about what this server cannot hold. */
  isOmitted?: (line: string) => boolean;
  /** Policies that restrict who reads, and which this server cannot hold: what is read without them shows nothing. */
  lostRestrictions?: readonly string[];
  /** Quoted `schema.table` of what is of companies and may still be read without an account. */
  anonReads: readonly string[];
  /** Quoted `schema.table` of what users of other companies may read. */
  sharedReads: readonly string[];
  /** What is measured of the business. */
  measures: readonly MeasureDefinition[];
  /** Path of the project's own file of assertions; `null` without one. */
  projectAsserts: string | null;
  /**
   * SQL that plants a fault. Each check's transaction begins with it and is rolled back. Only tests set it: they show
   * that the checks find the fault.
   */
  fault?: string;
  signal?: AbortSignal;
}

/** Why a check of who may read is skipped; `null`: it can be made. */
export function unreadable({ manifest, lostRestrictions = [] }: DrillDatabase): string | null {
  if (manifest?.mode === "schema-only") return NO_ROWS;
  return lostRestrictions.length === 0 ? null : `not on this server: ${lostRestrictions.join(", ")}`;
}

export interface CheckOutcome {
  verdict: Verdict;
  detail: string;
  /** The check's own time, where it is known; else that of its group counts. */
  seconds?: number;
}

/** Checks whose outcomes are read from the database together. */
export interface CheckGroup {
  names: readonly DrillCheck[];
  /** @returns an outcome for each of `names`. An error that it throws fails all of them with its message. */
  run(database: DrillDatabase): Promise<Map<DrillCheck, CheckOutcome>>;
}

export const pass = (detail: string): CheckOutcome => ({ verdict: "PASS", detail });
export const fail = (detail: string): CheckOutcome => ({ verdict: "FAIL", detail });
export const skipped = (detail: string): CheckOutcome => ({ verdict: "SKIPPED", detail });

/** Why a check that compares is skipped. */
export const NO_PROOFS = "the manifest is of the old format, without proofs";

/** Why a check that needs rows is skipped. */
export const NO_ROWS = "a schema-only backup carries no rows";

const SHOWN = 10;
const DETAIL_LIMIT = 2000;

/** FAIL with the first of the differences, PASS without any. */
export function passUnless(differences: readonly string[], detail: string): CheckOutcome {
  if (differences.length === 0) return pass(detail);
  const more = differences.length > SHOWN ? `; and ${differences.length - SHOWN} more` : "";
  return fail((differences.slice(0, SHOWN).join("; ") + more).slice(0, DETAIL_LIMIT));
}
