/** Other sessions of the target: a restore would wait for them, or their work would be lost. */
import { z } from "zod";
import type { SqlSession } from "./sql_session.ts";

const sessionSchema = z.object({
  pid: z.number(),
  user: z.string().nullable(),
  application: z.string().nullable(),
  state: z.string().nullable(),
  /** Begin of its transaction. */
  since: z.string().nullable(),
  /** Tables it holds locks on, five at most. */
  tables: z.array(z.string()),
  /** Holds an ACCESS EXCLUSIVE lock, which blocks readers too. */
  exclusive: z.boolean(),
});

export type BlockingSession = z.infer<typeof sessionSchema>;

/** Clients that are in a transaction or hold locks on tables, the oldest first. Without this session. */
export async function readBlockingSessions(session: SqlSession): Promise<BlockingSession[]> {
  return z.array(sessionSchema).parse(
    await session.rows(
      `with held as (
         select l.pid, (array_agg(distinct format('%I.%I', n.nspname, c.relname)))[1:5] as tables,
                pg_catalog.bool_or(l.mode = 'AccessExclusiveLock') as exclusive
           from pg_catalog.pg_locks l
           join pg_catalog.pg_class c on c.oid = l.relation
           join pg_catalog.pg_namespace n on n.oid = c.relnamespace
          where l.granted and l.locktype = 'relation' and c.relkind in ('r', 'p', 'm')
            and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
            and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
          group by l.pid)
       select json_build_object('pid', a.pid, 'user', a.usename, 'application', a.application_name,
                'state', a.state, 'since', a.xact_start, 'tables', coalesce(h.tables, '{}'),
                'exclusive', coalesce(h.exclusive, false))
         from pg_catalog.pg_stat_activity a
         left join held h on h.pid = a.pid
        where a.datname = current_database() and a.pid <> pg_catalog.pg_backend_pid()
          and a.backend_type = 'client backend' and (h.pid is not null or a.xact_start is not null)
        order by a.xact_start nulls last, a.pid;`,
    ),
  );
}
