/** What anon, authenticated and service_role may use after the restore of an archive without privileges. */
import { parseFingerprintLine } from "../postgres/database_facts.ts";
import type { ArchiveToc, TocEntry } from "../archive/archive_toc.ts";
import type { Selection } from "../archive/select_entries.ts";
import { list, type Listed } from "./plan_comparison.ts";
import { OPS_AREA } from "./plan_objects.ts";
import { type PrivilegeSource, type StatedPrivilege, statedPrivileges } from "./privilege_source.ts";

/** The roles that the API connects as. */
const API_ROLES = ["anon", "authenticated", "service_role"];

export interface AccessPlan {
  /** The backup that the privileges are of; `null`: the target. */
  from: string | null;
  /** Number of objects that each role has a privilege on. */
  roles: { role: string; open: number }[];
  /** Objects with a privilege of at least one of the roles. */
  open: Listed<{ kind: string; name: string; roles: string[] }>;
  /** Objects that none of the roles has a privilege on. */
  closed: Listed<{ kind: string; name: string }>;
}

/** Kinds of archive entries that privileges belong to, as a plan names them. */
const KINDS: Readonly<Record<string, string>> = {
  TABLE: "table",
  VIEW: "view",
  "MATERIALIZED VIEW": "materialized view",
  "FOREIGN TABLE": "foreign table",
  SEQUENCE: "sequence",
  FUNCTION: "function",
  PROCEDURE: "function",
  AGGREGATE: "function",
};

/**
 * @param target lines of the target's fingerprint
 * @returns `null` for an archive that holds privileges itself
 */
export function planAccess(
  { entries }: Pick<ArchiveToc, "entries">,
  { main }: Pick<Selection, "main">,
  target: readonly string[],
  source: PrivilegeSource | null,
): AccessPlan | null {
  if (entries.some(({ kind }) => kind === "ACL")) return null;
  const privileges = readPrivileges(target, source?.lines ?? []);
  const taken = new Set(main);
  const objects = entries.filter(({ kind, dumpId }) => kind in KINDS && taken.has(dumpId)).map((entry) => ({
    kind: KINDS[entry.kind] ?? "",
    name: nameOf(entry),
    roles: rolesOf(privileges.get(keyOf(entry)) ?? []),
  }));
  const open = objects.filter(({ roles }) => roles.length > 0);
  return {
    from: source?.key ?? null,
    roles: API_ROLES.map((role) => ({
      role,
      open: open.filter(({ roles }) => roles.includes(role)).length,
    })),
    open: list(open),
    closed: list(objects.filter(({ roles }) => roles.length === 0).map(({ kind, name }) => ({ kind, name }))),
  };
}

function rolesOf(privileges: readonly StatedPrivilege[]): string[] {
  const grantees = new Set(privileges.map(({ grantee }) => grantee));
  return grantees.has("PUBLIC") ? [...API_ROLES] : API_ROLES.filter((role) => grantees.has(role));
}

/** Names of both sides without their quotes: an archive does not quote the name of a function. */
function plain(name: string): string {
  return name.replaceAll('"', "").replaceAll(", ", ",");
}

function nameOf({ schema, tag }: TocEntry): string {
  return `${schema ?? ""}.${tag}`;
}

function keyOf(entry: TocEntry): string {
  return `${KINDS[entry.kind] === "function" ? "function" : "relation"} ${plain(nameOf(entry))}`;
}

/** The privileges of relations, with those of their columns, and of functions, by kind and name. */
function readPrivileges(
  target: readonly string[],
  source: readonly string[],
): Map<string, StatedPrivilege[]> {
  const own = privilegesByObject(target);
  for (const [object, privileges] of privilegesByObject(source)) own.set(object, privileges);
  return own;
}

function privilegesByObject(lines: readonly string[]): Map<string, StatedPrivilege[]> {
  const found = new Map<string, StatedPrivilege[]>();
  for (const line of lines) {
    const [area, kind, name, facts] = parseFingerprintLine(line);
    const privileges = statedPrivileges(facts);
    if (privileges === null) continue;
    const schema = area === OPS_AREA ? "public" : area;
    const object = kind === "relation"
      ? `relation ${plain(`${schema}.${name}`)}`
      : kind === "column"
      ? `relation ${plain(`${schema}.${name.slice(0, name.lastIndexOf("."))}`)}`
      : kind === "function"
      ? `function ${plain(name)}`
      : null;
    if (object !== null) found.set(object, [...found.get(object) ?? [], ...privileges]);
  }
  return found;
}
