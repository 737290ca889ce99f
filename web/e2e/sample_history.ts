/** A catalog with sixty days of sample history. The tests that need it run last (playwright.config.ts). */
import { seedHistory } from "../../scripts/dev/seed/history.ts";
import { inCatalog } from "./catalog.ts";

/** Empties the catalog, then fills it as `npm start` does, up to the time of the database that the screen shows. */
export async function fillWithSamples(): Promise<void> {
  await emptyCatalog();
  await inCatalog(async (sql) => {
    const [clock] = await sql<{ now: Date }[]>`select now()`;
    if (clock === undefined) throw new Error("Cannot read the clock of the catalog");
    await seedHistory(sql, clock.now);
  });
}

/** Empties the catalog. The vault stays as it is. */
export async function emptyCatalog(): Promise<void> {
  await inCatalog(async (sql) => {
    await sql`delete from public.ops_db_backups`;
    await sql`delete from public.ops_db_backup_runs`;
  });
}
