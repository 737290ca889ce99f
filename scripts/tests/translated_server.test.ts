/** Errors of a server are understood whatever language its messages are in. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Connection } from "../lib/postgres/connection.ts";
import { PsqlSession } from "../lib/postgres/psql.ts";
import { Session, sqlstateOf } from "../lib/postgres/session.ts";
import { backUp, createProject, restore, sql, startPlace, type TestPlace, tools } from "./engine_fixture.ts";
import { startTranslatedServer } from "./translated_server.ts";

let place: TestPlace;
let prod: Connection;
let german: Awaited<ReturnType<typeof startTranslatedServer>>;

beforeAll(async () => {
  place = await startPlace();
  prod = await createProject(place.server, "prod");
  await sql(prod, "create table public.notas (id int primary key); insert into public.notas values (1);");
  german = await startTranslatedServer(prod);
});
afterAll(async () => {
  german?.stop();
  await place?.stop();
});

const openPsql = (connection: Connection) => PsqlSession.open({ psql: tools.psql, connection });

test.each([["psql", openPsql], ["pg", (connection: Connection) => Session.open({ connection })]] as const)(
  "%s: the SQLSTATE of an error, not of a notice before it; a wrong password",
  async (_, open) => {
    const session = await open(german.connection);
    const failing = session.run(
      "do $$ begin raise notice 'vorher'; raise exception 'nein' using errcode = '22012'; end $$;",
    );
    await expect(failing).rejects.toMatchObject({
      code: "database_error",
      message: "Meldung: nien",
      details: { sqlstate: "22012" },
    });
    const env = { ...german.connection.env, PGPASSWORD: "wrong" };
    await expect(open({ ...german.connection, env })).rejects.toMatchObject({
      code: "database_auth_failed",
      message: expect.stringContaining("Passwort-Authentifizierung für Benutzer"),
    });
  },
);

test("a backup and a restore that wait for a lock name its holder", async () => {
  const { keys } = await backUp(place.store.vault, german.connection);
  const holder = await Session.open({ connection: prod });
  try {
    await holder.run("begin; lock table public.notas;");
    const message = expect.stringMatching(new RegExp(`pid ${holder.pid} .* holds .*notas`));
    await expect(backUp(place.store.vault, german.connection, { lockTimeoutMs: 500 })).rejects.toMatchObject({
      code: "dump_failed",
      message,
    });
    const restoring = restore(place.store.vault, german.connection, keys.archive, { lockTimeoutMs: 500 });
    await expect(restoring).rejects.toMatchObject({ code: "target_locked", message });
  } finally {
    await holder.kill();
  }
});

test("a second restore is refused by name", async () => {
  const { keys } = await backUp(place.store.vault, german.connection);
  const other = await Session.open({ connection: prod });
  try {
    await other.run("select pg_advisory_lock(hashtextextended('revo-backups.restore', 0));");
    const restoring = restore(place.store.vault, german.connection, keys.archive, { lockTimeoutMs: 500 });
    await expect(restoring).rejects.toMatchObject({
      code: "busy",
      message: expect.stringContaining(`pid ${other.pid} `),
    });
    expect(sqlstateOf((await restoring.catch((error: unknown) => error) as Error).cause)).toBe("55P03");
  } finally {
    await other.kill();
  }
});
