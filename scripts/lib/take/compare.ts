/** Compares rows of the backup with the living ones, and enters the differences into the patch. */
import { BackupError } from "@backup/errors.ts";
import type { SqlSession } from "../postgres/sql_session.ts";
import { identifier, literal } from "../postgres/sql_text.ts";
import { WANTED_COLUMN } from "./backup_rows.ts";
import type { LivingTable, UniqueRule } from "./living.ts";
import { ASKED } from "./patch.ts";
import { valuesOf } from "./patch_table.ts";
import type { Choices } from "./scope.ts";

/** Changed rows of one table that a patch holds at most. */
export const MOST_CHANGES = 100_000;

export interface Comparison {
  table: LivingTable;
  key: UniqueRule;
  /** Of both sides. */
  columns: readonly string[];
  /** The rows of the backup, as SQL. */
  backup: string;
}

/**
 * The rows that were asked for.
 * @param isWhole whether living rows that the backup does not hold count as new
 * @throws {BackupError} `take_too_large`
 */
export async function compareAsked(
  session: SqlSession,
  { table, key, columns, backup }: Comparison,
  { missing, changed, new: isNew }: Choices,
  isWhole: boolean,
): Promise<void> {
  const wanted = [missing && "i", changed && "u", isNew && "d"].filter((each) => each !== false);
  const [first = ""] = key.columns.map(identifier);
  const keys = key.columns.map(identifier).join(", ");
  const side = (alias: string, of: string) =>
    `(select ${keys}, ${valuesOf(alias, key.columns)} as revo_key, ${
      valuesOf(alias, columns)
    } as revo_row from ${of} ${alias}) ${alias}`;
  const on = key.columns.map((name, i) => `l.${identifier(name)} ${key.operators[i]} b.${identifier(name)}`);
  const [inserted] = await session.run(`
    with added as (
      insert into pg_temp.revo_patch (tab, op, key, before, after, why)
      select ${literal(table.name)}, d.op, d.key, d.before, d.after, ${literal(ASKED)}
        from (select case when b.${first} is null then 'd' when l.${first} is null then 'i' else 'u' end as op,
                     coalesce(l.revo_key, b.revo_key) as key, l.revo_row as before, b.revo_row as after
                from ${side("b", backup)} ${isWhole ? "full" : "left"} join ${side("l", table.sql)} on ${
    on.join(" and ")
  }
               where l.revo_row is distinct from b.revo_row) d
       where d.op = any (array[${wanted.map(literal).join(", ")}]::text[])
       limit ${MOST_CHANGES + 1}
      returning 1)
    select count(*) from added;`);
  requireFew(table.name, Number(inserted));
}

/** @throws {BackupError} `take_too_large` */
export function requireFew(table: string, changes: number): void {
  if (changes <= MOST_CHANGES) return;
  throw new BackupError(
    "take_too_large",
    `Cannot take rows of ${table}: more than ${MOST_CHANGES} of them would be changed`,
    {
      hint:
        "Restore the backup into dev or prod instead: a restore loads whole tables faster than row by row.",
    },
  );
}

export interface ClosureStep extends Comparison {
  /** Which of the rows: {@link WANTED_COLUMN}. */
  wanted: number;
  why: string;
  round: number;
}

/** Rows of the backup that are missing now. @returns how many were added */
export async function addMissing(session: SqlSession, step: ClosureStep): Promise<number> {
  const { table, key, columns, backup, wanted, why, round } = step;
  const on = key.columns.map((name, i) => `l.${identifier(name)} ${key.operators[i]} b.${identifier(name)}`);
  const [added] = await session.run(`
    with added as (
      insert into pg_temp.revo_patch (tab, op, key, before, after, why, round)
      select ${literal(table.name)}, 'i', ${valuesOf("b", key.columns)}, null, ${valuesOf("b", columns)},
             ${literal(why)}, ${round}
        from ${backup} b
       where b.${WANTED_COLUMN} = ${wanted} and not exists (select from ${table.sql} l where ${
    on.join(" and ")
  })
       limit ${MOST_CHANGES + 1}
      on conflict (tab, key) do nothing returning 1)
    select count(*) from added;`);
  requireFew(table.name, Number(added));
  return Number(added);
}

/**
 * Living rows whose link to a parent became NULL when it was deleted. Only the columns of the link get their old values.
 * @param link the columns of the foreign key
 */
export async function addLostLinks(
  session: SqlSession,
  { table, key, columns, backup, wanted, why, round }: ClosureStep,
  link: readonly string[],
): Promise<number> {
  const on = key.columns.map((name, i) => `l.${identifier(name)} ${key.operators[i]} b.${identifier(name)}`);
  const isLink = (name: string) => link.includes(name);
  const after = columns.map((name) => {
    const [living, old] = [`l.${identifier(name)}::text`, `b.${identifier(name)}::text`];
    return isLink(name) ? `coalesce(${living}, ${old})` : living;
  });
  const isLost = link.map((name) => `l.${identifier(name)} is null`).join(" or ");
  const kept = link.map((name) =>
    `(l.${identifier(name)} is null or l.${identifier(name)}::text = b.${identifier(name)}::text)`
  );
  const [added] = await session.run(`
    with added as (
      insert into pg_temp.revo_patch as p (tab, op, key, before, after, why, round)
      select ${literal(table.name)}, 'u', ${valuesOf("l", key.columns)}, ${valuesOf("l", columns)},
             array[${after.join(", ")}]::text[], ${literal(why)}, ${round}
        from ${backup} b join ${table.sql} l on ${on.join(" and ")}
       where b.${WANTED_COLUMN} = ${wanted} and (${isLost}) and ${kept.join(" and ")}
       limit ${MOST_CHANGES + 1}
      on conflict (tab, key) do update
        set after = array(select coalesce(e.known, e.lost) from unnest(p.after, excluded.after) with ordinality e (known, lost, o)
                           order by e.o)
      where p.op = 'u' and p.why <> ${literal(ASKED)}
      returning 1)
    select count(*) from added;`);
  requireFew(table.name, Number(added));
  return Number(added);
}
