/** The patch while it is made and applied: a temporary table of the session, which ends with the transaction. */
import type { SqlSession } from "../postgres/sql_session.ts";
import { identifier, literal } from "../postgres/sql_text.ts";
import { encodeText } from "../archive/copy_text.ts";
import { type Change, changeLine, parseChange } from "./patch.ts";
import type { Living, LivingTable, UniqueRule } from "./living.ts";
import type { Session } from "../postgres/session.ts";

/** `round`: of the closure, in which the row was added. `early`: written before rows are deleted and created. */
const CREATE = `create temp table revo_patch (
  tab text not null, op text not null, key text[] not null, before text[], after text[], why text not null,
  round int not null default 0, early boolean not null default false, primary key (tab, key)) on commit drop;`;

/** Rows that are held at once while the patch is read. */
const FETCHED = 500;

export async function createPatchTable(session: SqlSession): Promise<void> {
  await session.run(CREATE);
}

/** The changes in an order that depends on nothing else than them. */
export async function* readPatch(session: SqlSession): AsyncGenerator<Change> {
  await session.run(`declare revo_changes no scroll cursor for
    select json_build_array(p.tab, p.op, p.key, p.before, p.after, p.why) from pg_temp.revo_patch p
     order by p.tab collate "C", array_to_json(p.key)::text collate "C";`);
  for (;;) {
    const lines = await session.run(`fetch ${FETCHED} from revo_changes;`);
    for (const line of lines) yield parseChange(line);
    if (lines.length < FETCHED) break;
  }
  await session.run("close revo_changes;");
}

/** Fills the table with a stored patch. */
export async function loadPatch(session: Session, changes: AsyncIterable<Change>): Promise<void> {
  await createPatchTable(session);
  await session.run("create temp table revo_lines (line json) on commit drop;");
  await session.copy("copy pg_temp.revo_lines from stdin", encoded(changes));
  await session.run(`
    insert into pg_temp.revo_patch (tab, op, key, before, after, why)
    select l.line ->> 0, l.line ->> 1, ${texts("l.line -> 2")}, ${texts("l.line -> 3")}, ${
    texts("l.line -> 4")
  }, l.line ->> 5
      from pg_temp.revo_lines l;
    drop table pg_temp.revo_lines; analyze pg_temp.revo_patch;`);
}

async function* encoded(changes: AsyncIterable<Change>): AsyncGenerator<Uint8Array> {
  for await (const change of changes) yield Buffer.from(encodeText(changeLine(change)) + "\n");
}

function texts(json: string): string {
  return `case json_typeof(${json}) when 'array' then
    array(select e.x from json_array_elements_text(${json}) with ordinality e (x, o) order by e.o) end`;
}

/** Counts by table and operation. */
export type Counts = Record<string, { created: number; changed: number; deleted: number }>;

export async function countPatch(session: SqlSession): Promise<Counts> {
  const lines = await session.run(
    `select json_build_array(tab, count(*) filter (where op = 'i'), count(*) filter (where op = 'u'),
                             count(*) filter (where op = 'd'))
       from pg_temp.revo_patch group by tab order by tab collate "C";`,
  );
  return Object.fromEntries(lines.map((line) => {
    const [table, created, changed, deleted] = JSON.parse(line);
    return [String(table), { created: Number(created), changed: Number(changed), deleted: Number(deleted) }];
  }));
}

/** The values of columns as an array of texts. @param alias of the table */
export function valuesOf(alias: string, columns: readonly string[]): string {
  return `array[${columns.map((name) => `${alias}.${identifier(name)}::text`).join(", ")}]::text[]`;
}

/** A value of the patch in the type of its column. @param values `p.after`, `p.before` or `p.key` */
export function valueOf(
  table: LivingTable,
  values: string,
  columns: readonly string[],
  name: string,
): string {
  const type = table.columns.find((column) => column.name === name)?.type ?? "text";
  return `${values}[${columns.indexOf(name) + 1}]::${type}`;
}

/** The condition that a living row is that of the patch. */
export function sameKey(table: LivingTable, key: UniqueRule, living = "l", patch = "p"): string {
  return key.columns.map((name, i) =>
    `${living}.${identifier(name)} ${key.operators[i]} ${valueOf(table, `${patch}.key`, key.columns, name)}`
  ).join(" and ");
}

/** The tables of a patch with their facts, those without rows too. One that is not there, or has no key, is left out. */
export function tablesOf(
  living: Living,
  tables: Readonly<Record<string, { columns: readonly string[] }>>,
): { table: LivingTable; key: UniqueRule; columns: readonly string[]; named: string }[] {
  return Object.entries(tables).flatMap(([name, { columns }]) => {
    const table = living.tables.get(name);
    if (table === undefined || table.key === null) return [];
    return [{ table, key: table.key, columns, named: literal(name) }];
  });
}
