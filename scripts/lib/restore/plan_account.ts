/** The requester's account on the target of a plan. */
import type { PlannedAccount } from "@backup/runs/restore_plan.ts";
import type { Session } from "../postgres/session.ts";
import { literal } from "../postgres/sql_text.ts";

/** @param requester `null`, or not an e-mail: there is no account to look for */
export async function readAccount(
  session: Session,
  requester: string | null,
): Promise<PlannedAccount | null> {
  if (!requester?.includes("@")) return null;
  const [table] = await session.rows("select to_json(to_regclass('auth.users') is not null);");
  if (table !== true) return null;
  const [createdAt = null] = await session.rows(
    `select to_json(to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) from auth.users
      where lower(email) = lower(${literal(requester)}) order by created_at limit 1;`,
  );
  return { email: requester, createdAt: typeof createdAt === "string" ? createdAt : null };
}
