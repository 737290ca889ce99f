/** What a run tells of its rows: those that a backup counts, and those that a restore has loaded so far. */
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  backUp,
  createProject,
  fixture,
  restore,
  sql,
  startPlace,
  type TestPlace,
} from "./engine_fixture.ts";

let place: TestPlace;

beforeAll(async () => {
  place = await startPlace();
}, 120_000);
afterAll(() => place?.stop());

function rowsTold() {
  const told: number[] = [];
  const progress = {
    phase: () => {},
    bytes: () => {},
    log: () => {},
    rows: (n: number) => void told.push(n),
  };
  return { told, progress };
}

it("a backup tells the rows it counted, a restore table after table those it loaded", async () => {
  const prod = await createProject(place.server, "prod");
  await sql(prod, await fixture("every_kind.sql"));
  const counted = rowsTold();
  const { keys, manifest } = await backUp(place.store.vault, prod, counted);
  expect(counted.told).toEqual([manifest.rows_total]);

  const loaded = rowsTold();
  await restore(place.store.vault, await createProject(place.server, "novo"), keys.archive, loaded);
  expect(loaded.told.length).toBeGreaterThan(3);
  expect(loaded.told).toEqual(loaded.told.toSorted((a, b) => a - b));
  expect(loaded.told.at(-1)).toBe(manifest.rows_total);
}, 240_000);
