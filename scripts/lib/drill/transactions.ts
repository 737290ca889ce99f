/** The transactions in which the checks read the restored database. */
import type { DrillCheck } from "@backup/vault/receipt.ts";
import type { Connection } from "../postgres/connection.ts";
import { applySettings } from "../postgres/database_facts.ts";
import { Session } from "../postgres/session.ts";
import type { CheckGroup, CheckOutcome, DrillDatabase } from "./check.ts";

/** A group of one check, which reads as the owner in a read-only transaction. */
export function ownerCheck(
  name: DrillCheck,
  check: (session: Session, database: DrillDatabase) => Promise<CheckOutcome>,
): CheckGroup {
  return {
    names: [name],
    run: async (database) =>
      new Map([[name, await asOwner(database, (session) => check(session, database))]]),
  };
}

/** Runs `work` in a read-only transaction of the owner. */
export function asOwner<T>(database: DrillDatabase, work: (session: Session) => Promise<T>): Promise<T> {
  return inTransaction(database, database.owner, async (session) => {
    await session.run("set transaction read only;");
    await applySettings(session);
    return await work(session);
  });
}

/** Runs `work` in a transaction that is always rolled back. */
export async function inTransaction<T>(
  { signal, fault }: DrillDatabase,
  connection: Connection,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await Session.open({ connection, signal });
  try {
    await session.run(`set client_min_messages = warning;\nbegin;\n${fault ?? ""}`);
    return await work(session);
  } finally {
    await session.kill();
  }
}
