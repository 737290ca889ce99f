/** What the checkout's own migrations say about the database that ours will meet. */
import type { Finding } from "./finding.ts";
import { adoptedFiles } from "./parts.ts";
import type { Tree } from "./tree.ts";

const ABOUT = "database";
const FOLDER = "supabase/migrations";

/** Revo's permission functions, which the catalog's functions call by these names and arguments. */
const PERMISSION_FUNCTIONS = [
  { name: "has_permission_for_current_user", parameters: ["p_module", "p_action"] },
  { name: "require_permission_for_current_user", parameters: ["p_module", "p_action"] },
  { name: "current_empresa_id", parameters: [] },
] as const;

interface Migration {
  path: string;
  version: string;
  sql: string;
}

export function checkDatabase(ours: Tree, erp: Tree): Finding[] {
  const adopted = new Set(adoptedFiles(ours).map(({ path }) => path));
  const mine = migrationsIn(ours).filter(({ path }) => adopted.has(path));
  const theirs = migrationsIn(erp).filter(({ path }) => !adopted.has(path));
  return [
    ...PERMISSION_FUNCTIONS.map((wanted) => permissionFunction(wanted, theirs)),
    ...takenVersions(mine, theirs),
    ...catalogMigrations(mine, theirs),
    ...order(mine, theirs),
  ];
}

function migrationsIn(tree: Tree): Migration[] {
  return tree.files(FOLDER).flatMap((path) => {
    const version = /^(\d+)_.*\.sql$/.exec(path.slice(FOLDER.length + 1))?.[1];
    return version === undefined ? [] : [{ path, version, sql: withoutComments(tree.text(path) ?? "") }];
  });
}

function withoutComments(sql: string): string {
  return sql.replaceAll(/--[^\n]*|\/\*[^]*?\*\//g, "");
}

function permissionFunction(
  { name, parameters }: (typeof PERMISSION_FUNCTIONS)[number],
  theirs: readonly Migration[],
): Finding {
  const found = theirs.map(({ path, sql }) => ({ path, head: headOf(name, sql) })).filter(({ head }) =>
    head !== null
  )
    .at(-1);
  const item = `public.${name}`;
  if (found === undefined) {
    return {
      about: ABOUT,
      item,
      standing: "missing",
      why: "no migration of the ERP makes it",
      hint:
        "look into the database: where it is not there either, ours makes it with small tables of its own, empty",
    };
  }
  const given = (found.head ?? "").split(",").map((text) =>
    text.trim().split(/\s+/)[0]?.replaceAll('"', "") ?? ""
  );
  const names = given.filter((word) => word !== "");
  if (names.join() === parameters.join()) return { about: ABOUT, item, standing: "there", why: found.path };
  return {
    about: ABOUT,
    item,
    standing: names.length === parameters.length ? "there" : "conflict",
    why: `${found.path} makes it with the parameters (${names.join(", ")})`,
    hint: names.length === parameters.length
      ? "it is called by position, other names do no harm"
      : `the catalog calls it with ${parameters.length}: make one like that beside it`,
  };
}

/** The last list of parameters with which a text creates a function, `null` when it does not. */
function headOf(name: string, sql: string): string | null {
  const pattern = new RegExp(
    `create\\s+(?:or\\s+replace\\s+)?function\\s+(?:"?public"?\\.)?"?${name}"?\\s*\\(([^)]*)\\)`,
    "gi",
  );
  return [...sql.matchAll(pattern)].at(-1)?.[1] ?? null;
}

function takenVersions(mine: readonly Migration[], theirs: readonly Migration[]): Finding[] {
  return mine.flatMap(({ path, version }) => {
    const other = theirs.find((migration) => migration.version === version);
    return other === undefined ? [] : [{
      about: ABOUT,
      item: path,
      standing: "conflict" as const,
      why: `${other.path} has the same version`,
      hint:
        "give the ERP's migration another version, if no database has it yet; else ours, in both repositories",
    }];
  });
}

/** An older catalog is adopted with its rows; one that changes ours after it was made is another matter. */
function catalogMigrations(mine: readonly Migration[], theirs: readonly Migration[]): Finding[] {
  const first =
    mine.find(({ sql }) => /create table if not exists public\.ops_db_backups\b/.test(sql))?.version ?? "";
  return theirs.flatMap(({ path, version, sql }): Finding[] => {
    const makes = /create\s+table\s[^;]*?\bops_db_backups\b/i.test(sql);
    const ties =
      /references\s+(?:"?public"?\.)?"?ops_db_backup|create\s+(?:or\s+replace\s+)?(?:materialized\s+)?view\s[^;]*\bops_db_backup/i
        .test(sql);
    if (ties) {
      return [{
        about: ABOUT,
        item: path,
        standing: "conflict",
        why: "an object of the ERP hangs on the catalog's tables: a restore could not keep these in place",
        hint: "drop that foreign key or view in a migration of the ERP, before ours",
      }];
    }
    if (makes && version < first) {
      return [{
        about: ABOUT,
        item: path,
        standing: "there",
        why: "an older catalog: ours keeps its rows and adds what is missing",
      }];
    }
    if (!/\bops_db_backup/i.test(sql)) return [];
    return [{
      about: ABOUT,
      item: path,
      standing: version < first ? "there" : "conflict",
      why: version < first ? "it is about an older catalog" : "it changes the catalog after our migrations",
      ...(version < first ? {} : {
        hint:
          "where the database has it already, nothing is undone: ours are applied after it; see that it " +
          "is not applied to a new database after ours",
      }),
    }];
  });
}

function order(mine: readonly Migration[], theirs: readonly Migration[]): Finding[] {
  const oldest = mine[0]?.version ?? "";
  const newest = theirs.at(-1)?.version ?? "";
  if (newest <= oldest) return [];
  return [{
    about: ABOUT,
    item: "order",
    standing: "there",
    why: `the ERP has migrations newer than ours (${newest})`,
    hint: "the CLI wants to be told that ours are older: supabase db push --include-all",
  }];
}
