/** Random DDL and DML during backups: every backup that succeeds restores, and is consistent at one snapshot. */
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toBackupError } from "@backup/errors.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { Session } from "../lib/postgres/session.ts";
import { sqlNow } from "./engine_breakage.ts";
import { backUp, createProject, type EnginePlace, restore, sql, startEnginePlace } from "./engine_fixture.ts";

/** Backups per run. `REVO_STORM_BACKUPS=100` for the long test. */
const BACKUPS = Number(process.env.REVO_STORM_BACKUPS ?? 3);
const SEED = Number(process.env.REVO_STORM_SEED ?? 20260101);
const ROWS = 2000;

/** At every commit: a fixed number of notes, one item each, and a total that only moves between accounts. */
const CONTENT = `
create table public.notas (id int primary key, valor numeric(12,2) not null, texto text);
create table public.itens (id int primary key, nota int not null, preco numeric(12,2) default 1);
create table public.contas (id int primary key, saldo numeric not null);
create table public.troca (id int primary key, v text);
create index itens_nota on public.itens (nota);
create function public.dobro(v numeric) returns numeric language sql immutable as 'select v * 2';
create view public.caras as select id, valor from public.notas where valor > 100;
create materialized view public.resumo as select count(*) as n from public.itens;
alter table public.notas enable row level security;
create policy leitura on public.notas for select using (true);
insert into public.notas select n, n, 'nota ' || n from generate_series(1, ${ROWS}) n;
insert into public.itens select n, n from generate_series(1, ${ROWS}) n;
insert into public.contas select n, 100 from generate_series(1, 100) n;
insert into public.troca select n, 'x' from generate_series(1, ${ROWS}) n;
refresh materialized view public.resumo;
`;

const INVARIANTS =
  `select concat_ws(' ', (select count(*) from public.notas), (select count(*) from public.itens),
  (select count(*) from public.notas n join public.itens i on i.nota = n.id), (select sum(saldo) from public.contas),
  (select count(*) from public.troca))`;
const EXPECTED = `${ROWS} ${ROWS} ${ROWS} 10000 ${ROWS}`;

/** Each preserves the invariants at its commit. `n` makes names and values differ. */
const ACTIONS: readonly ((n: number) => string)[] = [
  (n) => `alter table public.itens alter column preco type numeric(${12 + n % 4},2)`,
  () =>
    `begin; truncate public.itens; insert into public.itens select n, n from generate_series(1, ${ROWS}) n; commit`,
  (n) => `alter table public.itens add column extra_${n} uuid default gen_random_uuid()`,
  (n) =>
    `create or replace function public.dobro(v numeric) returns numeric language sql immutable as 'select v * 2 + ${n} - ${n}'`,
  (n) => `create or replace view public.caras as select id, valor from public.notas where valor > ${n % 500}`,
  (n) =>
    `do $$ begin execute format('alter index %s rename to itens_nota_${n}', (select indexrelid::regclass
      from pg_index where indrelid = 'public.itens'::regclass and not indisprimary limit 1)); end $$`,
  () => `refresh materialized view public.resumo`,
  (n) =>
    `begin; drop policy leitura on public.notas;
     create policy leitura on public.notas for select using (id > -${n}); commit`,
  (n) =>
    `begin; create table public.nova_${n} (id int primary key, v text);
     insert into public.nova_${n} select id, v from public.troca; drop table public.troca;
     alter table public.nova_${n} rename to troca; commit`,
  () =>
    `do $$ declare c text; begin
       select attname into c from pg_attribute where attrelid = 'public.itens'::regclass and attname like 'extra%'
          and not attisdropped limit 1;
       if c is not null then execute format('alter table public.itens drop column %I', c); end if; end $$`,
  (n) =>
    `begin; update public.contas set saldo = saldo - 1 where id = ${1 + n % 100};
     update public.contas set saldo = saldo + 1 where id = ${1 + (n * 7) % 100}; commit`,
  (n) =>
    `begin; create function public.avulsa_${n}() returns int language sql as 'select 1';
     drop function public.avulsa_${n}(); commit`,
];

/** A generator of pseudo-random numbers below 1 (mulberry32). */
function randomFrom(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

let place: EnginePlace;
let prod: Connection;

beforeAll(async () => {
  place = await startEnginePlace();
  prod = await createProject(place.server, "prod");
  await sql(prod, CONTENT);
});
afterAll(() => place?.stop());

interface Storm {
  /** The longest time that one action took, in milliseconds. */
  longestAction(): number;
  longestRead(): number;
  actions(): number;
  stop(): Promise<void>;
}

/** One session makes random changes, another reads all tables repeatedly. */
async function startStorm(random: () => number): Promise<Storm> {
  const sessions = [
    await Session.open({ connection: prod }),
    await Session.open({ connection: prod }),
  ] as const;
  const [writer, reader] = sessions;
  let [isOver, actions] = [false, 0];
  const longest = { action: 0, read: 0 };
  const timed = async (kind: keyof typeof longest, work: () => Promise<unknown>) => {
    const began = performance.now();
    await work();
    longest[kind] = Math.max(longest[kind], performance.now() - began);
  };
  const write = async () => {
    while (!isOver) {
      const action = ACTIONS[Math.floor(random() * ACTIONS.length)];
      const n = ++actions;
      await timed("action", () => writer.run(`${action?.(n)};`));
      await sleep(random() < 0.5 ? random() * 100 : random() * 3000);
    }
  };
  const read = async () => {
    while (!isOver) {
      await timed(
        "read",
        () => reader.run(`${INVARIANTS}; select count(*) from public.caras, public.resumo;`),
      );
      await sleep(50);
    }
  };
  const running = Promise.all([write(), read()]);
  running.catch(() => {}); // stop() throws the error
  return {
    longestAction: () => longest.action,
    longestRead: () => longest.read,
    actions: () => actions,
    stop: async () => {
      isOver = true;
      await running.finally(() => Promise.all(sessions.map((session) => session.kill())));
    },
  };
}

test(`each of ${BACKUPS} backups taken during concurrent DDL is consistent or refused`, async () => {
  const random = randomFrom(SEED);
  const storm = await startStorm(random);
  const keys: string[] = [];
  const refusals: string[] = [];
  try {
    for (let n = 0; n < BACKUPS; n++) {
      await sleep(random() * 500);
      await backUp(place.store.vault, prod).then(
        ({ keys: { archive } }) => keys.push(archive),
        (error: unknown) => refusals.push(toBackupError(error).message),
      );
    }
  } finally {
    await storm.stop();
  }
  process.stderr.write(
    `storm ${SEED}: ${keys.length} backups, ${refusals.length} refused, ${storm.actions()} actions, ` +
      `longest action ${Math.round(storm.longestAction())} ms, longest read ${
        Math.round(storm.longestRead())
      } ms\n`,
  );
  expect(refusals.filter((message) => !/meanwhile|waits for|deadlock/.test(message))).toEqual([]);
  expect(keys.length).toBeGreaterThan(0);
  expect(storm.longestAction()).toBeLessThan(5000);
  expect(storm.longestRead()).toBeLessThan(3000);
  for (const [i, key] of keys.entries()) {
    const target = await createProject(place.server, `alvo_${i}`);
    await restore(place.store.vault, target, key);
    expect(sqlNow(target, INVARIANTS)).toBe(EXPECTED);
    await sql(place.server.connection("supabase_admin", "postgres"), `drop database alvo_${i};`);
  }
}, 120_000 + BACKUPS * 60_000);
