/** Objects of an archive that a drill leaves out, because its server lacks what they need, with all that depends on them. */
import { z } from "zod";
import type { Manifest } from "@backup/vault/manifest.ts";
import { parseFingerprintLine } from "../postgres/database_facts.ts";
import type { TocEntry } from "./archive_toc.ts";

export interface Omission {
  dumpIds: ReadonlySet<number>;
  /** What is left out. */
  objects: readonly { name: string; why: string }[];
  /** Restrictive policies among them, of tables that are not: others admit rows that these refuse. */
  restrictions: readonly string[];
  /** Objects of the platform whose absence is the reason, as `schema.name` or `schema.name(arguments)`. */
  needs: ReadonlySet<string>;
  /** Whether a line of the fingerprint is about one of the objects, or about a part of one. */
  covers(line: string): boolean;
  /** Whether it holds the relation `schema.name`, quoted as SQL. */
  coversRelation(key: string): boolean;
}

/** Kinds that are named with the object that they are about or a part of. */
const PARTS = new Set([
  ...["TABLE DATA", "ACL", "COMMENT", "SECURITY LABEL", "SEQUENCE SET", "SEQUENCE OWNED BY", "ROW SECURITY"],
  ...["MATERIALIZED VIEW DATA", "PUBLICATION TABLE"],
]);
const RESTRICTIVE = /^CREATE POLICY .* AS RESTRICTIVE /;
const RELATIONS = new Set(["TABLE", "VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE", "SEQUENCE"]);

/**
 * @param roots by dump id: why the entry cannot be loaded
 * @param needs objects of the platform that are missing
 */
export function omissionOf(
  entries: readonly TocEntry[],
  roots: ReadonlyMap<number, string>,
  needs: ReadonlySet<string>,
): Omission {
  const reasons = withDependents(entries, roots);
  const omitted = entries.filter(({ dumpId }) => reasons.has(dumpId));
  const names = new Set(omitted.flatMap(fingerprintNames));
  const relations = omitted.filter(({ kind }) => RELATIONS.has(kind));
  const keys = new Set(relations.map(({ schema, tag }) => `${quoted(schema ?? "")}.${quoted(tag)}`));
  const isPart = ({ kind, schema, tag }: TocEntry) =>
    PARTS.has(kind) ||
    kind in PART_OF_TABLE && relations.some((of) => of.schema === schema && tag.startsWith(`${of.tag} `));
  return {
    dumpIds: new Set(reasons.keys()),
    objects: omitted.filter((entry) => !isPart(entry)).map((entry) => ({
      name: nameOf(entry),
      why: reasons.get(entry.dumpId) ?? "",
    })),
    restrictions: omitted.filter((entry) => RESTRICTIVE.test(entry.definition) && !isPart(entry)).map(nameOf),
    needs,
    covers: (line) => lineNames(line).some((name) => names.has(name)),
    coversRelation: (key) => keys.has(key),
  };
}

/** The content of a backup that is expected without the omitted objects. */
export function contentWithout(
  omission: Omission | undefined,
  { rows, sequences }: Pick<Manifest, "rows" | "sequences">,
  lines: readonly string[],
): Pick<Manifest, "rows" | "sequences"> & { lines: readonly string[] } {
  if (omission === undefined) return { rows, sequences, lines };
  const kept = <V>(all: Readonly<Record<string, V>>) =>
    Object.fromEntries(Object.entries(all).filter(([key]) => !omission.coversRelation(key)));
  return {
    rows: kept(rows),
    sequences: kept(sequences),
    lines: lines.filter((line) => !omission.covers(line)),
  };
}

/** Every entry that needs one of the roots, directly or through others. */
function withDependents(
  entries: readonly TocEntry[],
  roots: ReadonlyMap<number, string>,
): Map<number, string> {
  const reasons = new Map(roots);
  for (let known = -1; known !== reasons.size;) {
    known = reasons.size;
    for (const { dumpId, dependencies } of entries) {
      const needed = dependencies.find((id) => reasons.has(id));
      if (needed !== undefined && !reasons.has(dumpId)) reasons.set(dumpId, reasons.get(needed) ?? "");
    }
  }
  return reasons;
}

function nameOf({ kind, schema, tag }: TocEntry): string {
  return `${kind.toLowerCase()} ${schema === null ? "" : `${schema}.`}${tag}`;
}

const PART_OF_TABLE: Readonly<Record<string, string>> = {
  CONSTRAINT: "constraint",
  "CHECK CONSTRAINT": "constraint",
  "FK CONSTRAINT": "constraint",
  TRIGGER: "trigger",
  POLICY: "policy",
  RULE: "rule",
  DEFAULT: "default",
};
const WITHOUT_SCHEMA: Readonly<Record<string, string>> = {
  EXTENSION: "extension",
  SERVER: "foreign server",
  "EVENT TRIGGER": "event trigger",
  PUBLICATION: "publication",
  CAST: "cast",
};

/** Keys that {@link lineNames} gives for the lines about an entry. */
function fingerprintNames({ kind, schema, tag, definition }: TocEntry): string[] {
  const key = (of: string, name: string) => JSON.stringify([schema, of, name]);
  const part = PART_OF_TABLE[kind];
  if (part !== undefined) return [key(part, tag)];
  if (RELATIONS.has(kind)) return [key("relation", tag)];
  const global = WITHOUT_SCHEMA[kind];
  if (global !== undefined) return [JSON.stringify(["-", global, tag])];
  switch (kind) {
    case "INDEX":
      return [key("index", tag)];
    case "STATISTICS":
      return [key("statistics", tag)];
    case "TYPE":
    case "DOMAIN":
      return [key("type", tag)];
    case "FUNCTION":
    case "PROCEDURE":
    case "AGGREGATE":
      return [key("function", tag)];
    case "SEQUENCE OWNED BY":
      return [key("sequence", tag)];
    case "PUBLICATION TABLE":
    case "PUBLICATION TABLES IN SCHEMA":
      // the line of a publication names its tables
      return [JSON.stringify(["-", "publication", /^ALTER PUBLICATION (\S+)/.exec(definition)?.[1] ?? ""])];
    case "USER MAPPING":
      return [JSON.stringify(["-", "user mapping", tag.replace(/^USER MAPPING (.*) SERVER (.*)$/, "$1@$2")])];
    default:
      return [];
  }
}

const named = z.object({ name: z.string() });

/** Names of the object that a line is about, and of the relation that it is a part of. */
function lineNames(line: string): string[] {
  const [area, kind, name, facts] = parseFingerprintLine(line);
  const key = (of: string, tag: string) => JSON.stringify([area.replace(/^~/, ""), of, tag]);
  if (area === "-") return [JSON.stringify([area, kind, name])];
  if (kind === "function") return [key(kind, name.replace(`${quoted(area)}.`, ""))];
  const own = [key(kind, name), key("relation", name)];
  const dots = [...name.matchAll(/\./g)].map(({ index }) => index);
  return dots.reduce((names, at) => {
    const [relation, part] = [name.slice(0, at), name.slice(at + 1)];
    const column = kind === "column" ? named.parse(facts).name : part;
    return [
      ...names,
      key("relation", relation),
      key(kind === "column" ? "default" : kind, `${relation} ${column}`),
      key(kind, part),
    ];
  }, own);
}

function quoted(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
