/** What a restore does to the objects that only the target has, from the fingerprints of both sides. */
import { z } from "zod";
import { parseFingerprintLine } from "../postgres/database_facts.ts";
import { nameWithSchema } from "../postgres/fingerprint_differences.ts";

/**
 * `moved_aside`: kept in a schema of its own until the restore is committed, then dropped · `removed`: dropped in
 * the restore's transaction · `replaced`: part of a relation that the backup has too, whose version comes back.
 * The safety copy holds all of them.
 */
export type Fate = "moved_aside" | "removed" | "replaced";

export interface LostObject {
  kind: string;
  /** With its schema, if it has one. */
  name: string;
  fate: Fate;
}

interface Identity {
  area: string;
  kind: string;
  /** A column by its name, since its number is another one when a column before it is new. */
  name: string;
  facts: Record<string, unknown>;
}

/** Parts of a relation: their name is `relation.part`, the line of a sequence has the relation's name. */
const PARTS = new Set([
  "column",
  "constraint",
  "index",
  "trigger",
  "rule",
  "policy",
  "sequence",
  "foreign table",
]);
/** Area of objects without a schema or on the platform's tables, which cannot be moved aside. */
const DATABASE_AREA = "-";
/** Area of the catalog's own objects. */
export const OPS_AREA = "~ops";

/** Objects of the target that the backup lacks; parts of a relation that goes as a whole are not named. */
export function objectsOnlyInTarget(backup: readonly string[], target: readonly string[]): LostObject[] {
  const kept = new Set(backup.map((line) => keyOf(identify(line))));
  const lost = wholeObjects(target, backup).map(identify).filter((object) =>
    object.area !== OPS_AREA && object.kind !== "fingerprint" && !staysInPublic(object) &&
    !kept.has(keyOf(object))
  );
  const ranges = lost.filter(isRange).map(({ area, name }) => `${area}.${name}(`);
  return lost.map((object) => ({
    kind: object.kind === "relation" ? relationKind(object) : object.kind,
    name: nameOf(object),
    fate: fateOf(object, ranges),
  }));
}

/** Lines without the parts of relations that the other side lacks: such a relation represents its parts. */
export function wholeObjects(lines: readonly string[], others: readonly string[]): string[] {
  const relations = new Set(lines.map(identify).filter(({ kind }) => kind === "relation").map(keyOf));
  const kept = new Set(others.map((line) => keyOf(identify(line))));
  return lines.filter((line) => {
    const relation = relationOf(identify(line), relations);
    return relation === null || kept.has(relation);
  });
}

/** The catalog's own relations and functions, which a restore leaves as they are. */
export function catalogObjects(target: readonly string[]): string[] {
  return target.map(identify)
    .filter(({ area, kind }) => area === OPS_AREA && (kind === "relation" || kind === "function"))
    .map(nameOf);
}

const record = z.record(z.string(), z.unknown());

function identify(line: string): Identity {
  const [area, kind, name, given] = parseFingerprintLine(line);
  const facts = record.parse(given);
  if (kind !== "column") return { area, kind, name, facts };
  const relation = name.slice(0, name.lastIndexOf("."));
  return { area, kind, name: `${relation}.${facts.name}`, facts };
}

function keyOf({ area, kind, name }: Identity): string {
  return JSON.stringify([area, kind, name]);
}

/** Key of the relation that an object is part of; the longest that fits, since names may hold dots. */
function relationOf({ area, kind, name }: Identity, relations: ReadonlySet<string>): string | null {
  if (!PARTS.has(kind)) return null;
  for (let end = name.length; end > 0; end = name.lastIndexOf(".", end - 1)) {
    const relation = JSON.stringify([area, "relation", name.slice(0, end)]);
    if (relations.has(relation)) return relation;
  }
  return null;
}

function fateOf(object: Identity, ranges: readonly string[]): Fate {
  const { area, kind, name } = object;
  if (kind === "extension") return "moved_aside"; // with its schema
  if (area === DATABASE_AREA || area.startsWith("~") || isRange(object)) return "removed";
  if (kind === "function" && ranges.some((range) => name.startsWith(range))) return "removed";
  return PARTS.has(kind) ? "replaced" : "moved_aside";
}

/** A range or multirange type of public: its constructors belong to the server and cannot follow it. */
function isRange({ kind, area, facts }: Identity): boolean {
  return kind === "type" && area === "public" && (facts.kind === "r" || facts.kind === "m");
}

function staysInPublic({ kind, facts }: Identity): boolean {
  return kind === "extension" && facts.schema === "public";
}

const RELATION_KINDS: Readonly<Record<string, string>> = {
  r: "table",
  p: "table",
  v: "view",
  m: "materialized view",
  S: "sequence",
  f: "foreign table",
  c: "type",
};

function relationKind({ facts }: Identity): string {
  return RELATION_KINDS[String(facts.kind)] ?? "relation";
}

function nameOf({ area, kind, name }: Identity): string {
  return nameWithSchema(area, kind, name);
}
