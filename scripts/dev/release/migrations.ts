/**
 * Released migrations are frozen: supabase/released.json holds the SHA-256 of each, by the version that introduced
 * it.
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ROOT } from "../root.ts";

export const RELEASED_FILE = join(ROOT, "supabase", "released.json");
const MIGRATIONS = join(ROOT, "supabase", "migrations");

const releasedSchema = z.record(z.string(), z.object({ migrations: z.record(z.string(), z.string()) }));
export type Released = z.infer<typeof releasedSchema>;

/** SHA-256 by file name. */
export type MigrationHashes = Readonly<Record<string, string>>;

export async function readReleased(): Promise<Released> {
  return releasedSchema.parse(JSON.parse(await readFile(RELEASED_FILE, "utf8")));
}

/** The hashes of the migrations of this tree. */
export async function readMigrationHashes(): Promise<MigrationHashes> {
  const names = (await readdir(MIGRATIONS)).filter((name) => name.endsWith(".sql")).sort();
  const hash = async (name: string) =>
    createHash("sha256").update(await readFile(join(MIGRATIONS, name))).digest("hex");
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await hash(name)])));
}

/** One sentence for each released migration that is missing or changed, and each new one with an earlier version. */
export function migrationFaults(released: Released, current: MigrationHashes): string[] {
  const frozen = frozenOf(released);
  const newest = Object.keys(frozen).sort().at(-1) ?? "";
  const changed = Object.entries(frozen).flatMap(([name, hash]) => {
    if (current[name] === undefined) return [`${name} was released and is gone`];
    return current[name] === hash
      ? []
      : [`${name} was released and is changed: put the change into a new migration`];
  });
  const early = Object.keys(unreleased(released, current)).filter((name) => name < newest).map((name) =>
    `${name} would come before ${newest}, which databases have: give it a later version`
  );
  return [...changed, ...early];
}

/** Migrations that are in no release yet. */
export function unreleased(released: Released, current: MigrationHashes): MigrationHashes {
  const frozen = frozenOf(released);
  return Object.fromEntries(Object.entries(current).filter(([name]) => !(name in frozen)));
}

function frozenOf(released: Released): Record<string, string> {
  return Object.assign({}, ...Object.values(released).map(({ migrations }) => migrations));
}
