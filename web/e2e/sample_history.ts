/** A catalog with sixty days in it, for the tests of what shows many of them; they come last (playwright.config.ts). */
import { seedHistory } from "../../scripts/dev/seed/history/history.ts";
import { inCatalog } from "./catalog.ts";

/** Empties the catalog, then fills it as `npm start` does. */
export async function fillWithSamples(): Promise<void> {
  await emptyCatalog();
  await inCatalog((sql) => seedHistory(sql, new Date()));
}

/** The catalog of a new project. What lies in the vault stays there. */
export async function emptyCatalog(): Promise<void> {
  await inCatalog(async (sql) => {
    await sql`delete from public.ops_db_backups`;
    await sql`delete from public.ops_db_backup_runs`;
  });
}
