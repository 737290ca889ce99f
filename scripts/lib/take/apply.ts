/**
 * Applies a patch in one transaction, all or nothing: the rows are as they were reviewed, foreign keys stay in force, exactly the patch is
 * written. User triggers are off meanwhile: what they would write was not reviewed.
 */
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import { personalColumns } from "../look/personal_columns.ts";
import type { Session } from "../postgres/session.ts";
import { identifier, literal } from "../postgres/sql_text.ts";
import type { Living, LivingTable, UniqueRule } from "./living.ts";
import { changedRows, type TakeObstacle } from "./obstacles.ts";
import type { PatchTable } from "./patch.ts";
import { type Counts, sameKey, tablesOf, valueOf, valuesOf } from "./patch_table.ts";
import { readWritten, requireWritten } from "./written.ts";

export interface ApplyContext {
  session: Session;
  living: Living;
  tables: Readonly<Record<string, PatchTable>>;
  counts: Counts;
  /** Called when the rows are locked and as they were reviewed, before anything is written. */
  keepReverse(): Promise<void>;
}

/** Needs the patch in its table and the locks of {@link lockTables}. Does not commit. */
export async function applyPatch(context: ApplyContext): Promise<{ sequences: string[] }> {
  const { session, living, tables, counts } = context;
  requireUnchanged(await changedRows(context), tables);
  await context.keepReverse();
  const written = tablesOf(living, tables);
  const triggers = written.flatMap(({ table }) => table.triggers);
  // one by one: DISABLE TRIGGER USER would lose which of them were off before
  for (const { relation, name } of triggers) {
    await session.run(`alter table only ${relation} disable trigger ${identifier(name)};`);
  }
  await session.run("set constraints all deferred;");
  const before = await readWritten(session);
  await markEarly(context);
  // Rows let go of a parent before it is deleted: SET NULL would write them a second time.
  await writeAll(session, written, (each) => updateOf(each, true));
  // One statement deletes of all tables, and one creates: a foreign key is checked at the end of a statement, so that no order of the
  // tables is needed, in circles neither.
  await writeAll(session, written, deleteOf);
  await writeAll(session, written, insertOf);
  await writeAll(session, written, (each) => updateOf(each, false));
  await session.run("set constraints all immediate;");
  requireWritten(before, await readWritten(session), counts);
  for (const { relation, name, mode } of triggers) {
    const how = { O: "enable", A: "enable always", R: "enable replica" }[mode];
    await session.run(`alter table only ${relation} ${how} trigger ${identifier(name)};`);
  }
  for (const each of written) await requireEqual(session, each);
  return { sequences: await advanceSequences(session, written) };
}

/** Readers go on; writers wait. @throws {BackupError} `database_error` with 55P03 after ten seconds */
export async function lockTables(session: Session, tables: readonly LivingTable[]): Promise<void> {
  const names = tables.map(({ sql }) => sql).sort();
  if (names.length === 0) return;
  await session.run(
    `set local lock_timeout = '10s'; lock table ${names.join(", ")} in share row exclusive mode;`,
  );
}

interface Written {
  table: LivingTable;
  key: UniqueRule;
  columns: readonly string[];
  /** The table's name as a literal. */
  named: string;
}

/** One statement for all tables. */
async function writeAll(
  session: Session,
  tables: readonly Written[],
  statement: (each: Written) => string | null,
): Promise<void> {
  const statements = tables.map(statement).filter((each) => each !== null);
  if (statements.length === 0) return;
  const parts = statements.map((each, i) => `w${i} as (${each})`);
  await session.send(`with ${parts.join(",\n")} select where false`);
}

function updateOf({ table, key, columns, named }: Written, early: boolean): string | null {
  const set = columns.filter((name) => !key.columns.includes(name)).map((name) =>
    `${identifier(name)} = ${valueOf(table, "p.after", columns, name)}`
  );
  return set.length === 0 ? null : `update ${table.sql} l set ${set.join(", ")} from pg_temp.revo_patch p
    where p.tab = ${named} and p.op = 'u' and p.early = ${early} and ${sameKey(table, key)}`;
}

function deleteOf({ table, key, named }: Written): string {
  return `delete from ${table.sql} l using pg_temp.revo_patch p
    where p.tab = ${named} and p.op = 'd' and ${sameKey(table, key)}`;
}

function insertOf({ table, columns, named }: Written): string {
  return `insert into ${table.sql} (${columns.map(identifier).join(", ")}) overriding system value
    select ${columns.map((name) => valueOf(table, "p.after", columns, name)).join(", ")}
      from pg_temp.revo_patch p where p.tab = ${named} and p.op = 'i'`;
}

/** Changed rows that are written first: those that let go of a parent which is deleted, and of a value that a new row takes. */
async function markEarly({ session, living, tables }: ApplyContext): Promise<void> {
  for (const { child, parent, columns: own, references } of living.foreignKeys) {
    const [columns, others] = [tables[child]?.columns, tables[parent]?.columns];
    if (!columns || !others || !own.every((name) => columns.includes(name))) continue;
    if (!references.every((name) => others.includes(name))) continue;
    const at = own.map((name) => columns.indexOf(name) + 1);
    const refers = own.map((_, i) =>
      `c.before[${at[i]}] = p.before[${others.indexOf(references[i] ?? "") + 1}]`
    );
    const moves = at.map((number) => `c.before[${number}] is distinct from c.after[${number}]`);
    await session.run(`update pg_temp.revo_patch c set early = true from pg_temp.revo_patch p
      where c.tab = ${literal(child)} and c.op = 'u' and p.tab = ${literal(parent)} and p.op = 'd'
        and ${refers.join(" and ")} and (${moves.join(" or ")});`);
  }
  for (const { table, key, columns, named } of tablesOf(living, tables)) {
    for (const rule of table.rules) {
      if (rule === key || !rule.columns.every((name) => columns.includes(name))) continue;
      const at = rule.columns.map((name) => columns.indexOf(name) + 1);
      await session.run(`update pg_temp.revo_patch c set early = true from pg_temp.revo_patch p
        where c.tab = ${named} and c.op = 'u' and p.tab = c.tab and p.op = 'i'
          and ${at.map((number) => `c.before[${number}] = p.after[${number}]`).join(" and ")};`);
    }
  }
}

async function requireEqual(session: Session, { table, key, columns, named }: Written): Promise<void> {
  const [first = ""] = key.columns.map(identifier);
  const [different] = await session.run(
    `select count(*) from pg_temp.revo_patch p left join ${table.sql} l on ${sameKey(table, key)}
      where p.tab = ${named} and (case when l.${first} is not null then ${valuesOf("l", columns)} end)
            is distinct from p.after;`,
  );
  if (different === "0") return;
  throw new BackupError(
    "take_mismatch",
    `Cannot take rows: ${different} rows of ${table.name} are not as the patch says after they were written`,
    { hint: "A type, a rule or a trigger of the table changes what is written. Nothing was changed." },
  );
}

function requireUnchanged(changed: readonly TakeObstacle[], tables: ApplyContext["tables"]): void {
  const rows = changed.reduce((sum, obstacle) => sum + obstacle.rows, 0);
  if (rows === 0) return;
  const isPersonal = personalColumns();
  const named = changed.map(({ table, keys }) => {
    const [schema = "", ...name] = table.split(".");
    const of = { schema, table: name.join(".") };
    const isHidden = tables[table]?.key.some((column) => isPersonal(of, column)) ?? true;
    return `${table} ${isHidden ? "•••" : keys.map(({ key }) => key.join(", ")).join("; ")}`;
  });
  throw new BackupError(
    "take_changed",
    `Cannot apply: ${rows} rows changed since the review: ${named.join(" · ")}`,
    {
      hint: "Review again. Nothing was changed.",
    },
  );
}

const sequenceSchema = z.object({ sequence: z.string(), column: z.string() });

/** Sequences go forward only. A rollback does not undo it, therefore it is the last step. @returns those that were advanced */
async function advanceSequences(session: Session, tables: readonly Written[]): Promise<string[]> {
  const advanced: string[] = [];
  for (const { table, columns, named } of tables) {
    const owned = z.array(sequenceSchema).parse(
      await session.rows(`
      select json_build_object('sequence', format('%I.%I', sn.nspname, s.relname), 'column', a.attname)
        from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S' join pg_namespace sn on sn.oid = s.relnamespace
        join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
       where d.refobjid = ${literal(table.sql)}::regclass and d.refclassid = 'pg_class'::regclass
         and d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i');`),
    );
    for (const { sequence, column } of owned.filter((each) => columns.includes(each.column))) {
      const value = `max(p.after[${columns.indexOf(column) + 1}]::bigint)`;
      const moved = await session.run(
        `select setval(${literal(sequence)}, m.value) from ${sequence} s,
           (select ${value} as value from pg_temp.revo_patch p where p.tab = ${named} and p.op = 'i') m
          where m.value > s.last_value;`,
      );
      if (moved.length > 0) advanced.push(sequence);
    }
  }
  return advanced;
}
