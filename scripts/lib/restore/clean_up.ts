/** What a restore does after its COMMIT. */
import { toBackupError } from "@backup/errors.ts";
import { PsqlSession } from "../postgres/psql.ts";
import { describeKept, type KeptContent, type LateWrites } from "./late_writes.ts";
import type { RestoreContext } from "./restore_order.ts";
import { restoreSql } from "./restore_sql.ts";

/**
 * Drops the old content unless it is kept, then updates the planner's statistics.
 * @returns what is kept, and what failed. What could not be counted is not dropped.
 */
export async function cleanUp(
  context: RestoreContext,
  lateWrites: LateWrites | null,
): Promise<{ kept: KeptContent | null; warnings: string[] }> {
  const { connection, tools, signal, progress, statistics = true } = context;
  const warnings: string[] = [];
  let kept: KeptContent | null = null;
  let isCounted = true;
  progress.phase("cleanup");
  try {
    kept = lateWrites && await lateWrites.keepWritten(connection, signal);
  } catch (error) {
    isCounted = false;
    warnings.push(
      `cleanup: what was written since the safety copy could not be counted, the old content stays: ${
        toBackupError(error).message
      }`,
    );
  }
  if (kept !== null) warnings.push(describeKept(kept));
  const steps = [
    ...(isCounted ? [["cleanup", await restoreSql("cleanup.sql")]] : []),
    ...(statistics ? [["analyze", "analyze;"]] : []),
  ];
  for (const [phase = "", sql = ""] of steps) {
    if (phase !== "cleanup") progress.phase(phase);
    try {
      const session = await PsqlSession.open({ psql: tools.psql, connection, signal });
      await session.run("set client_min_messages = error;");
      await session.run(sql);
      await session.close();
    } catch (error) {
      warnings.push(`${phase}: ${toBackupError(error).message}`);
    }
  }
  return { kept, warnings };
}
