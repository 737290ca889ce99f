/** Parts of a dump's consistency check, each beside the statement that it must, or must not, take for a change. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startDump } from "../lib/backup/dump.ts";
import { LockWatch } from "../lib/backup/lock_watch.ts";
import { openSnapshot } from "../lib/backup/snapshot.ts";
import { describeDefinitionChanges, readDefinitionMarks } from "../lib/postgres/catalog_state.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { countInSnapshot } from "../lib/postgres/dumped_tables.ts";
import { PsqlSession } from "../lib/postgres/psql.ts";
import { Session } from "../lib/postgres/session.ts";
import { awaitedLater } from "./awaited_later.ts";
import { sqlNow } from "./engine_breakage.ts";
import {
  backUp,
  createProject,
  type EnginePlace,
  restore,
  sql,
  startEnginePlace,
  tools,
} from "./engine_fixture.ts";

const CONTENT = `
create table public.notas (id bigserial primary key, texto text);
insert into public.notas (texto) select 'nota ' || n from generate_series(1, 500) n;
create function public.nada() returns trigger language plpgsql as 'begin return new; end';
create trigger antes before insert on public.notas for each row execute function public.nada();
drop trigger antes on public.notas;
create materialized view public.resumo as select id, texto from public.notas;
create unique index on public.resumo (id);
create table public.duplos as select 1 as n from generate_series(1, 2);
`;

let place: EnginePlace;
let prod: Connection;

beforeAll(async () => {
  place = await startEnginePlace();
  prod = await createProject(place.server, "prod");
  await sql(prod, CONTENT);
  const build = "create unique index concurrently meio_feito on public.duplos (n);";
  await expect(sql(prod, build)).rejects.toThrow("could not create unique index"); // it stays, invalid
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
  "create index concurrently notas_texto on public.notas (texto)",
  "drop index public.meio_feito",
])("%s changes no definition", (statements) =>
  inSession(async (reader) => {
    const before = await readDefinitionMarks(reader);
    await inSession((other) => other.run(`${statements};`));
    expect(await describeDefinitionChanges(reader, before, await readDefinitionMarks(reader))).toEqual([]);
  }));

test("dropping or renaming a valid index changes a definition", () =>
  inSession(async (reader) => {
    await sql(prod, "create index um on public.notas (texto); create index outro on public.notas (texto);");
    const before = await readDefinitionMarks(reader);
    await sql(prod, "alter index public.um rename to dois; drop index public.outro;");
    expect(await describeDefinitionChanges(reader, before, await readDefinitionMarks(reader))).toEqual([
      "a dropped object of pg_class",
      "index public.dois",
    ]);
  }));

/**
 * More than a backup lasts. An index that is valid in the snapshot and dropped afterwards disturbs an attempt: the pauses
 * make valid ones rare, and psql drops each at once, while this process may be at other work.
 */
const BUILDS = Array.from({ length: 2000 }, (_, n) =>
  [
    `create index concurrently laco_${n} on public.notas (texto);`,
    `drop index concurrently public.laco_${n};`,
    "do $$ begin perform pg_sleep(0.05); end $$;",
  ].join("\n")).join("\n");

test("a backup succeeds beside indexes that are created and dropped concurrently again and again", async () => {
  const psql = await PsqlSession.open({ psql: tools.psql, connection: prod });
  const indexing = awaitedLater(psql.run(BUILDS));
  const { keys } = await backUp(place.store.vault, prod).finally(() => psql.kill());
  await expect(indexing).rejects.toThrow("the session is closed"); // not at their end
  const target = await createProject(place.server, "alvo");
  await restore(place.store.vault, target, keys.archive);
});

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
      const first = awaitedLater(dump.bytes.next());
      const query = "select count(*) from pg_locks where not granted and relation = 'public.notas'::regclass";
      await expect.poll(() => sqlNow(prod, query), { timeout: 20_000 }).toBe("1");
      expect(await Promise.race([first, sleep(1000, "waits")])).toBe("waits");
      await other.run("commit;");
      expect(await first).toMatchObject({ done: false });
      for await (const _ of dump.bytes); // ends without an error
    })
  );
});
