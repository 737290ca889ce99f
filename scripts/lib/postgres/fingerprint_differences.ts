/** Compares fingerprints by the meaning of their lines, and names each object that differs. */
import { z } from "zod";
import { parseFingerprintLine } from "./database_facts.ts";
import { identifier } from "./sql_text.ts";

const record = z.record(z.string(), z.unknown());
const texts = z.array(z.string()).nullish();

/**
 * A line without what PostgreSQL prints differently after a dump and restore of the same definition: parentheses,
 * blanks and the text casts of varchar lists. `a IN ('x')` on a varchar column and row comparisons are such.
 */
function loosen(line: string): string {
  return line.replace(/[()\s]|::(?:text|charactervarying|character varying)(?:\[\])?/g, "");
}

/**
 * Differences in meaning; each names its object. Not compared are the printed form of a definition, who owns schema
 * public (a server's own, which a restore leaves in place), and what the fingerprint of an older backup does not hold.
 */
export function describeDifferences(
  expectedLines: readonly string[],
  foundLines: readonly string[],
  words: DifferenceWords = ENGLISH,
): string[] {
  const isOld = !expectedLines.some((line) => FORMAT.test(line));
  const comparable = (lines: readonly string[]) =>
    (isOld ? lines.flatMap(asInOldFormat) : lines).map(withOwnerOfPublic);
  const [expected, found] = [comparable(expectedLines), comparable(foundLines)];
  const [expectedTexts, foundTexts] = [new Set(expected.map(loosen)), new Set(found.map(loosen))];
  const before = byName(expected.filter((line) => !foundTexts.has(loosen(line))));
  const after = byName(found.filter((line) => !expectedTexts.has(loosen(line))));
  const missingOrOther = [...before].flatMap(([line, object]) => {
    const other = after.get(line);
    return other ? describeFacts(words, object, other) : [words.missing(object)];
  });
  const extra = [...after].filter(([line]) => !before.has(line)).map(([, object]) => words.extra(object));
  return [...missingOrOther, ...extra];
}

/** An object as a difference names it, with its schema unless the database has it. */
interface NamedObject {
  kind: string;
  name: string;
}

/** Sentences about differences. Values are JSON. */
export interface DifferenceWords {
  missing: (object: NamedObject) => string;
  extra: (object: NamedObject) => string;
  options: (object: NamedObject, names: readonly string[]) => string;
  fact: (fact: string, object: NamedObject, found: string, expected: string) => string;
  /** In place of a value. */
  absent: string;
}

const ENGLISH: DifferenceWords = {
  missing: ({ kind, name }) => `${kind} ${name} is missing`,
  extra: ({ kind, name }) => `${kind} ${name} is not in the backup`,
  options: ({ kind, name }, names) => `options of ${kind} ${name} differ: ${names.join(", ")}`,
  fact: (fact, { kind, name }, found, expected) =>
    `${fact} of ${kind} ${name} is ${found}, expected ${expected}`,
  absent: "absent",
};

interface DescribedObject extends NamedObject {
  facts: unknown;
}

function byName(lines: readonly string[]): Map<string, DescribedObject> {
  return new Map(lines.map((line) => {
    const [area, kind, name, facts] = parseFingerprintLine(line);
    return [JSON.stringify([area, kind, name]), { kind, name: nameWithSchema(area, kind, name), facts }];
  }));
}

/** The name of a fingerprint's line with its schema, which those of functions and domain constraints include. */
export function nameWithSchema(area: string, kind: string, name: string): string {
  if (area === "-" || kind === "schema" || kind === "function" || kind === "other") return name;
  const schema = area === "~ops" ? "public" : area.replace(/^~/, "");
  return name.startsWith(`${schema}.`) && kind === "constraint" ? name : `${schema}.${name}`;
}

function describeFacts(
  words: DifferenceWords,
  object: DescribedObject,
  { facts: found }: DescribedObject,
): string[] {
  const { facts: expected } = object;
  const [before, after] = [record.parse(expected), record.parse(found)];
  return Object.keys(before).flatMap((key) => {
    const [a, b] = [JSON.stringify(before[key]), JSON.stringify(after[key])];
    if (a === b) return [];
    return key === "options" && object.kind.startsWith("foreign ")
      ? [words.options(object, differingOptions(before[key], after[key]))]
      : [words.fact(key, object, shown(b, words), shown(a, words))];
  });
}

/** Names of the options of a foreign server or table that differ: a value may be a password. */
function differingOptions(expected: unknown, found: unknown): string[] {
  const [a, b] = [texts.parse(expected) ?? [], texts.parse(found) ?? []];
  const differing = [...a.filter((each) => !b.includes(each)), ...b.filter((each) => !a.includes(each))];
  return [...new Set(differing.map((each) => each.split("=")[0] ?? ""))];
}

/** Arguments of a trigger's function: those of a webhook are its address and its keys, which no log may show. */
const TRIGGER_ARGUMENTS = /(EXECUTE (?:FUNCTION|PROCEDURE) [^(]+)\(.+\)/s;

function shown(text: string | undefined, { absent }: DifferenceWords): string {
  const full = (text ?? absent).replace(TRIGGER_ARGUMENTS, "$1(…)");
  return full.length > 200 ? `${full.slice(0, 200)}…` : full;
}

/** How the line begins that states the format; the first format had none. */
const FORMAT = /^\["-",\s*"fingerprint",/;
/** Kinds that the first format does not have. */
const LATER_KINDS = ["foreign server", "user mapping", "foreign table", "security label", "fingerprint"];

/** The first format has the default of a domain as it was written. */
function asInOldFormat(line: string): string[] {
  const [area, kind, name, all] = parseFingerprintLine(line);
  if (LATER_KINDS.includes(kind)) return [];
  if (kind !== "type") return [line];
  const facts = record.parse(all);
  if (!Array.isArray(facts.domain)) return [line];
  const [type, notNull, , collation]: unknown[] = facts.domain;
  return [JSON.stringify([area, kind, name, { ...facts, domain: [type, notNull, collation] }])];
}

const PUBLIC = /^\["public",\s*"schema",/;

/** The line of schema public with a placeholder for its owner: `pg_database_owner` in new projects, a role in older ones. */
function withOwnerOfPublic(line: string): string {
  if (!PUBLIC.test(line)) return line;
  const [area, kind, name, all] = parseFingerprintLine(line);
  const facts = record.parse(all);
  const owner = String(facts.owner);
  return JSON.stringify([area, kind, name, {
    ...facts,
    owner: OWNER,
    acl: renameInPrivileges(facts.acl, owner, OWNER),
  }]);
}

const OWNER = "the owner";

/**
 * The privileges after a change of owner, as PostgreSQL rewrites them.
 * @param acl texts `grantee=PRIVILEGE[*]/grantor`, or `null`
 */
function renameInPrivileges(acl: unknown, from: string, to: string): string[] | null {
  const items = texts.parse(acl);
  if (!items) return null;
  const rename = (role: string | undefined) => role === from ? to : role;
  return [
    ...new Set(items.map((item) => {
      const [, grantee, privilege, grantor] = /^(.*)=([A-Z ]+\*?)\/(.*)$/s.exec(item) ?? [];
      return `${rename(grantee)}=${privilege}/${rename(grantor)}`;
    })),
  ].sort();
}

/** What a fingerprint says after a restore by a role that cannot give every object its owner. */
export interface OwnersTaken {
  lines: readonly string[];
  /** The owners whose objects belong to `user` instead. */
  from: string[];
}

/**
 * @param user the role of the restore
 * @param roles that it may give objects to
 */
export function withReachableOwners(
  lines: readonly string[],
  user: string,
  roles: ReadonlySet<string>,
): OwnersTaken {
  const ranges = new Set(lines.flatMap(rangeConstructors));
  const owners = new Map<string, string>();
  for (const line of lines) {
    const [area, kind, name, all] = parseFingerprintLine(line);
    const { owner } = record.parse(all);
    const isTaken = typeof owner === "string" && owner !== user && !roles.has(owner) && !PUBLIC.test(line) &&
      !area.startsWith("~") && !(kind === "function" && ranges.has(name.replace(/\(.*$/s, "")));
    if (isTaken) owners.set(JSON.stringify([area, kind, name]), owner);
  }
  if (owners.size === 0) return { lines, from: [] };
  return {
    from: [...new Set(owners.values())].sort(),
    lines: lines.map((line) => {
      const [area, kind, name, all] = parseFingerprintLine(line);
      const relation = kind === "column" ? name.slice(0, name.lastIndexOf(".")) : name;
      const owner = owners.get(JSON.stringify([area, kind === "column" ? "relation" : kind, relation]));
      if (owner === undefined) return line;
      const facts = record.parse(all);
      const changed = { ...facts, ...kind === "column" ? {} : { owner: user } };
      return JSON.stringify([area, kind, name, {
        ...changed,
        acl: renameInPrivileges(facts.acl, owner, user),
      }]);
    }),
  };
}

/** Names of the functions of a range type, which belong to the server's own superuser. */
function rangeConstructors(line: string): string[] {
  const [area, kind, name, all] = parseFingerprintLine(line);
  if (kind !== "type" || !["r", "m"].includes(String(record.parse(all).kind))) return [];
  const quoted = (text: string) => /^[a-z_][a-z0-9_$]*$/.test(text) ? text : identifier(text);
  return [`${quoted(area)}.${quoted(name)}`];
}
