/** What of the living database decides how rows go back: its tables, keys, triggers and foreign keys. */
import { z } from "zod";
import type { SqlSession } from "../postgres/sql_session.ts";

const columnSchema = z.object({
  name: z.string(),
  /** As SQL, with its modifier. */
  type: z.string(),
  /** Of a domain the type below it: a domain's CHECK would run while rows of the backup are loaded. */
  base: z.string(),
  isNotNull: z.boolean(),
  hasDefault: z.boolean(),
});
export type LivingColumn = z.infer<typeof columnSchema>;

/** Columns that may not be equal, by these operators, in two rows. */
const ruleSchema = z.object({
  name: z.string(),
  kind: z.enum(["unique", "exclusion"]),
  columns: z.array(z.string()),
  /** As SQL, with their schema: `operator(pg_catalog.=)`. */
  operators: z.array(z.string()),
  isPrimary: z.boolean(),
  /** Checked at the end of the transaction when that is asked for. */
  isDeferrable: z.boolean(),
});
export type UniqueRule = z.infer<typeof ruleSchema>;

const triggerSchema = z.object({
  /** The table or partition that has it, as SQL. */
  relation: z.string(),
  name: z.string(),
  /** `tgenabled`: `O` enabled, `A` always, `R` in replica mode alone. */
  mode: z.enum(["O", "A", "R"]),
});
export type LivingTrigger = z.infer<typeof triggerSchema>;

const tableSchema = z.object({
  /** `schema.table`, without quotes. */
  name: z.string(),
  /** As SQL. */
  sql: z.string(),
  /** Under which names an archive has its rows: its own and those of its partitions. */
  leaves: z.array(z.string()),
  /** Without generated ones, which the server computes. */
  columns: z.array(columnSchema),
  rules: z.array(ruleSchema),
  /** Unique and exclusion indexes with a condition or an expression. */
  unnamedRules: z.array(z.string()),
  triggers: z.array(triggerSchema),
  /** The session's role owns it, and may turn off its triggers. */
  isOurs: z.boolean(),
  /** Other tables inherit from it, or it from another. */
  isInherited: z.boolean(),
});

export interface LivingTable extends z.infer<typeof tableSchema> {
  /** The columns by which a row is found, with their operators of equality; `null`: the table has no key. */
  key: UniqueRule | null;
}

const foreignKeySchema = z.object({
  name: z.string(),
  child: z.string(),
  columns: z.array(z.string()),
  parent: z.string(),
  references: z.array(z.string()),
  /** Parent's column on the left, child's on the right. */
  operators: z.array(z.string()),
  /** `confdeltype`: `a` no action, `r` restrict, `c` cascade, `n` set null, `d` set default. */
  onDelete: z.enum(["a", "r", "c", "n", "d"]),
});
export type LivingForeignKey = z.infer<typeof foreignKeySchema>;

export interface Living {
  tables: ReadonlyMap<string, LivingTable>;
  foreignKeys: readonly LivingForeignKey[];
}

/** With these, the text of a value is the same on both sides, and no policy hides a row. They last for the transaction. */
export const SETTINGS = `set local timezone = 'UTC'; set local datestyle = 'ISO, YMD';
set local intervalstyle = postgres; set local extra_float_digits = 1; set local bytea_output = hex;
set local xmloption = content; set local row_security = off; set local search_path = '';`;

/** Needs {@link SETTINGS}. The catalog of backups is left out: it is not part of what a backup gives back. */
export async function readLiving(session: SqlSession): Promise<Living> {
  const tables = z.array(tableSchema).parse(await session.rows(TABLES)).map((table) => ({
    ...table,
    key: keyOf(table),
  }));
  const byName = new Map(tables.map((table) => [table.name, table]));
  const foreignKeys = z.array(foreignKeySchema).parse(await session.rows(FOREIGN_KEYS))
    .filter(({ child, parent }) => byName.has(child) && byName.has(parent));
  return { tables: byName, foreignKeys };
}

/** The primary key, otherwise a complete unique index of columns that are never null. */
function keyOf({ columns, rules }: z.infer<typeof tableSchema>): UniqueRule | null {
  const isFilled = (name: string) => columns.some((column) => column.name === name && column.isNotNull);
  const usable = rules.filter(({ kind, isDeferrable, columns }) =>
    kind === "unique" && !isDeferrable && columns.every(isFilled)
  );
  return usable.find(({ isPrimary }) => isPrimary) ?? usable[0] ?? null;
}

const OPERATOR = `(select format('operator(%I.%s)', s.nspname, o.oprname)
                     from pg_operator o join pg_namespace s on s.oid = o.oprnamespace where o.oid = OID)`;
const operator = (oid: string) => OPERATOR.replace("OID", oid);

const columnNames = (numbers: string, relation: string) =>
  `(select coalesce(json_agg(a.attname order by y.n), '[]') from unnest(${numbers}) with ordinality y (num, n)
      join pg_attribute a on a.attrelid = ${relation} and a.attnum = y.num)`;

const TABLES = `
select json_build_object(
  'name', n.nspname || '.' || c.relname,
  'sql', format('%I.%I', n.nspname, c.relname),
  'leaves', (select json_agg(ln.nspname || '.' || lc.relname)
               from (select c.oid union select relid from pg_partition_tree(c.oid)) p (oid)
               join pg_class lc on lc.oid = p.oid join pg_namespace ln on ln.oid = lc.relnamespace),
  'isOurs', pg_has_role(c.relowner, 'usage'),
  'isInherited', exists (select from pg_inherits h where h.inhrelid = c.oid or h.inhparent = c.oid and c.relkind = 'r'),
  'columns', (select coalesce(json_agg(json_build_object(
                'name', a.attname,
                'type', format_type(a.atttypid, a.atttypmod),
                'base', case t.typtype when 'd' then format_type(t.typbasetype, t.typtypmod)
                                       else format_type(a.atttypid, a.atttypmod) end,
                'isNotNull', a.attnotnull,
                'hasDefault', a.atthasdef or a.attidentity <> '' or t.typdefault is not null) order by a.attnum), '[]')
              from pg_attribute a join pg_type t on t.oid = a.atttypid
             where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''),
  'rules', (select coalesce(json_agg(json_build_object(
              'name', ic.relname,
              'kind', case when i.indisunique then 'unique' else 'exclusion' end,
              'isPrimary', i.indisprimary,
              'isDeferrable', coalesce(k.condeferrable, false),
              'columns', ${columnNames("(i.indkey::int2[])[0:i.indnkeyatts - 1]", "c.oid")},
              'operators', case when i.indisunique then
                  (select json_agg(${operator("ao.amopopr")} order by x.n)
                     from unnest(i.indclass::oid[]) with ordinality x (class, n)
                     join pg_opclass oc on oc.oid = x.class
                     join pg_amop ao on ao.amopfamily = oc.opcfamily and ao.amopstrategy = 3
                                    and ao.amoplefttype = oc.opcintype and ao.amoprighttype = oc.opcintype)
                else (select json_agg(${operator("x.oid")} order by x.n)
                        from unnest(k.conexclop) with ordinality x (oid, n)) end)
              order by i.indisprimary desc, ic.relname), '[]')
            from pg_index i join pg_class ic on ic.oid = i.indexrelid
            left join pg_constraint k on k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x') and k.conrelid = c.oid
           where i.indrelid = c.oid and i.indisvalid and (i.indisunique or k.contype = 'x')
             and i.indpred is null and i.indexprs is null),
  'unnamedRules', (select coalesce(json_agg(ic.relname order by ic.relname), '[]')
                     from pg_index i join pg_class ic on ic.oid = i.indexrelid
                    where i.indrelid = c.oid and (i.indisunique or i.indisexclusion)
                      and (i.indpred is not null or i.indexprs is not null)),
  'triggers', (select coalesce(json_agg(json_build_object('relation', format('%I.%I', rn.nspname, rc.relname),
                                                          'name', t.tgname, 'mode', t.tgenabled)
                                        order by rc.oid, t.tgname), '[]')
                 from (select c.oid union select relid from pg_partition_tree(c.oid)) p (oid)
                 join pg_trigger t on t.tgrelid = p.oid and not t.tgisinternal and t.tgenabled <> 'D'
                 join pg_class rc on rc.oid = p.oid join pg_namespace rn on rn.oid = rc.relnamespace))
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence <> 't'
   and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
   and not (n.nspname = 'public' and c.relname ~ '^ops_db_backup');`;

const FOREIGN_KEYS = `
select json_build_object(
  'name', k.conname,
  'child', cn.nspname || '.' || c.relname,
  'parent', pn.nspname || '.' || p.relname,
  'columns', ${columnNames("k.conkey", "k.conrelid")},
  'references', ${columnNames("k.confkey", "k.confrelid")},
  'operators', (select json_agg(${operator("x.oid")} order by x.n)
                  from unnest(k.conpfeqop) with ordinality x (oid, n)),
  'onDelete', k.confdeltype)
  from pg_constraint k
  join pg_class c on c.oid = k.conrelid join pg_namespace cn on cn.oid = c.relnamespace
  join pg_class p on p.oid = k.confrelid join pg_namespace pn on pn.oid = p.relnamespace
 where k.contype = 'f' and k.conparentid = 0
 order by cn.nspname, c.relname, k.conname;`;
