/** Many clients that poll at once. */
import { expect, it } from "vitest";
import { type FunctionPlace, statusOf } from "../function_place.ts";

const WATCHERS = 50;
const SECONDS = 5;

export function describeLoad(place: () => FunctionPlace): void {
  it(`${WATCHERS} clients that poll a status for ${SECONDS} s are all answered`, async () => {
    const { sql } = place();
    const [row] = await sql`
      select request_id from public.ops_db_backup_runs where status = 'succeeded' limit 1`;
    const end = Date.now() + SECONDS * 1000;
    let answered = 0;
    await Promise.all(Array.from({ length: WATCHERS }, async () => {
      while (Date.now() < end) {
        expect((await statusOf(place(), String(row?.request_id))).run.status).toBe("succeeded");
        answered++;
      }
    }));
    expect(answered).toBeGreaterThanOrEqual(WATCHERS);
  }, 60_000);
}
