/** What keeps a patch from being applied, found by reading: nothing is tried. */
import { z } from "zod";
import type { Session } from "../postgres/session.ts";
import { identifier, literal } from "../postgres/sql_text.ts";
import { parentIs } from "./closure.ts";
import type { Living, LivingTable, UniqueRule } from "./living.ts";
import type { PatchTable } from "./patch.ts";
import { sameKey, tablesOf, valueOf, valuesOf } from "./patch_table.ts";

export type ObstacleKind =
  | "no_key"
  | "not_ours"
  | "inherited"
  | "value_taken"
  | "values_swapped"
  | "parent_missing"
  | "children_left"
  | "column_required"
  | "column_unknown"
  | "column_unsaved"
  | "row_changed";

export interface TakeObstacle {
  kind: ObstacleKind;
  table: string;
  /** An index, a foreign key or a column; `null` where it is the table. */
  name: string | null;
  /** How many rows. */
  rows: number;
  /** Keys of the first of them, and where another row holds their value, its key. */
  keys: { key: string[]; holder: string[] | null }[];
}

/** Without keys, for messages. @example "value_taken public.clientes (clientes_cpf_key), 2 rows" */
export function obstacleName({ kind, table, name, rows }: TakeObstacle): string {
  return `${kind} ${table}${name === null ? "" : ` (${name})`}${rows > 0 ? `, ${rows} rows` : ""}`;
}

/** Keys of an obstacle that are named. */
const NAMED = 5;

const foundSchema = z.object({
  rows: z.number(),
  keys: z.array(z.object({ key: z.array(z.string()), holder: z.array(z.string()).nullable() })),
});

export interface ObstacleContext {
  session: Session;
  living: Living;
  tables: Readonly<Record<string, PatchTable>>;
}

/** Obstacles of a patch of any source. */
export async function findTakeObstacles(context: ObstacleContext): Promise<TakeObstacle[]> {
  const found = structuralObstacles(context);
  for (const each of tablesOf(context.living, context.tables)) {
    for (const rule of each.table.rules) found.push(...await takenValues(context, each, rule));
  }
  for (const foreignKey of context.living.foreignKeys) {
    found.push(...await missingParents(context, foreignKey), ...await childrenLeft(context, foreignKey));
  }
  return found;
}

/** Rows that are not any more as the patch says that they were. */
export async function changedRows({ session, living, tables }: ObstacleContext): Promise<TakeObstacle[]> {
  const all: TakeObstacle[] = [];
  for (const { table, key, columns, named } of tablesOf(living, tables)) {
    const [first = ""] = key.columns.map(identifier);
    all.push(
      ...await keysWhere(session, { kind: "row_changed", table: table.name, name: null }, {
        from: `pg_temp.revo_patch p left join ${table.sql} l on ${sameKey(table, key)}`,
        where: `p.tab = ${named} and (case when l.${first} is not null then ${
          valuesOf("l", columns)
        } end) is distinct from p.before`,
      }),
    );
  }
  return all;
}

/** Tables and columns that are not any more as the patch needs them. */
export function structuralObstacles(context: Pick<ObstacleContext, "living" | "tables">): TakeObstacle[] {
  return [...ofTables(context)];
}

function* ofTables({ living, tables }: Pick<ObstacleContext, "living" | "tables">): Generator<TakeObstacle> {
  for (const [name, { columns, key }] of Object.entries(tables)) {
    const of = (kind: ObstacleKind, what: string | null): TakeObstacle => ({
      kind,
      table: name,
      name: what,
      rows: 0,
      keys: [],
    });
    const table = living.tables.get(name);
    if (table === undefined || table.key === null || table.key.columns.join() !== key.join()) {
      yield of("no_key", null);
      continue;
    }
    if (!table.isOurs) yield of("not_ours", null);
    if (table.isInherited) yield of("inherited", null);
    const known = table.columns.map((column) => column.name);
    for (const column of columns) if (!known.includes(column)) yield of("column_unknown", column);
  }
}

/** Columns that new rows need and the backup does not have. */
export async function requiredColumns({ session, living, tables }: ObstacleContext): Promise<TakeObstacle[]> {
  const created = await session.run("select distinct tab from pg_temp.revo_patch where op = 'i' order by 1;");
  return created.flatMap((name) =>
    (living.tables.get(name)?.columns ?? [])
      .filter((column) => column.isNotNull && !column.hasDefault)
      .filter((column) => !tables[name]?.columns.includes(column.name))
      .map((column): TakeObstacle => ({
        kind: "column_required",
        table: name,
        name: column.name,
        rows: 0,
        keys: [],
      }))
  );
}

/** Values that a rule keeps unique, and another row has that stays. */
async function takenValues(
  { session }: ObstacleContext,
  { table, key, columns, named }: {
    table: LivingTable;
    key: UniqueRule;
    columns: readonly string[];
    named: string;
  },
  rule: UniqueRule,
): Promise<TakeObstacle[]> {
  if (rule === key || !rule.columns.every((name) => columns.includes(name))) return [];
  const collides = rule.columns.map((name, i) =>
    `l.${identifier(name)} ${rule.operators[i]} ${valueOf(table, "p.after", columns, name)}`
  );
  const at = (values: string) =>
    `array[${rule.columns.map((name) => `${values}[${columns.indexOf(name) + 1}]`).join(", ")}]`;
  const holder = valuesOf("l", key.columns);
  const from = `pg_temp.revo_patch p join ${table.sql} l on ${collides.join(" and ")}
    left join pg_temp.revo_patch h on h.tab = p.tab and h.key = ${holder}`;
  const isOther = `p.tab = ${named} and p.op <> 'd' and ${holder} is distinct from p.key`;
  const stays = `(h.op is null or h.op = 'u' and ${at("h.after")} is not distinct from ${at("h.before")})`;
  const found = await keysWhere(session, { kind: "value_taken", table: table.name, name: rule.name }, {
    from,
    where: `${isOther} and ${stays}`,
    holder,
  });
  if (rule.isDeferrable) return found;
  const swaps = await keysWhere(session, { kind: "values_swapped", table: table.name, name: rule.name }, {
    from,
    where: `${isOther} and p.op = 'u' and h.op = 'u' and not ${stays}`,
    holder,
  });
  return [...found, ...swaps];
}

/** Rows that would refer to a row which is not there. */
async function missingParents(
  { session, living, tables }: ObstacleContext,
  foreignKey: Living["foreignKeys"][number],
): Promise<TakeObstacle[]> {
  const child = living.tables.get(foreignKey.child);
  const parent = living.tables.get(foreignKey.parent);
  const { columns = [] } = tables[foreignKey.child] ?? {};
  if (!child || !parent || !foreignKey.columns.every((name) => columns.includes(name))) return [];
  const own = foreignKey.columns.map((name) => `p.after[${columns.indexOf(name) + 1}]`);
  const { columns: others = [] } = tables[foreignKey.parent] ?? {};
  const at = foreignKey.references.map((name) => others.indexOf(name) + 1);
  const inPatch = (values: "before" | "after", condition: string) =>
    at.every((number) => number > 0)
      ? `exists (select from pg_temp.revo_patch q where q.tab = ${
        literal(foreignKey.parent)
      } and ${condition} and ${own.map((value, i) => `q.${values}[${at[i]}] = ${value}`).join(" and ")})`
      : "false";
  const living_ = `exists (select from ${parent.sql} l where ${parentIs(foreignKey, child, columns)})`;
  return await keysWhere(session, { kind: "parent_missing", table: child.name, name: foreignKey.name }, {
    from: "pg_temp.revo_patch p",
    where: `p.tab = ${literal(child.name)} and p.op <> 'd'
      and ${own.map((value) => `${value} is not null`).join(" and ")}
      and not (${inPatch("after", "q.op <> 'd'")} or ${living_} and not ${inPatch("before", "q.op = 'd'")})`,
  });
}

/** Living rows that refer to a row which is to be deleted, and are not part of the patch. */
async function childrenLeft(
  { session, living, tables }: ObstacleContext,
  foreignKey: Living["foreignKeys"][number],
): Promise<TakeObstacle[]> {
  const child = living.tables.get(foreignKey.child);
  const parent = living.tables.get(foreignKey.parent);
  const { columns = [] } = tables[foreignKey.parent] ?? {};
  if (!child || !parent || !foreignKey.references.every((name) => columns.includes(name))) return [];
  const refers = foreignKey.references.map((name, i) =>
    `${valueOf(parent, "p.before", columns, name)} ${foreignKey.operators[i]} l.${
      identifier(foreignKey.columns[i] ?? "")
    }`
  );
  const own = tables[foreignKey.child];
  const at = foreignKey.columns.map((name) => (own?.columns.indexOf(name) ?? -1) + 1);
  const link = (values: string) => `array[${at.map((number) => `q.${values}[${number}]`).join(", ")}]`;
  const goes = own === undefined || child.key === null
    ? "false"
    : `exists (select from pg_temp.revo_patch q where q.tab = ${literal(child.name)}
         and q.key = ${valuesOf("l", child.key.columns)}
         and (q.op = 'd' or q.op = 'u' and ${link("after")} is distinct from ${link("before")}))`;
  return await keysWhere(session, { kind: "children_left", table: child.name, name: foreignKey.name }, {
    from: `pg_temp.revo_patch p join ${child.sql} l on ${refers.join(" and ")}`,
    where: `p.tab = ${literal(parent.name)} and p.op = 'd' and not ${goes}`,
  });
}

async function keysWhere(
  session: Session,
  about: Pick<TakeObstacle, "kind" | "table" | "name">,
  { from, where, holder = "null::text[]" }: { from: string; where: string; holder?: string },
): Promise<TakeObstacle[]> {
  const { rows, keys } = foundSchema.parse(
    await session.value(
      `with found as (select p.key, ${holder} as holder from ${from} where ${where})
       select json_build_object('rows', (select count(*) from found),
         'keys', coalesce((select json_agg(f) from (select key, holder from found order by key limit ${NAMED}) f), '[]'));`,
    ),
  );
  return rows === 0 ? [] : [{ ...about, rows, keys }];
}
