/** What a transaction has written, as the server counts it: a cascade or a trigger beyond the patch shows here. */
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import type { SqlSession } from "../postgres/sql_session.ts";
import type { Counts } from "./patch_table.ts";

const writtenSchema = z.tuple([z.string(), z.number(), z.number(), z.number()]);

/** Created, changed and deleted rows by table; those of partitions count for their root. */
export type Written = ReadonlyMap<string, readonly [created: number, changed: number, deleted: number]>;

export async function readWritten(session: SqlSession): Promise<Written> {
  const rows = z.array(writtenSchema).parse(
    await session.rows(`
    select json_build_array(n.nspname || '.' || r.relname, sum(pg_stat_get_xact_tuples_inserted(c.oid)),
                            sum(pg_stat_get_xact_tuples_updated(c.oid)), sum(pg_stat_get_xact_tuples_deleted(c.oid)))
      from pg_class c
      join pg_class r on r.oid = coalesce(pg_partition_root(c.oid)::oid, c.oid)
      join pg_namespace n on n.oid = r.relnamespace
     where c.relkind in ('r', 'p') and c.relpersistence <> 't' and n.nspname !~ '^pg_'
     group by n.nspname, r.relname;`),
  );
  return new Map(rows.map(([table, ...counts]) => [table, counts]));
}

/** @throws {BackupError} `take_mismatch` with every table whose counts are others than the patch's */
export function requireWritten(before: Written, after: Written, counts: Counts): void {
  const wrong = [...after].flatMap(([table, end]) => {
    const start = before.get(table) ?? [0, 0, 0];
    const [created, changed, deleted] = [end[0] - start[0], end[1] - start[1], end[2] - start[2]];
    const wanted = counts[table] ?? { created: 0, changed: 0, deleted: 0 };
    // a row that moves to another partition is deleted and created
    const moved = wanted.changed - changed;
    const isRight = moved >= 0 && created - wanted.created === moved && deleted - wanted.deleted === moved;
    return isRight ? [] : [
      `${table}: ${created} created, ${changed} changed, ${deleted} deleted instead of ` +
      `${wanted.created}, ${wanted.changed}, ${wanted.deleted}`,
    ];
  });
  if (wrong.length === 0) return;
  throw new BackupError(
    "take_mismatch",
    `Cannot take rows: other rows than the patch's were written: ${wrong.join("; ")}`,
    {
      hint:
        "A foreign key with CASCADE or SET NULL reaches rows that are not part of it. Nothing was changed.",
    },
  );
}
