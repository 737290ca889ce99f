/** How many users of how many companies may restore production: a restore takes every company back in time. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { Session } from "../postgres/session.ts";

const managersSchema = z.object({
  users: z.number(),
  companies: z.number(),
  /** There are more members than were asked. */
  isCut: z.boolean(),
});
export type Managers = z.infer<typeof managersSchema>;

const HAS_FUNCTIONS =
  `select to_json(to_regprocedure('public.has_permission_for_current_user(text,text)') is not null
  and to_regprocedure('public.current_empresa_id()') is not null);`;

/**
 * Asks the ERP's own permission functions.
 * @param session of the owner, in a read-only transaction that is not used any further
 * @returns `null` for a database without these functions. @throws {BackupError} `database_*`.
 */
export async function readManagers(session: Session): Promise<Managers | null> {
  if (await session.value(HAS_FUNCTIONS) !== true) return null;
  await session.run(await readFile(new URL("./prod_managers.sql", import.meta.url), "utf8"));
  return managersSchema.parse(await session.value("select current_setting('revo.managers')::json;"));
}
