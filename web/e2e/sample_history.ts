/** A catalog with sixty days of sample history. The tests that need it run last (playwright.config.ts). */
import type { Target } from "@backup/target.ts";
import { buildKeys } from "@backup/vault/object_key.ts";
import { SAMPLE_SIGNER, seedHistory } from "../../scripts/dev/seed/history.ts";
import { forgetRuns, inCatalog } from "./catalog.ts";

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
  await inCatalog((sql) => sql`delete from public.ops_db_backups`);
  await forgetRuns();
}

/** A verified, signed backup in the catalog, so many hours old; the vault has nothing of it. @returns its key */
export async function aBackupOf(
  target: Target,
  hours: number,
  signed_by: string | null = SAMPLE_SIGNER,
): Promise<string> {
  const at = new Date(Date.now() - hours * 3_600_000).toISOString().slice(0, 19);
  const key = buildKeys({ target, createdAtUtc: `${at}Z`, label: null }).archive;
  const manifest = {
    ...{ kind: "supabase_db_backup", target, mode: "full", git_sha: null, bytes: 1_000_000 },
    ...{ created_at_utc: `${at}Z`, file: key.split("/").at(-1) ?? "", sha256: "a".repeat(64) },
  };
  const record = {
    r2_bucket: "cofre",
    r2_key: key,
    manifest,
    run_url: null,
    verified_at: `${at}Z`,
    signed_by,
  };
  await inCatalog((sql) => sql`select public.ops_db_backup_record(${sql.json(record)})`);
  return key;
}
