/** The search for orphans is limited in time. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { findOrphans } from "../lib/backup/orphans.ts";
import { Session } from "../lib/postgres/session.ts";
import { createProject, type EnginePlace, startEnginePlace } from "./engine_fixture.ts";

let place: EnginePlace;

beforeAll(async () => void (place = await startEnginePlace()));
afterAll(() => place?.stop());

test("the limit holds for all keys together, and names the first that was not read", async () => {
  const connection = await createProject(place.server, "prod");
  const holder = await Session.open({ connection });
  const [snapshot = ""] = await holder.run(
    "begin isolation level repeatable read; select pg_export_snapshot();",
  );
  const key = (name: string, seconds: number) => (
    { name, parent: "public.p", query: `select to_json(pg_catalog.pg_sleep(${seconds}) is null)` }
  );
  const keys = [key("a", 0.3), key("b", 0.3), key("c", 0.3), key("d", 0)];
  const reader = await Session.open({ connection });
  const found = await findOrphans((sql) => reader.send(sql), snapshot, keys, 500);
  expect(found).toMatchObject([{ kind: "not_checked", name: "b" }]);
  await Promise.all([holder.kill(), reader.kill()]);
});
