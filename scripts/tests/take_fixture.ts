/** Reviews and takes as the command does them, on databases of a test's server. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Target } from "@backup/target.ts";
import { openRows } from "../lib/look/row_source.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { Session } from "../lib/postgres/session.ts";
import { applyReview, type Taken } from "../lib/take/apply_review.ts";
import { readLiving, SETTINGS } from "../lib/take/living.ts";
import { readPatch } from "../lib/take/patch_table.ts";
import { type Review, reviewBackup, type ReviewContext, reviewStored } from "../lib/take/review.ts";
import { readReverse } from "../lib/take/reverse_patch.ts";
import { readReview, writeReview } from "../lib/take/review_file.ts";
import { type AskedScope, scopeOf } from "../lib/take/scope.ts";
import { readSignedManifest } from "../lib/vault/trust.ts";
import type { Vault } from "../lib/vault/vault.ts";
import { engine, fixture, sql } from "./engine_fixture.ts";

const requester = {
  requestedBy: "test",
  requestId: "00000000-0000-4000-8000-000000000002",
  run: null,
  gitSha: null,
};

export interface TakePlace {
  vault: Vault;
  /** For the files of reviews. */
  folder: string;
}

export interface MadeReview extends Review {
  file: string;
  hash: string;
}

let files = 0;

async function reviewWith(
  { folder }: TakePlace,
  connection: Connection,
  work: (context: ReviewContext) => Promise<Review>,
): Promise<MadeReview> {
  const session = await Session.open({ connection });
  try {
    await session.run("begin isolation level repeatable read;");
    await session.run(SETTINGS);
    const review = await work({ session, living: await readLiving(session) });
    const file = join(folder, `review_${++files}.jsonl`);
    return { ...review, file, hash: await writeReview(file, review.header, readPatch(session), new Date()) };
  } finally {
    await session.kill();
  }
}

/** What is asked for, as on the command line; without a choice what is missing. */
export type Asked = Pick<AskedScope, "table"> & Partial<Omit<AskedScope, "choices"> & AskedScope["choices"]>;

export async function reviewRows(
  place: TakePlace,
  connection: Connection,
  key: string,
  { table, keys, search, missing = false, changed = false, new: isNew = false }: Asked,
  target: Target = "dev",
): Promise<MadeReview> {
  const scope = scopeOf({ table, keys, search, choices: { missing, changed, new: isNew } });
  const { manifest } = await readSignedManifest(place.vault, key);
  const source = await openRows(place.vault, key, manifest, () => {});
  return await reviewWith(
    place,
    connection,
    (context) => reviewBackup(context, { target, key, source, scope }),
  );
}

export async function reviewUndo(
  place: TakePlace,
  connection: Connection,
  key: string,
  target: Target = "dev",
): Promise<MadeReview> {
  const { header, changes } = await readReverse(place.vault, { key, target, allowed: null });
  return await reviewWith(place, connection, (context) => reviewStored(context, header, changes()));
}

export async function take(
  { vault }: TakePlace,
  connection: Connection,
  { file, hash, header: { target } }: MadeReview,
  options: { lockTimeoutMs?: number; signal?: AbortSignal; onPhase?: (name: string) => void } = {},
): Promise<Taken> {
  const review = await readReview(file, { hash, target, now: new Date() });
  const { now, progress } = engine(vault, connection);
  const { lockTimeoutMs, signal, onPhase = () => {} } = options;
  const context = {
    connection,
    vault,
    now,
    progress: { ...progress, phase: onPhase },
    lockTimeoutMs,
    signal,
  };
  try {
    return await applyReview(context, { review, hash, requester });
  } finally {
    await rm(file, { force: true });
  }
}

/** A hash of the rows of each table, by its name. @param connection of a role that reads all tables */
export async function rowsOf(connection: Connection): Promise<Map<string, string>> {
  const lines = await sql(connection, await fixture("content.sql"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), line]));
}

/** Tables whose rows are not the same. */
export function differentTables(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): string[] {
  return [...new Set([...a.keys(), ...b.keys()])].filter((table) => a.get(table) !== b.get(table)).sort();
}

/** Foreign keys with rows whose parent is not there. */
export function orphansOf(connection: Connection): Promise<string[]> {
  return sql(connection, ORPHANS);
}

const ORPHANS = `
select c.conname from pg_constraint c,
  lateral (select string_agg(format('k.%I is not null', a.attname), ' and ' order by x.n) as filled,
                  string_agg(format('k.%I = p.%I', a.attname, b.attname), ' and ' order by x.n) as same
             from unnest(c.conkey, c.confkey) with ordinality x (own, other, n)
             join pg_attribute a on a.attrelid = c.conrelid and a.attnum = x.own
             join pg_attribute b on b.attrelid = c.confrelid and b.attnum = x.other) j
 where c.contype = 'f' and c.conparentid = 0
   and (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from %s k where %s and not exists (select from %s p where %s)',
          c.conrelid::regclass, j.filled, c.confrelid::regclass, j.same), false, true, '')))[1]::text <> '0';`;
