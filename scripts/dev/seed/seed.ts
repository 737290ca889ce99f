/** A sample ERP for the embedded stack: prod with the newest schema and all rows, dev with an earlier one and fewer. */
import postgres from "postgres";
import { loadErpData } from "./data.ts";
import { seedHistory } from "./history.ts";
import { applyErpSchema, type SchemaState } from "./schema.ts";
import { type SeededUsers, seedUsers } from "./users.ts";

export type { SeededUser, SeededUsers } from "./users.ts";

export interface SeedOptions {
  /** Databases as role `postgres`, with the product's migrations applied and the auth tables in place. */
  prodUrl: string;
  devUrl: string;
  /** Resolves when the auth server on prod answers: the rows need only the databases. */
  authReady: Promise<void>;
  supabaseUrl: string;
  publishableKey: string;
  /** Approximate number of rows in prod; dev gets 40 % of it. */
  rows: number;
  /** Whether prod's catalog gets sixty days of sample history, marked as such. */
  history: boolean;
  log: (line: string) => void;
}

const DEV_SHARE = 0.4;

/**
 * Seeds both databases, which must not have been seeded before, and signs the users up.
 * @throws {RangeError} unless `rows` is a whole number of at least 1000; otherwise the server's error.
 */
export async function seedErp(options: SeedOptions): Promise<SeededUsers> {
  const { rows, log } = options;
  if (!Number.isSafeInteger(rows) || rows < 1000) {
    throw new RangeError(`Cannot seed ${rows} rows: a whole number of at least 1000 is needed`);
  }
  const startedAt = performance.now();
  const [users] = await Promise.all([
    seedProd(options),
    withDatabase(options.devUrl, (sql) => fill(sql, "older", Math.round(rows * DEV_SHARE))),
  ]);
  log(`seeded about ${rows} rows in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  return users;
}

async function seedProd(options: SeedOptions): Promise<SeededUsers> {
  return await withDatabase(options.prodUrl, async (sql) => {
    await fill(sql, "newest", options.rows);
    if (options.history) await seedHistory(sql, new Date());
    await options.authReady;
    return await seedUsers(sql, options);
  });
}

async function fill(sql: postgres.Sql, state: SchemaState, rows: number): Promise<void> {
  await applyErpSchema(sql, state);
  await loadErpData(sql, state, rows);
  await sql.unsafe("notify pgrst, 'reload schema'");
}

async function withDatabase<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => {}, connection: { application_name: "revo-seed" } });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}
