/** What would end a restore, from facts of the target that are read before its first lock. */
import { type AnyManifest, isProving } from "@backup/vault/manifest.ts";
import { DATA_ONLY_SCHEMAS, PLATFORM_SCHEMAS, restoredRows } from "@backup/vault/platform.ts";
import { BackupError } from "@backup/errors.ts";
import type { ArchiveToc, TocEntry } from "../archive/archive_toc.ts";
import type { Omission } from "../archive/omission.ts";
import { entriesUsing } from "../archive/references.ts";
import { carriesRows, type Selection } from "../archive/select_entries.ts";
import { identifier } from "../postgres/sql_text.ts";
import type { RestoreTargetFacts } from "./target_facts.ts";
import { FIRST_PARTITIONED_MAJOR, ofPartitioned, unvalidatedKeys } from "./unvalidated_keys.ts";

export type TargetObstacle =
  /** The archive creates an extension that the target's server does not have. */
  | { kind: "extension_unavailable"; name: string }
  /** It stays in schema public, and the backup does not have it. */
  | { kind: "extension_only_in_target"; name: string }
  /** It is in another schema than in the backup, and one of the two is the project's. */
  | { kind: "extension_schema"; name: string; backup: string; target: string }
  /** A table of the platform with rows that only the backup has: the platform's versions differ. */
  | { kind: "platform_table"; table: string; in: "backup" | "target" }
  /** A column that only one side has: filled in the backup, or required by the target. */
  | { kind: "platform_column"; table: string; column: string; in: "backup" | "target" }
  /** An object of the backup uses an object of the platform that the target lacks. */
  | { kind: "platform_missing"; name: string; needs: string }
  /** An object of the target that its owner alone could move aside. */
  | { kind: "not_owned"; name: string; owner: string }
  /** Privileges that a role granted which the restore may not act for. */
  | { kind: "grantor"; name: string; role: string }
  /** Programs of an older major version do not read the archive. */
  | { kind: "older_server"; backup: number; target: number }
  /** It is built with a safe search_path on the target, and its functions need another one. */
  | { kind: "safe_path"; name: string; error: string }
  /** A foreign key with rows that refer to missing ones, and the confirmation is missing. */
  | { kind: "orphans"; name: string; parent: string }
  /** Such a key of a partitioned table: with the confirmation too, it cannot come back unvalidated. */
  | { kind: "partitioned_orphans"; name: string };

/** The first major version that builds indexes and materialized views with a safe search_path. */
const FIRST_SAFE_PATH = 17;

export interface RestoreInputs {
  manifest: AnyManifest | null;
  toc: ArchiveToc;
  selection: Selection;
  facts: RestoreTargetFacts;
  allowOrphans?: boolean;
  /** Only what keeps the target's old content from being moved aside is an obstacle. */
  salvage?: boolean;
  /** What is left out, so that it is no obstacle. */
  omission?: Omission;
}

export function targetObstacles(inputs: RestoreInputs): TargetObstacle[] {
  const notOwned = inputs.facts.notOwned.map(({ name, owner }) =>
    ({ kind: "not_owned", name, owner }) as const
  );
  const versions = olderServer(inputs);
  if (inputs.salvage) return [...versions, ...notOwned];
  return [
    ...versions,
    ...unavailableExtensions(inputs),
    ...misplacedExtensions(inputs),
    ...platformRows(inputs),
    ...missingOfPlatform(inputs),
    ...notOwned,
    ...ofWarnings(inputs),
  ];
}

/** @throws {BackupError} `restore_failed` with every obstacle; nothing was locked or changed. */
export function requireRestorable(inputs: RestoreInputs): void {
  const obstacles = targetObstacles(inputs);
  if (obstacles.length === 0) return;
  throw new BackupError("restore_failed", `Cannot restore here: ${obstacles.map(describe).join("; ")}`, {
    phase: "inspect",
    hint: "The plan of this restore says what to do; nothing was changed.",
    details: { obstacles },
  });
}

function describe(obstacle: TargetObstacle): string {
  switch (obstacle.kind) {
    case "extension_unavailable":
      return `the server has no extension ${obstacle.name}`;
    case "extension_only_in_target":
      return `extension ${obstacle.name} is in public of the target alone`;
    case "extension_schema":
      return `extension ${obstacle.name} is in ${obstacle.target}, in the backup in ${obstacle.backup}`;
    case "platform_table":
      return `table ${obstacle.table} exists only in the ${obstacle.in}`;
    case "platform_column":
      return `column ${obstacle.column} of ${obstacle.table} exists only in the ${obstacle.in}`;
    case "platform_missing":
      return `${obstacle.name} needs ${obstacle.needs}, which the target lacks`;
    case "not_owned":
      return `${obstacle.name} belongs to ${obstacle.owner}`;
    case "grantor":
      return `privileges on ${obstacle.name} were granted by ${obstacle.role}`;
    case "older_server":
      return `the archive is of PostgreSQL ${obstacle.backup}, the target of ${obstacle.target}`;
    case "safe_path":
      return `${obstacle.name} cannot be built on PostgreSQL ${FIRST_SAFE_PATH} or later: ${obstacle.error}`;
    case "partitioned_orphans":
      return `${obstacle.name} has orphans, and a key of a partitioned table cannot be NOT VALID`;
    case "orphans":
      return `${obstacle.name} has rows that refer to missing ones of ${obstacle.parent} (ALLOW_ORPHANS=yes)`;
  }
}

function olderServer({ toc, facts }: RestoreInputs): TargetObstacle[] {
  const backup = Number.parseInt(toc.dumpVersion);
  return backup > facts.major ? [{ kind: "older_server", backup, target: facts.major }] : [];
}

function unavailableExtensions({ toc, selection, facts }: RestoreInputs): TargetObstacle[] {
  const taken = new Set(selection.main);
  const needed = new Set(
    toc.entries.filter(({ dumpId }) => taken.has(dumpId)).flatMap(({ dependencies }) => dependencies),
  );
  return toc.entries.filter(({ kind, dumpId, tag }) =>
    kind === "EXTENSION" && (taken.has(dumpId) || needed.has(dumpId)) &&
    !facts.availableExtensions.has(tag) && !facts.installedExtensions.has(tag)
  ).map(({ tag }) => ({ kind: "extension_unavailable", name: tag }));
}

function misplacedExtensions({ manifest, facts }: RestoreInputs): TargetObstacle[] {
  if (!manifest || !isProving(manifest)) return [];
  const wanted = new Map(manifest.extensions.map(({ name, schema }) => [name, schema]));
  return facts.extensions.flatMap(({ name, schema }): TargetObstacle[] => {
    const backup = wanted.get(name);
    if (backup === undefined) return schema === "public" ? [{ kind: "extension_only_in_target", name }] : [];
    const isMovable = backup === schema || isOfPlatform(backup) && isOfPlatform(schema);
    return isMovable ? [] : [{ kind: "extension_schema", name, backup, target: schema }];
  });
}

function isOfPlatform(schema: string): boolean {
  return schema === "pg_catalog" || PLATFORM_SCHEMAS.includes(schema);
}

const COPIED_COLUMNS = /^COPY [^]*? \(([^]*)\) FROM stdin;/;

/** Tables and columns of auth and storage, whose structure is the target's. Empty tables do not matter. */
function platformRows({ manifest, toc, facts }: RestoreInputs): TargetObstacle[] {
  const rows = manifest && isProving(manifest) && manifest.mode === "full"
    ? restoredRows(manifest.rows)
    : null;
  const isOfPlatformTable = ({ kind, schema }: TocEntry) =>
    kind === "TABLE DATA" && DATA_ONLY_SCHEMAS.some((name) => name === schema);
  return toc.entries.filter((entry) => isOfPlatformTable(entry) && carriesRows(entry)).flatMap(
    (entry): TargetObstacle[] => {
      const { schema, tag, copyStatement } = entry;
      const table = `${schema}.${tag}`;
      if (rows?.[table] === 0 || rows !== null && rows[table] === undefined) return [];
      const columns = facts.platformColumns.get(table);
      if (columns === undefined) return [{ kind: "platform_table", table, in: "backup" }];
      const copied = COPIED_COLUMNS.exec(copyStatement)?.[1];
      if (copied === undefined) return [];
      const names = copied.split(", ");
      const quoted = columns.flatMap(({ name, isRequired }) =>
        [name, identifier(name)].map((text) => ({ text, isRequired }))
      );
      const gone = names.filter((name) => !quoted.some(({ text }) => text === name));
      const required = columns.filter(({ name, isRequired }) =>
        isRequired && !names.includes(name) && !names.includes(identifier(name))
      );
      return [
        ...gone.map((column) => ({ kind: "platform_column", table, column, in: "backup" }) as const),
        ...required.map(({ name }) =>
          ({ kind: "platform_column", table, column: name, in: "target" }) as const
        ),
      ];
    },
  );
}

function missingOfPlatform({ manifest, toc, selection, facts, omission }: RestoreInputs): TargetObstacle[] {
  if (!manifest || !isProving(manifest)) return [];
  const missing = (object: string) => facts.missingObjects.has(object) && !omission?.needs.has(object);
  const taken = new Set(selection.main);
  return (manifest.warnings ?? []).flatMap(({ kind, name, detail }): TargetObstacle[] => {
    if (kind === "needs_platform" && detail !== null && missing(detail)) {
      return [{ kind: "platform_missing", name, needs: detail }];
    }
    const called = name.replace(/^function /, "");
    if (kind !== "platform_function" || !missing(called)) return [];
    const users = entriesUsing(toc.entries.filter(({ dumpId }) => taken.has(dumpId)), called);
    return users.map(({ kind, schema, tag }) =>
      ({ kind: "platform_missing", name: `${kind} ${schema}.${tag}`, needs: called }) as const
    );
  });
}

function ofWarnings({ manifest, toc, facts, allowOrphans }: RestoreInputs): TargetObstacle[] {
  if (!manifest || !isProving(manifest)) return [];
  const partitioned = allowOrphans && facts.major < FIRST_PARTITIONED_MAJOR
    ? ofPartitioned(toc.entries, unvalidatedKeys(toc.entries, manifest))
    : [];
  const named = partitioned.map(({ relation, constraint }): TargetObstacle => ({
    kind: "partitioned_orphans",
    name: `constraint ${constraint} on ${relation}`,
  }));
  return [
    ...named,
    ...(manifest.warnings ?? []).flatMap(({ kind, name, detail }): TargetObstacle[] => {
      if (kind === "orphans" && !allowOrphans && manifest.mode === "full") {
        return [{ kind, name, parent: detail ?? "" }];
      }
      if (kind === "safe_path" && facts.major >= FIRST_SAFE_PATH) {
        return [{ kind, name, error: detail ?? "" }];
      }
      const canGrant = detail === null || detail === facts.user || facts.ownRoles.has(detail);
      return kind === "grantor" && !canGrant ? [{ kind, name, role: detail }] : [];
    }),
  ];
}
