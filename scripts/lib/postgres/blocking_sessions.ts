/** Other sessions of the target: a restore would wait for them, or their work would be lost. */
import { z } from "zod";
import { sqlFile } from "./database_facts.ts";
import type { SqlSession } from "./sql_session.ts";

const sessionSchema = z.object({
  /** 0 for a prepared transaction, as `pg_blocking_pids()` has it. */
  pid: z.number(),
  user: z.string().nullable(),
  /** The application's name; of a prepared transaction its identifier. */
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

/**
 * Clients that are in a transaction or hold locks on tables, and prepared transactions, the oldest first. Without this
 * session.
 */
export async function readBlockingSessions(session: SqlSession): Promise<BlockingSession[]> {
  return z.array(sessionSchema).parse(await session.rows(`${await sqlFile("blocking_sessions.sql")};`));
}
