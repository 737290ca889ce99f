/**
 * Compares two databases, independently of the restore engine: it shares none of its queries. The catalog of backups
 * is excluded, since a restore leaves it unchanged.
 */
import { readFile } from "node:fs/promises";
import postgres from "postgres";
import { AUTH_SESSION_TABLES, PLATFORM_SCHEMAS } from "@backup/vault/platform.ts";

export interface Comparison {
  equal: boolean;
  /** Tables and materialized views of the first database. */
  tables: number;
  /** Rows of the first database. */
  rows: number;
  /** One sentence for each difference. */
  differences: string[];
}

/** Contents of a database: texts by name. */
type Inventory = Map<string, string>;

/** What {@link compareSnapshots} compares. */
export interface Snapshot {
  tables: number;
  rows: number;
  inventory: Inventory;
}

/** The text form of values depends on these; nothing may write meanwhile. */
const SETTINGS = `
  set transaction isolation level repeatable read, read only;
  set local search_path = ''; set local statement_timeout = 0; set local timezone = 'UTC';
  set local datestyle = 'ISO, YMD'; set local intervalstyle = 'postgres'; set local extra_float_digits = 1;
  set local bytea_output = 'hex'`;

const TABLES = `
  select format('%I.%I', n.nspname, c.relname) as name
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'm') and c.relispopulated
     and n.nspname !~ '^(pg_|restore_old_)' and n.nspname <> 'information_schema'
     and case n.nspname
       when 'public' then not starts_with(c.relname, 'ops_db_backup')
       when 'auth' then c.relname <> 'schema_migrations' and c.relname <> all ($2)
       when 'storage' then c.relname in ('buckets', 'objects')
       else n.nspname <> all ($1) end
   order by 1`;

/**
 * Compares rows (number and content, in any order), objects and privileges of two databases.
 * @param urlA, urlB of a role that reads everything, `postgres` for example
 * @throws the server's error.
 */
export async function compareDatabases(urlA: string, urlB: string): Promise<Comparison> {
  return compareSnapshots(...await Promise.all([takeSnapshot(urlA), takeSnapshot(urlB)]));
}

export function compareSnapshots(a: Snapshot, b: Snapshot): Comparison {
  const differences = describeDifferences(a.inventory, b.inventory);
  return { equal: differences.length === 0, tables: a.tables, rows: a.rows, differences };
}

/** Reads a database for {@link compareSnapshots}. @throws the server's error. */
export async function takeSnapshot(url: string): Promise<Snapshot> {
  const sql = postgres(url, { max: 1, onnotice: () => {}, connection: { application_name: "revo-compare" } });
  try {
    return await sql.begin(async (tx) => {
      await tx.unsafe(SETTINGS);
      const inventory = await readObjects(tx);
      const { tables, rows } = await readContents(tx, inventory);
      return { tables, rows, inventory };
    });
  } finally {
    await sql.end();
  }
}

async function readObjects(tx: postgres.TransactionSql): Promise<Inventory> {
  const query = await readFile(new URL("./compare/objects.sql", import.meta.url), "utf8");
  const found = await tx.unsafe<{ kind: string; name: string; text: string }[]>(query, [[
    ...PLATFORM_SCHEMAS,
  ]]);
  return new Map(found.map(({ kind, name, text }) => [`${kind} ${name}`, text]));
}

async function readContents(tx: postgres.TransactionSql, inventory: Inventory) {
  const tables = await tx.unsafe<{ name: string }[]>(TABLES, [
    [...PLATFORM_SCHEMAS],
    [...AUTH_SESSION_TABLES],
  ]);
  let rows = 0;
  for (const { name } of tables) {
    const [content] = await tx.unsafe<{ rows: string; hash: string }[]>(
      `select count(*) as rows, coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text as hash from only ${name} t`,
    );
    if (!content) throw new Error(`Cannot read the content of ${name}: no answer`);
    inventory.set(`content of ${name}`, `${content.rows} rows, hash ${content.hash}`);
    rows += Number(content.rows);
  }
  return { tables: tables.length, rows };
}

function describeDifferences(a: Inventory, b: Inventory): string[] {
  const differing = [...a].filter(([name, text]) => b.get(name) !== text).map(([name, text]) => {
    const other = b.get(name);
    return other === undefined
      ? `${name}: only in the first`
      : `${name}: ${shorten(text)} in the first, ${shorten(other)} in the second`;
  });
  const added = [...b.keys()].filter((name) => !a.has(name)).map((name) => `${name}: only in the second`);
  return [...differing, ...added].sort();
}

function shorten(text: string): string {
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}
