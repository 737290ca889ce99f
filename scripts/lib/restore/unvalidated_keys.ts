/** Foreign keys with orphans, which come back unvalidated (NOT VALID) when that is confirmed. */
import { z } from "zod";
import { type AnyManifest, isProving } from "@backup/vault/manifest.ts";
import type { TocEntry } from "../archive/archive_toc.ts";
import { parseFingerprintLine } from "../postgres/database_facts.ts";
import { unquoted } from "../postgres/sql_text.ts";

/** A foreign key of the archive. */
export interface ArchivedKey {
  dumpId: number;
  schema: string;
  /** `table.constraint`, as the fingerprint names it. */
  name: string;
  /** The qualified table and the constraint, quoted as SQL. */
  relation: string;
  constraint: string;
  /** Adds it and checks the rows. */
  statement: string;
  /** Adds it without a check of the rows that are there. */
  unvalidated: string;
}

/** A name as SQL has it, in a regular expression. */
export const QUOTED_NAME = `(?:"(?:[^"]|"")+"|[^\\s".]+)`;
const ADDED = new RegExp(
  `^ALTER TABLE (?:ONLY )?(${QUOTED_NAME}\\.(${QUOTED_NAME}))\\s+ADD CONSTRAINT (${QUOTED_NAME}) FOREIGN KEY `,
);

/** The foreign keys that entries of an archive add. */
export function foreignKeys(entries: readonly TocEntry[]): ArchivedKey[] {
  return entries.filter(({ kind }) => kind === "FK CONSTRAINT").flatMap(({ dumpId, schema, definition }) => {
    const [, relation = "", table = "", constraint = ""] = ADDED.exec(definition) ?? [];
    if (relation === "") return [];
    const unvalidated = /NOT VALID;\s*$/.test(definition)
      ? definition
      : definition.replace(/;\s*$/, " NOT VALID;");
    const name = `${unquoted(table)}.${unquoted(constraint)}`;
    return [{ dumpId, schema: schema ?? "", name, relation, constraint, statement: definition, unvalidated }];
  });
}

/** The entries of an archive that build the keys which the manifest names as orphaned. */
export function unvalidatedKeys(
  entries: readonly TocEntry[],
  manifest: AnyManifest | null,
): ArchivedKey[] {
  // without rows every key is valid
  const warnings = manifest && isProving(manifest) && manifest.mode === "full" ? manifest.warnings ?? [] : [];
  const orphaned = new Set(warnings.filter(({ kind }) => kind === "orphans").map(({ name }) => name));
  if (orphaned.size === 0) return [];
  return foreignKeys(entries).filter(({ relation, constraint }) =>
    orphaned.has(`constraint ${constraint} on ${relation}`)
  );
}

/** Those of partitioned tables, which cannot be NOT VALID before {@link FIRST_PARTITIONED_MAJOR}. */
export function ofPartitioned(entries: readonly TocEntry[], keys: readonly ArchivedKey[]): ArchivedKey[] {
  const isPartitioned = (relation: string) =>
    entries.some(({ kind, definition }) =>
      kind === "TABLE" && definition.startsWith(`CREATE TABLE ${relation} (`) &&
      /\nPARTITION BY [^\n]*;\s*$/.test(definition)
    );
  return keys.filter(({ relation }) => isPartitioned(relation));
}

/** The first major version in which a foreign key of a partitioned table may be NOT VALID. */
export const FIRST_PARTITIONED_MAJOR = 18;

/** The lines of a fingerprint as they are with these keys unvalidated. */
export function withUnvalidated(
  lines: readonly string[],
  keys: readonly ArchivedKey[],
): readonly string[] {
  if (keys.length === 0) return lines;
  const names = new Set(keys.map(({ schema, name }) => JSON.stringify([schema, "constraint", name])));
  return lines.map((line) => {
    const [area, kind, name, all] = parseFingerprintLine(line);
    if (!names.has(JSON.stringify([area, kind, name]))) return line;
    const facts = z.record(z.string(), z.unknown()).parse(all);
    return JSON.stringify([area, kind, name, {
      ...facts,
      definition: `${facts.definition} NOT VALID`,
      validated: false,
    }]);
  });
}
