/** A migration that a database may have is never changed: what was released is remembered by its hash. */
import { createHash } from "node:crypto";
import { z } from "zod";

/** supabase/released.json: by version, the SHA-256 of each migration that came with it. */
export const releasedSchema = z.record(
  z.string(),
  z.object({ migrations: z.record(z.string(), z.string()) }),
);
export type Released = z.infer<typeof releasedSchema>;

/** File name and text of each migration. */
export type MigrationTexts = Readonly<Record<string, string>>;

export function hashesOf(texts: MigrationTexts): Record<string, string> {
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  return Object.fromEntries(Object.entries(texts).sort().map(([name, text]) => [name, hash(text)]));
}

/** What was done to migrations that are out of our hands. */
export function brokenPromises(released: Released, texts: MigrationTexts): string[] {
  const now = hashesOf(texts);
  const frozen = frozenOf(released);
  const newest = Object.keys(frozen).sort().at(-1) ?? "";
  return [
    ...Object.entries(frozen).flatMap(([name, hash]) => {
      if (now[name] === undefined) return [`${name} was released and is gone`];
      return now[name] === hash
        ? []
        : [`${name} was released and is changed: put the change into a new migration`];
    }),
    ...unreleased(released, texts).filter((name) => name < newest).map((name) =>
      `${name} would come before ${newest}, which databases have: give it a later version`
    ),
  ];
}

/** Migrations that no release has yet. */
export function unreleased(released: Released, texts: MigrationTexts): string[] {
  const frozen = frozenOf(released);
  return Object.keys(texts).filter((name) => !(name in frozen)).sort();
}

function frozenOf(released: Released): Record<string, string> {
  return Object.assign({}, ...Object.values(released).map(({ migrations }) => migrations));
}
