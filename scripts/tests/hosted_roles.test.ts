/**
 * A cluster whose `postgres` is in no admin role of the platform, as on a hosted project: it has privileges on the tables
 * of auth and storage, and owns none of them. Policies on these tables are not here: the platform's extension supautils lets
 * `postgres` make them, and the other tests' membership stands in for it.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Connection } from "../lib/postgres/connection.ts";
import { drillOf, namesWith } from "./drill_fixture.ts";
import {
  backUp,
  contentOf,
  createProject,
  type EnginePlace,
  restore,
  sql,
  startEnginePlace,
} from "./engine_fixture.ts";

const PROJECT = `
  insert into auth.users (id, email) values ('00000000-0000-4000-8000-00000000000a', 'ana@exemplo.com');
  insert into auth.refresh_tokens (token, user_id) values ('t', '00000000-0000-4000-8000-00000000000a');
  insert into storage.buckets (id, name) values ('notas', 'notas');
  insert into storage.objects (bucket_id, name) values ('notas', '2026/1.pdf');
  create table public.perfis (id uuid primary key references auth.users (id), nome text);
  insert into public.perfis values ('00000000-0000-4000-8000-00000000000a', 'Ana');
  create function public.novo_perfil() returns trigger language plpgsql security definer set search_path = ''
    as $$ begin insert into public.perfis values (new.id, new.email); return new; end $$;
  revoke all on public.perfis from anon;
  do $$ begin
    -- a privilege since 17
    if current_setting('server_version_num')::int >= 170000 then execute 'grant maintain on public.perfis to authenticated'; end if;
  end $$;`;

/** With MAINTAIN, which a fingerprint leaves out. */
const PRIVILEGES =
  "select unnest(relacl)::text as acl from pg_class where oid = 'public.perfis'::regclass order by acl;";

let place: EnginePlace;
let prod: Connection;
let key: string;

beforeAll(async () => {
  place = await startEnginePlace();
  await sql(
    place.server.connection("supabase_admin", "postgres"),
    "revoke supabase_auth_admin, supabase_storage_admin, supabase_realtime_admin from postgres;",
  );
  prod = await createProject(place.server, "prod");
  await sql(prod, PROJECT);
  key = (await backUp(place.store.vault, prod)).keys.archive;
});

afterAll(() => place?.stop());

test("restores into a new project, over other content and over itself", async () => {
  const content = await contentOf(prod);
  const privileges = await sql(prod, PRIVILEGES);
  const fresh = await createProject(place.server, "fresh");
  const dev = await createProject(place.server, "dev");
  await sql(
    dev,
    `insert into auth.users (id) values ('00000000-0000-4000-8000-00000000000b');
     insert into storage.buckets (id, name) values ('outros', 'outros');
     create table public.outra (id uuid references auth.users (id)); create table public.perfis (x int);`,
  );
  for (const target of [fresh, dev, prod]) {
    expect(await restore(place.store.vault, target, key)).toMatchObject({ warnings: [] });
    expect(await contentOf(target)).toBe(content);
    expect(await sql(target, PRIVILEGES)).toEqual(privileges);
  }
});

test("is proven by a drill", async () => {
  const { receipt } = await drillOf(place, key);
  // the permission functions are Revo's
  expect(namesWith(receipt, "FAIL")).toEqual(["permission_functions_exist"]);
});
