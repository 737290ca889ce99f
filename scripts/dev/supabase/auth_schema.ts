import type { Connection } from "../../lib/postgres/connection.ts";
import { PsqlSession } from "../../lib/postgres/psql.ts";

/**
 * Creates auth's tables in each database, as the owner of schema auth. They are @supabase/lite's: simpler than a
 * hosted project's, with the same meaning of the columns they have.
 * @throws {BackupError} at the first statement that fails.
 */
export async function createAuthTables(psql: string, authAdmins: readonly Connection[]): Promise<void> {
  const { getAuthSchemaSql } = await import("@supabase/lite");
  await Promise.all(authAdmins.map(async (connection) => {
    const session = await PsqlSession.open({ psql, connection });
    try {
      await session.run(`set client_min_messages = warning;\n${getAuthSchemaSql(false)}`);
    } finally {
      await session.close();
    }
  }));
}
