/** The rows that a run reports: those that a backup counts, those that a restore has loaded. */
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  backUp,
  createProject,
  type EnginePlace,
  fixture,
  restore,
  sql,
  startEnginePlace,
} from "./engine_fixture.ts";

let place: EnginePlace;

beforeAll(async () => {
  place = await startEnginePlace();
}, 120_000);
afterAll(() => place?.stop());

function reportedRows() {
  const reported: number[] = [];
  const progress = {
    phase: () => {},
    bytes: () => {},
    log: () => {},
    rows: (n: number) => void reported.push(n),
  };
  return { reported, progress };
}

it("a backup reports the rows it counted, a restore the rows it loaded, per table", async () => {
  const prod = await createProject(place.server, "prod");
  await sql(prod, await fixture("every_kind.sql"));
  const counted = reportedRows();
  const { keys, manifest } = await backUp(place.store.vault, prod, counted);
  expect(counted.reported).toEqual([manifest.rows_total]);

  const loaded = reportedRows();
  await restore(place.store.vault, await createProject(place.server, "novo"), keys.archive, loaded);
  expect(loaded.reported.length).toBeGreaterThan(3);
  expect(loaded.reported).toEqual(loaded.reported.toSorted((a, b) => a - b));
  expect(loaded.reported.at(-1)).toBe(manifest.rows_total);
}, 240_000);
