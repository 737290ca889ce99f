/** Which entries of an archive build the platform's schemas on a server of ours, as an ordinary role. */
import { selectPlatformStructure } from "../archive/select_entries.ts";
import type { TocEntry } from "../archive/archive_toc.ts";

export interface PlatformStructure {
  dumpIds: number[];
  /** Entries that only a superuser could load, or that a new project would not have. */
  leftOut: LeftOut[];
}

export interface LeftOut {
  name: string;
  why: string;
}

/** Functions of the caller in schema auth; in older projects the project's owner owns them. */
const CALLER_FUNCTIONS = new Set(["uid()", "role()", "email()", "jwt()"]);
/** A grant by another role than the owner. */
const BY_ANOTHER_ROLE = /^SET SESSION AUTHORIZATION /m;

/**
 * @param owner the project's owner, as which the structure is loaded
 * @param roles that the owner may act for
 */
export function platformStructure(
  entries: readonly TocEntry[],
  owner: string,
  roles: ReadonlySet<string>,
): PlatformStructure {
  const wanted = new Set(selectPlatformStructure(entries));
  const own = new Set(
    entries.filter((entry) => wanted.has(entry.dumpId) && isOwnFunction(entry, owner)).map(functionName),
  );
  const structure: PlatformStructure = { dumpIds: [], leftOut: [] };
  for (const entry of entries.filter(({ dumpId }) => wanted.has(dumpId))) {
    const why = reasonToLeaveOut(entry, roles, own);
    if (why === null) structure.dumpIds.push(entry.dumpId);
    else structure.leftOut.push({ name: `${entry.kind} ${entry.schema ?? ""}.${entry.tag}`, why });
  }
  return structure;
}

function reasonToLeaveOut(
  entry: TocEntry,
  roles: ReadonlySet<string>,
  own: ReadonlySet<string>,
): string | null {
  if (own.has(functionName(entry))) return "a function of the project in schema auth: a new project lacks it";
  if (entry.kind === "DEFAULT ACL" && !roles.has(entry.owner)) return `default privileges of ${entry.owner}`;
  if (entry.kind === "ACL" && BY_ANOTHER_ROLE.test(entry.definition)) {
    return "privileges granted by another role";
  }
  return null;
}

function isOwnFunction({ kind, schema, tag, owner }: TocEntry, projectOwner: string): boolean {
  return kind === "FUNCTION" && schema === "auth" && owner === projectOwner && !CALLER_FUNCTIONS.has(tag);
}

/** `schema.name(arguments)` of a function, and of the function that a privilege or a comment is of. */
function functionName({ kind, schema, tag }: TocEntry): string {
  return `${schema}.${kind === "FUNCTION" ? tag : tag.replace(/^FUNCTION /, "")}`;
}
