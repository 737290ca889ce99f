/**
 * Facts of a database's content, read inside one transaction: exact rows, the fingerprint of schema and privileges,
 * extensions, roles, sequences. Dump, restore and drill use the same queries.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { z } from "zod";
import {
  ADMIN_ROLES,
  AUTH_SESSION_TABLES,
  DATA_ONLY_SCHEMAS,
  EXCLUDED_SCHEMAS,
  EXTENSIONS_SCHEMA,
  OLD_CONTENT_PREFIX,
  OPS_OBJECT_PREFIX,
  PLATFORM_ROLES,
  PLATFORM_ROWS,
  PLATFORM_SCHEMAS,
} from "@backup/vault/platform.ts";
import type { Mode } from "@backup/target.ts";
import type { SqlSession } from "./sql_session.ts";
import { literal } from "./sql_text.ts";

/** Exact rows of one table; `key` is its quoted `schema.table`, the manifest's key. */
export interface TableRows {
  key: string;
  rows: number;
  schema: string;
  table: string;
}

/** One object of the fingerprint: area, kind, name and its facts as JSON. */
export type FingerprintLine = readonly [area: string, kind: string, name: string, facts: unknown];

export interface Fingerprint {
  /** SHA-256 of an area's sorted lines. */
  areas: Record<string, string>;
  /** Every line, sorted; kept beside the archive so that a difference can be named. */
  lines: string[];
}

export interface ServerFacts {
  /** As `SHOW server_version_num` says, for example 150018. */
  versionNumber: number;
  version: string;
  databaseBytes: number;
  user: string;
}

const SETTINGS: Readonly<Record<string, string>> = {
  "revo.platform_schemas": textArray(PLATFORM_SCHEMAS),
  "revo.platform_roles": PLATFORM_ROLES,
  "revo.admin_roles": ADMIN_ROLES,
  "revo.data_only_schemas": textArray(DATA_ONLY_SCHEMAS),
  "revo.auth_tables_except": textArray(PLATFORM_ROWS.auth.except ?? []),
  "revo.auth_session_tables": textArray(AUTH_SESSION_TABLES),
  "revo.storage_tables": textArray(PLATFORM_ROWS.storage.only ?? []),
  "revo.old_content_prefix": OLD_CONTENT_PREFIX,
  "revo.ops_prefix": OPS_OBJECT_PREFIX,
};

/** The text of one of the files in `sql/`. */
export function sqlFile(name: string): Promise<string> {
  return readFile(new URL(`./sql/${name}`, import.meta.url), "utf8");
}

/**
 * Applies the settings of the queries, until the transaction ends. The session must be inside one. The project's own
 * schemas are those of this moment.
 */
export async function applySettings(session: SqlSession): Promise<void> {
  const settings = Object.entries(SETTINGS)
    .map(([name, value]) => `perform pg_catalog.set_config(${literal(name)}, ${literal(value)}, true);`);
  const ours = `perform pg_catalog.set_config('revo.our_schemas', (${await sqlFile(
    "our_schemas.sql",
  )}), true);`;
  await session.run(`${await sqlFile("settings.sql")}\ndo $$ begin ${settings.join(" ")}\n${ours} end $$;`);
}

/** The server's major version. */
export async function readMajor(session: SqlSession): Promise<number> {
  const version = await session.value("select to_json(current_setting('server_version_num')::int);");
  return Math.floor(z.number().parse(version) / 10_000);
}

export async function readServerFacts(session: SqlSession): Promise<ServerFacts> {
  const schema = z.object({
    versionNumber: z.number(),
    version: z.string(),
    databaseBytes: z.number(),
    user: z.string(),
  });
  return schema.parse(
    await session.value(
      `select json_build_object('versionNumber', current_setting('server_version_num')::int,
         'version', current_setting('server_version'), 'user', current_user,
         'databaseBytes', pg_catalog.pg_database_size(current_database()));`,
    ),
  );
}

/**
 * The planner evaluates functions of a table's expression indexes, and these may need the path that statements of the
 * project have.
 */
export const PROJECT_PATH = "set local search_path to default;";

/** A table whose rows the transaction has counted already, and no other session can change since. */
export interface KnownRows {
  oid: number;
  rows: number;
  /** The file of its rows then. */
  file: number;
}

/**
 * Every table that a backup carries, with its exact rows, in name order. The tables stay locked until the transaction ends.
 * @param counted tables that are not read again unless the transaction has written to them
 */
export async function countRows(
  session: SqlSession,
  counted: readonly KnownRows[] = [],
): Promise<TableRows[]> {
  const known = counted.map(({ oid, rows, file }) => `,(${oid}, ${rows}, ${file})`).join("");
  const carried = z.array(z.tuple([z.string(), z.string(), z.string(), z.number().nullable()])).parse(
    await session.rows(
      `with known(oid, rows, file) as (values (0::oid, 0::bigint, 0::oid)${known})
       select json_build_array(format('%I.%I', nspname, relname), nspname, relname, known.rows)
         from (${await sqlFile("carried_tables.sql")}) carried
         left join known on known.oid = carried.oid and known.file = carried.relfilenode
                        and current_setting('track_counts')::boolean
                        and pg_stat_get_xact_tuples_inserted(carried.oid) + pg_stat_get_xact_tuples_updated(carried.oid)
                            + pg_stat_get_xact_tuples_deleted(carried.oid) = 0
        order by nspname collate "C", relname collate "C";`,
    ),
  );
  const others = carried.flatMap(([key, , , rows]) => rows === null ? [key] : []);
  const counts = others.length === 0 ? [] : await countNow(session, others);
  const found = new Map(others.map((key, i) => [key, counts[i]]));
  return carried.map(([key, schema, table, rows]) => ({
    key,
    rows: rows ?? found.get(key) ?? 0,
    schema,
    table,
  }));
}

/** @param tables as SQL names them */
async function countNow(session: SqlSession, tables: readonly string[]): Promise<number[]> {
  const queries = tables.map((table) => literal(`select pg_catalog.count(*) as n from only ${table}`));
  // qualified: with the project's path its own functions may come first
  const query = `
    select ((pg_catalog.xpath('/row/n/text()', pg_catalog.query_to_xml(t.query, false, true, '')))[1]::pg_catalog.text)::bigint
      from pg_catalog.unnest(array[${
    queries.join(", ")
  }]) with ordinality t (query, place) order by t.place;`;
  await session.run(PROJECT_PATH);
  const counts = z.array(z.number()).parse(await session.rows(query));
  await session.run("set local search_path = '';");
  return counts;
}

/** For a `schema-only` backup the fingerprint leaves out facts that depend on rows. */
export async function readFingerprint(session: SqlSession, mode: Mode = "full"): Promise<Fingerprint> {
  return fingerprintOf(await queryFingerprint(session, mode));
}

/** Its lines in no order. */
export async function queryFingerprint(session: SqlSession, mode: Mode): Promise<string[]> {
  const setMode = `do $$ begin perform pg_catalog.set_config('revo.mode', ${literal(mode)}, true); end $$;`;
  return await session.run(`${setMode}\n${await sqlFile("fingerprint.sql")}`);
}

/** How a line begins: its area as JSON. */
const AREA = /^\[("(?:[^"\\]|\\.)*")/;

/** Sorts the lines and hashes them per area. A restore does so while others wait: no line is parsed whole. */
export function fingerprintOf(unsorted: readonly string[]): Fingerprint {
  const lines = [...unsorted].sort();
  const hashes = new Map<string, ReturnType<typeof createHash>>();
  const areas = new Map<string, string>();
  for (const line of lines) {
    const json = AREA.exec(line)?.[1] ?? line;
    const area = areas.get(json) ?? parseFingerprintLine(line)[0];
    areas.set(json, area);
    const hash = hashes.get(area) ?? createHash("sha256");
    hashes.set(area, hash.update(line + "\n"));
  }
  const digests = [...hashes].map(([area, hash]) => [area, hash.digest("hex")] as const);
  return { areas: Object.fromEntries(digests), lines };
}

const fingerprintLine = z.tuple([z.string(), z.string(), z.string(), z.unknown()]);

export function parseFingerprintLine(line: string): FingerprintLine {
  return fingerprintLine.parse(JSON.parse(line));
}

const extension = z.object({ name: z.string(), schema: z.string(), version: z.string() });

export async function readExtensions(session: SqlSession): Promise<z.infer<typeof extension>[]> {
  return z.array(extension).parse(
    await session.rows(
      `select json_build_object('name', extname, 'schema', extnamespace::regnamespace::text, 'version', extversion)
         from pg_catalog.pg_extension order by extname;`,
    ),
  );
}

/** Roles that own an object, have a privilege or are named in a policy, without the built-in ones. */
export async function readRoles(session: SqlSession): Promise<string[]> {
  return z.array(z.string()).parse(
    await session.rows(
      `select to_json(rolname) from pg_catalog.pg_roles r
          where rolname !~ '^pg_' and exists (
            select from pg_catalog.pg_shdepend d
             where d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass and d.refobjid = r.oid
               and d.dbid = (select oid from pg_catalog.pg_database where datname = current_database()))
          order by rolname;`,
    ),
  );
}

/** Other roles that the connected role may act for and give objects to. */
export async function readOwnRoles(session: SqlSession): Promise<string[]> {
  return z.array(z.string()).parse(
    await session.rows(
      `select to_json(rolname) from pg_catalog.pg_roles
        where rolname <> current_user and rolname !~ '^pg_' and rolname !~ ${
        literal(ADMIN_ROLES)
      } and pg_has_role(oid, 'usage')
          and pg_has_role(oid, case when current_setting('server_version_num')::int < 160000 then 'member' else 'set' end);`,
    ),
  );
}

/** Last values of the sequences of the platform's tables that a backup carries. */
export async function readPlatformSequences(session: SqlSession): Promise<Record<string, string>> {
  const pairs = z.array(z.tuple([z.string(), z.string()]));
  return Object.fromEntries(pairs.parse(
    await session.rows(
      `select json_build_array(format('%I.%I', schemaname, sequencename), last_value::text)
         from pg_catalog.pg_sequences where schemaname in ('auth', 'storage') and last_value is not null
        order by schemaname, sequencename;`,
    ),
  ));
}

export interface ForeignSchema {
  name: string;
  owner: string;
}

/** How the schemas of the database are treated by a dump. */
export interface SchemaPlan {
  /** Passed to `pg_dump -N`. */
  excluded: string[];
  /** Schemas of other roles that are on no list: left out and reported. */
  unknown: ForeignSchema[];
  /** Quoted names of the tables that are dumped without their rows. */
  withoutRows: string[];
}

export async function planSchemas(session: SqlSession): Promise<SchemaPlan> {
  const rows = z.array(z.object({ name: z.string(), owner: z.string(), ours: z.boolean() })).parse(
    await session.rows(
      `select json_build_object('name', nspname, 'owner', pg_catalog.pg_get_userbyid(nspowner), 'ours', nspname = any (current_setting('revo.our_schemas')::text[]))
         from pg_catalog.pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' order by nspname;`,
    ),
  );
  const excludedByName: readonly string[] = EXCLUDED_SCHEMAS;
  const kept: readonly string[] = [...DATA_ONLY_SCHEMAS, EXTENSIONS_SCHEMA];
  const isOld = (name: string) => name.startsWith(OLD_CONTENT_PREFIX);
  const excluded = rows.filter(({ name, ours }) =>
    !kept.includes(name) && (excludedByName.includes(name) || isOld(name) || !ours)
  );
  const unknown = excluded.filter(({ name }) => !excludedByName.includes(name) && !isOld(name));
  return {
    excluded: excluded.map(({ name }) => name),
    unknown: unknown.map(({ name, owner }) => ({ name, owner })),
    withoutRows: await tablesWithoutRows(session),
  };
}

async function tablesWithoutRows(session: SqlSession): Promise<string[]> {
  return z.array(z.string()).parse(
    await session.rows(
      `select to_json(format('"%s"."%s"', replace(n.nspname, '"', '""'), replace(c.relname, '"', '""')))
         from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and case n.nspname
          when 'auth' then c.relname = any (current_setting('revo.auth_tables_except')::text[])
          when 'storage' then c.relname <> all (current_setting('revo.storage_tables')::text[])
          when 'realtime' then true
          when 'extensions' then true
          when 'public' then starts_with(c.relname, current_setting('revo.ops_prefix'))
          else false end
        order by n.nspname, c.relname;`,
    ),
  );
}

function textArray(values: readonly string[]): string {
  return `{${values.join(",")}}`;
}
