/** Parts of a dump's consistency check, each beside the statement that it must, or must not, take for a change. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startDump } from "../lib/backup/dump.ts";
import { LockWatch } from "../lib/backup/lock_watch.ts";
import { openSnapshot } from "../lib/backup/snapshot.ts";
import { describeDefinitionChanges, readDefinitionMarks } from "../lib/postgres/catalog_state.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { countInSnapshot } from "../lib/postgres/dumped_tables.ts";
import { Session } from "../lib/postgres/session.ts";
import { sqlNow } from "./engine_breakage.ts";
import { createProject, sql, startPlace, type TestPlace, tools } from "./engine_fixture.ts";

const CONTENT = `
create table public.notas (id bigserial primary key, texto text);
insert into public.notas (texto) select 'nota ' || n from generate_series(1, 500) n;
create function public.nada() returns trigger language plpgsql as 'begin return new; end';
create trigger antes before insert on public.notas for each row execute function public.nada();
drop trigger antes on public.notas;
create materialized view public.resumo as select id, texto from public.notas;
create unique index on public.resumo (id);
`;

let place: TestPlace;
let prod: Connection;

beforeAll(async () => {
  place = await startPlace();
  prod = await createProject(place.server, "prod");
  await sql(prod, CONTENT);
});

afterAll(() => place?.stop());

async function inSession<T>(work: (session: Session) => Promise<T>, connection = prod): Promise<T> {
  const session = await Session.open({ connection });
  try {
    return await work(session);
  } finally {
    await session.kill();
  }
}

test.each([
  "analyze public.notas",
  "vacuum freeze public.notas",
  "vacuum full public.notas",
  "refresh materialized view public.resumo",
  "refresh materialized view concurrently public.resumo",
  "create temp table passageira as table public.notas; create index on passageira (id); create temp view v as table passageira",
  "insert into public.notas (texto) values ('nova'); select setval('public.notas_id_seq', 9000)",
])("%s changes no definition", (statements) =>
  inSession(async (reader) => {
    const before = await readDefinitionMarks(reader);
    await inSession((other) => other.run(`${statements};`));
    expect(await describeDefinitionChanges(reader, before, await readDefinitionMarks(reader))).toEqual([]);
  }));

test("a table that takes over the name of a counted one is not counted in its place", () =>
  inSession(async (holder) => {
    await sql(prod, "create table public.precos (id int); create table public.precos_novos (id int);");
    const snapshot = await openSnapshot(holder);
    await sql(
      prod,
      "alter table public.precos rename to precos_velhos; alter table public.precos_novos rename to precos;",
    );
    const tables = snapshot.tables.filter(({ table }) => table === "precos");
    const counted = await inSession((reader) =>
      countInSnapshot((text) => reader.send(text), snapshot.id, tables)
    );
    expect(counted).toMatchObject([{ key: "public.precos", isSameFile: false }]);
  }));

test("pg_dump's server process is ended before the watch has read it", async () => {
  const applicationName = "revo-backups dump 0123456789ab";
  const env = { ...prod.env, PGAPPNAME: applicationName };
  await inSession((dump) =>
    inSession(async (watcher) => {
      const watch = new LockWatch(watcher, {
        applicationName,
        ours: [watcher.pid],
        lockTimeoutMs: 30_000,
        endsForDdl: () => true,
        log: () => {},
        onEnd: () => {},
      });
      await watch.stop();
      await watch.terminateDump();
      const query = `select count(*) from pg_stat_activity where pid = ${dump.pid}`;
      await expect.poll(() => sqlNow(prod, query)).toBe("0");
    }), { ...prod, env });
});

test("a dump's first bytes are pg_dump's, also through a gzip that writes its header when it starts", async () => {
  // as pigz does
  const early = "printf '\\037\\213\\010\\0\\0\\0\\0\\0\\0\\003'; gzip -1 | tail -c +11";
  const gzip = { name: "gzip -1", compress: ["sh", "-c", early], decompress: ["gzip", "-d", "-c"] } as const;
  await inSession((holder) =>
    inSession(async (other) => {
      const snapshot = await openSnapshot(holder);
      await other.run("begin; lock table public.notas;");
      const dump = startDump({
        connection: prod,
        tools,
        gzip,
        mode: "full",
        snapshot,
        lockTimeoutMs: 30_000,
      });
      const first = dump.bytes.next();
      const query = "select count(*) from pg_locks where not granted and relation = 'public.notas'::regclass";
      await expect.poll(() => sqlNow(prod, query), { timeout: 20_000 }).toBe("1");
      expect(await Promise.race([first, sleep(1000, "waits")])).toBe("waits");
      await other.run("commit;");
      expect(await first).toMatchObject({ done: false });
      for await (const _ of dump.bytes); // ends without an error
    })
  );
});
