/** A copy of production in dev does not act: after a restore nothing of it calls out of the database. */
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Connection } from "../lib/postgres/connection.ts";
import {
  backUp,
  contentOf,
  createProject,
  type EnginePlace,
  restore,
  sql,
  startEnginePlace,
  stateOf,
} from "./engine_fixture.ts";

/** pg_net and pg_cron cannot be installed here. These make the same calls: a connection to another machine. */
const PLATFORM = (port: number) => `
  create extension dblink schema extensions;
  create schema net; grant usage on schema net to postgres;
  create function net.http_post(url text, body jsonb default '{}') returns bigint language plpgsql security definer as $$
  begin
    perform extensions.dblink_connect('host=127.0.0.1 port=${port} connect_timeout=2 sslmode=disable user=x password=x');
    return 1;
  exception when others then return 0;
  end $$;
  create table net.http_request_queue (url text);
  grant all on net.http_request_queue to postgres;
  create schema cron; grant usage on schema cron to postgres;
  create table cron.job (jobid bigserial primary key, jobname text, command text, username text default 'postgres',
    database text default current_database(), active boolean default true);
  grant select, insert on cron.job to postgres; grant usage on sequence cron.job_jobid_seq to postgres;
  create function cron.alter_job(job_id bigint, schedule text default null, command text default null,
    database text default null, username text default null, active boolean default null) returns void language sql
    security definer as $$ update cron.job set active = alter_job.active where jobid = job_id $$;
  create function cron.unschedule(job_id bigint) returns boolean language sql
    security definer as $$ delete from cron.job where jobid = job_id returning true $$;
  create extension postgres_fdw schema extensions; grant usage on foreign data wrapper postgres_fdw to postgres;`;

/** Ways in which rows that are written call out. */
const ERP = `
  create table public.pedidos (id serial primary key);
  create table public."Notas Fiscais" (id serial primary key);
  create table public.limpa (id serial primary key);
  create function public.avisa() returns trigger language plpgsql as $$
  begin perform net.http_post(url := 'https://erp.example.com/?token=segredo'); return new; end $$;
  create function public.envia(texto text) returns void language plpgsql as $$ begin perform net.http_post(texto); end $$;
  create function public.avisa_indireto() returns trigger language plpgsql as $$
  begin perform public.envia('https://erp.example.com'); return new; end $$;
  create function public.carimba() returns trigger language plpgsql as $$ begin return new; end $$;
  create trigger "avisa já" after insert on public.pedidos for each row execute function public.avisa();
  create trigger indireto after insert on public."Notas Fiscais" for each row execute function public.avisa_indireto();
  create trigger conta_nova after insert on auth.users for each row execute function public.avisa();
  create trigger carimba before insert on public.limpa for each row execute function public.carimba();
  create server legado foreign data wrapper postgres_fdw options (host 'legado.example.com');
  create user mapping for postgres server legado options (user 'erp', password 'segredo');`;

const WRITE = `insert into public.pedidos default values; insert into public."Notas Fiscais" default values;
  insert into public.limpa default values; insert into auth.users (id) values (gen_random_uuid());`;

let place: EnginePlace;
let listener: Server;
let calls = 0;
let prod: Connection;
let key: string;
let quarantine: string;

beforeAll(async () => {
  listener = createServer((socket) => {
    calls++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  place = await startEnginePlace();
  quarantine = await readFile(new URL("../quarantine.sql", import.meta.url), "utf8");
  prod = await project("prod");
  await sql(prod, ERP);
  key = (await backUp(place.store.vault, prod)).keys.archive;
});

afterAll(async () => {
  await place?.stop();
  listener?.close();
});

beforeEach(() => {
  calls = 0;
});

async function project(name: string): Promise<Connection> {
  const connection = await createProject(place.server, name);
  const { port } = listener.address() as AddressInfo;
  await sql(place.server.connection("supabase_admin", name), PLATFORM(port));
  return connection;
}

test("the same writes call out of production, and of a copy without quarantine", async () => {
  const dev = await project("without");
  await restore(place.store.vault, dev, key);
  await sql(dev, WRITE);
  expect(calls).toBe(3);
  await sql(prod, WRITE);
  expect(calls).toBe(6);
});

test("nothing calls out of a copy, each change is reported, and everything else is as in production", async () => {
  const dev = await project("dev");
  await sql(
    dev,
    `insert into cron.job (jobname, command) values ('envia notas', 'select public.envia(''https://x/?token=segredo'')');
     insert into net.http_request_queue (url) values ('https://x');`,
  );

  const { verified } = await restore(place.store.vault, dev, key, { quarantine });

  expect(verified.quarantined).toEqual([
    { object: "cron job envia notas", done: "parado" },
    { object: "table net.http_request_queue", done: "1 pedidos apagados" },
    { object: "trigger auth.users conta_nova", done: "desligado: chama fora do banco" },
    { object: 'trigger public."Notas Fiscais" indireto', done: "desligado: chama fora do banco" },
    { object: 'trigger public.pedidos "avisa já"', done: "desligado: chama fora do banco" },
    { object: "user mapping legado postgres", done: "removido: senha de outro servidor" },
  ].sort((a, b) => a.object < b.object ? -1 : 1));
  await sql(dev, WRITE);
  expect(calls).toBe(0);
  expect(await sql(dev, "select active from cron.job;")).toEqual(["f"]);
  expect(JSON.stringify(verified)).not.toContain("segredo");

  // what is switched on again is production's: nothing else differs
  await sql(
    dev,
    `alter table public.pedidos enable trigger "avisa já"; alter table public."Notas Fiscais" enable trigger indireto;
     alter table auth.users enable trigger conta_nova;
     create user mapping for postgres server legado options (user 'erp', password 'segredo');
     truncate public.pedidos, public."Notas Fiscais", public.limpa; delete from auth.users;
     alter sequence public.pedidos_id_seq restart; alter sequence public."Notas Fiscais_id_seq" restart;
     alter sequence public.limpa_id_seq restart;`,
  );
  const fresh = await project("fresh");
  await restore(place.store.vault, fresh, key);
  const definitions = (content: string) => content.split("\n").filter((line) => line.startsWith("["));
  expect(definitions(await contentOf(dev))).toEqual(definitions(await contentOf(fresh)));
});

test("a job that the restore's role may not stop is removed", async () => {
  const dev = await project("cron_fechado");
  await sql(dev, "insert into cron.job (jobname, command) values ('envia notas', 'select 1');");
  await sql(
    place.server.connection("supabase_admin", "cron_fechado"),
    "revoke execute on function cron.alter_job from public;", // as pg_cron does
  );
  const { verified } = await restore(place.store.vault, dev, key, { quarantine });
  expect(verified.quarantined).toContainEqual({
    object: "cron job envia notas",
    done: "removido: falta a permissão de parar (cron.alter_job)",
  });
  expect(await sql(dev, "select count(*) from cron.job;")).toEqual(["0"]);
});

test.each([
  ["an error", "select 1/0;", /division by zero/],
  ["COMMIT", "commit;", /not verified/],
  ["ROLLBACK", "rollback;", /ended its transaction/],
  [
    "ROLLBACK and statements after it",
    "rollback; create table public.fora (id int);",
    /ended its transaction/,
  ],
])("%s in the quarantine leaves the target as it was", async (_what, added, message) => {
  const name = `broken_${added.length}`;
  const dev = await project(name);
  await sql(dev, "create table public.minha (id int); insert into public.minha values (7);");
  const before = await stateOf(dev);
  await expect(restore(place.store.vault, dev, key, { quarantine: `${quarantine}\n${added}` }))
    .rejects.toThrow(message);
  expect(await stateOf(dev)).toBe(before);
});
