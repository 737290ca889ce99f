/** The locks of a backup: how long DDL waits for them. The blocking session that a waiting backup or restore names. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toBackupError } from "@backup/errors.ts";
import { withDump } from "../lib/backup/with_dump.ts";
import { chooseGzip } from "../lib/process/gzip.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { Session } from "../lib/postgres/session.ts";
import { awaitedLater } from "./awaited_later.ts";
import { sqlNow } from "./engine_breakage.ts";
import type { SupabaseServer } from "../lib/server/supabase.ts";
import {
  backUp,
  binaries,
  createProject,
  type EnginePlace,
  type EngineVault,
  progressWith,
  restore,
  sql,
  startEnginePlace,
  tools,
} from "./engine_fixture.ts";

let place: EnginePlace;
let server: SupabaseServer;
let store: EngineVault;
let prod: Connection;

/** More than the pipes between pg_dump and this process hold, whatever gzip makes of it. */
const LARGE_BYTES = 12_000_000;
const LARGE_TABLE = `create table public.grande as select n, sha512(n::text::bytea) as v
  from generate_series(1, ${Math.ceil(LARGE_BYTES / 128)}) n;`;

beforeAll(async () => {
  place = await startEnginePlace(binaries, { max_prepared_transactions: "5" });
  ({ server, store } = place);
  prod = await createProject(server, "prod");
  await sql(
    prod,
    `create table public.itens (id int primary key, v text);
     insert into public.itens select n, 'v' from generate_series(1, 100) n;
     create view public.vista as select id from public.itens;
     create materialized view public.resumo as select count(*) as n from public.vista;
     create table public.ops_db_backup_fila (id int);`,
  );
});
afterAll(() => place?.stop());

async function inSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
  const session = await Session.open({ connection: prod });
  try {
    return await work(session);
  } finally {
    await session.kill();
  }
}

async function failureOf(bytes: AsyncIterable<Uint8Array>): Promise<Error> {
  try {
    for await (const _ of bytes);
  } catch (error) {
    return toBackupError(error);
  }
  throw new Error("the dump went on to its end");
}

/** Resolves when pg_dump has waited for a lock for a second: the other sessions have finished reading. */
async function waitingForLock(): Promise<void> {
  const query = "select count(*) from pg_locks where not granted and waitstart < now() - interval '1 second'";
  await expect.poll(() => sqlNow(prod, query), { timeout: 20_000 }).toBe("1");
}

test("DDL on views does not wait for a backup that waits for a table", () =>
  inSession((holder) =>
    inSession(async (ddl) => {
      // pg_dump locks this table although its rows are excluded; no other session of a backup reads it
      await holder.run("begin; lock table public.ops_db_backup_fila;");
      const backup = awaitedLater(backUp(store.vault, prod));
      await waitingForLock();
      const began = performance.now();
      await ddl.run(
        `refresh materialized view public.resumo;
         create or replace view public.vista as select id from public.itens where id > 0;`,
      );
      expect(performance.now() - began).toBeLessThan(1000);
      await holder.run("commit;");
      expect((await backup).manifest.rows["public.itens"]).toBe(100);
    })
  ));

test("DDL that waits for pg_dump's locks runs first, and the backup completes after it", () =>
  inSession((holder) =>
    inSession(async (ddl) => {
      await holder.run("begin; lock table public.ops_db_backup_fila;");
      const lines: string[] = [];
      const backup = awaitedLater(
        backUp(store.vault, prod, { progress: progressWith({ log: (line) => lines.push(line) }) }),
      );
      await waitingForLock();
      const began = performance.now();
      await ddl.run("alter table public.itens add column extra int;");
      expect(performance.now() - began).toBeLessThan(5000);
      await holder.run("commit;");
      await backup;
      expect(lines.join("\n")).toMatch(/waits for (public\.)?itens: trying again/);
    })
  ));

/** Reads a table again and again; `longest()` is the longest time of one read in milliseconds. */
function readRepeatedly(reader: Session) {
  let [isOver, longest] = [false, 0];
  const reading = awaitedLater((async () => {
    while (!isOver) {
      const began = performance.now();
      await reader.run("select * from public.itens;");
      longest = Math.max(longest, performance.now() - began);
      await sleep(20);
    }
  })());
  return { longest: () => longest, stop: () => (isOver = true, reading) };
}

test(
  "a dump that is under way gives way to DDL every time, and readers wait for the DDL alone",
  () =>
    inSession((reader) =>
      inSession(async (ddl) => {
        await sql(prod, LARGE_TABLE);
        const reads = readRepeatedly(reader);
        const lines: string[] = [];
        let interrupted = 0;
        const deps = {
          connection: prod,
          tools,
          gzip: chooseGzip(),
          mode: "full",
          lockTimeoutMs: 30_000,
        } as const;
        const log = (line: string) => void lines.push(line);
        const rawBytes = await withDump({ ...deps, log }, async (attempt) => {
          const bytes = attempt.bytes();
          await bytes.next();
          await attempt.facts();
          // more attempts than a backup may be interrupted by a view that is refreshed once a minute
          if (interrupted++ < 3) {
            await ddl.run("begin; lock table public.itens in access exclusive mode; commit;");
            const failure = await failureOf(bytes);
            expect(failure.message).toMatch(/pid \d+ .* waits for (public\.)?itens/);
            throw failure;
          }
          for await (const _ of bytes);
          return attempt.dumped.walk.rawBytes;
        });
        await reads.stop();
        expect(rawBytes).toBeGreaterThan(LARGE_BYTES);
        expect(lines.filter((line) => line.includes("trying again"))).toHaveLength(3);
        expect(reads.longest()).toBeLessThan(2000);
      })
    ),
  60_000,
);

test("names the prepared transaction that holds a table", async () => {
  await sql(
    prod,
    "begin; lock table public.itens in access exclusive mode; prepare transaction 'esquecida';",
  );
  try {
    await expect(backUp(store.vault, prod, { lockTimeoutMs: 600 })).rejects.toMatchObject({
      code: "dump_failed",
      message: expect.stringMatching(/the prepared transaction 'esquecida' holds (public\.)?itens/),
    });
  } finally {
    await sql(prod, "rollback prepared 'esquecida';");
  }
});

test("a restore names the prepared transaction that holds a table of its target", async () => {
  const { keys } = await backUp(store.vault, prod);
  const target = await createProject(server, "alvo");
  await sql(
    target,
    `create table public.pedidos (id int); begin; lock table public.pedidos in share mode;
     prepare transaction 'esquecida';`,
  );
  const restoring = restore(store.vault, target, keys.archive, { lockTimeoutMs: 300 });
  await expect(restoring).rejects.toMatchObject({
    code: "target_locked",
    message: expect.stringMatching(
      /the prepared transaction 'esquecida' \(user postgres, since 20\S+\) holds public\.pedidos/,
    ),
  });
  await sql(target, "rollback prepared 'esquecida';");
});
