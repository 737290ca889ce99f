/** A restore ends sessions or leaves them open; it never makes one of the backup valid again. */
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Connection } from "../lib/postgres/connection.ts";
import {
  backUp,
  createProject,
  type EnginePlace,
  oldArchive,
  restore,
  sql,
  startEnginePlace,
} from "./engine_fixture.ts";

/** The tables of GoTrue with sessions and sign-ins in progress, with their keys; one of them is older than its foreign key. */
const TABLES = `
create table auth.mfa_factors (id uuid primary key, user_id uuid not null references auth.users (id) on delete cascade);
create table auth.sessions (id uuid primary key, user_id uuid not null references auth.users (id) on delete cascade,
  created_at timestamptz default now(), ip inet, tag text, length integer generated always as (length(tag)) stored);
drop table auth.refresh_tokens;
create table auth.refresh_tokens (id bigserial primary key, token varchar(255), user_id varchar(255), revoked boolean,
  session_id uuid references auth.sessions (id) on delete cascade);
create table auth.mfa_challenges (id uuid primary key, factor_id uuid not null references auth.mfa_factors (id) on delete cascade);
create table auth.one_time_tokens (id uuid primary key, user_id uuid not null references auth.users (id) on delete cascade, token_hash text);
create table auth.flow_state (id uuid primary key, user_id uuid, auth_code text);
create table auth.saml_relay_states (id uuid primary key, flow_state_id uuid references auth.flow_state (id) on delete cascade);
`;

/** Ids that end in the given digits. */
const id = (digits: string) => `00000000-0000-4000-8000-${digits.padStart(12, "0")}`;
const [ANA, BIA, CAIO] = [id("a"), id("b"), id("c")];

/** One session of a user, with everything that hangs from it. */
function session(user: string, digits: string): string {
  return `
    insert into auth.sessions (id, user_id, ip, tag) values ('${
    id(digits)
  }', '${user}', '10.0.0.1', 'celular');
    insert into auth.refresh_tokens (token, user_id, revoked, session_id)
      values ('com-sessao-${digits}', '${user}', false, '${
    id(digits)
  }'), ('antigo-${digits}', '${user}', false, null);
    insert into auth.mfa_factors (id, user_id) values ('${id("f" + digits)}', '${user}');
    insert into auth.mfa_challenges (id, factor_id) values ('${id(digits)}', '${id("f" + digits)}');
    insert into auth.one_time_tokens (id, user_id, token_hash) values ('${
    id(digits)
  }', '${user}', 'segredo-${digits}');
    insert into auth.flow_state (id, user_id, auth_code) values ('${
    id(digits)
  }', '${user}', 'codigo-${digits}');
    insert into auth.saml_relay_states (id, flow_state_id) values ('${id(digits)}', '${id(digits)}');`;
}

const user = (uid: string, name: string) =>
  `insert into auth.users (id, email) values ('${uid}', '${name}@revo.test');`;

const OPEN = `select 'session ' || id::text || ' ' || length from auth.sessions union all
  select 'token ' || token from auth.refresh_tokens union all select 'challenge ' || id::text from auth.mfa_challenges union all
  select 'one-time ' || token_hash from auth.one_time_tokens union all select 'flow ' || auth_code from auth.flow_state union all
  select 'relay ' || id::text from auth.saml_relay_states order by 1;`;

let place: EnginePlace;
let prod: Connection;
/** Of the living database: Ana and Caio are signed in, Caio is unknown to the backups. */
let dev: Connection;
const keys: Record<string, string> = {};
let rows: Record<string, number>;
const openInDev = [
  ...["com-sessao-2", "antigo-2"].map((name) => `token ${name}`),
  ...[
    `challenge ${id("2")}`,
    "flow codigo-2",
    "one-time segredo-2",
    `relay ${id("2")}`,
    `session ${id("2")} 7`,
  ],
].sort();

beforeAll(async () => {
  place = await startEnginePlace();
  const { server, store } = place;
  prod = await createProject(server, "prod");
  await sql(server.connection("supabase_auth_admin", "prod"), TABLES);
  await sql(prod, `create table public.notas (id int); insert into public.notas values (1), (2);`);
  await sql(prod, user(ANA, "ana") + user(BIA, "bia") + session(ANA, "1") + session(BIA, "3"));
  const backup = await backUp(store.vault, prod);
  rows = backup.manifest.rows;
  keys.new = backup.keys.archive;
  keys.old = await oldArchive(store, prod);
});

afterAll(() => place?.stop());

async function livingDev(name: string): Promise<void> {
  const { server } = place;
  dev = await createProject(server, name);
  await sql(server.connection("supabase_auth_admin", name), TABLES);
  await sql(dev, user(ANA, "ana") + user(CAIO, "caio") + session(CAIO, "4"));
  // the same factor is in the backup, as with a user who set up two-factor sign-in before
  await sql(dev, session(ANA, "2").replaceAll(id("f2"), id("f1")));
}

test("a backup holds no rows of sessions and sign-ins", async () => {
  expect(rows).toMatchObject({ "auth.mfa_factors": 2, "auth.users": 2, "public.notas": 2 });
  expect(Object.keys(rows)).not.toContain("auth.sessions");
  const archive = gunzipSync(await place.store.vault.bytes(keys.new!)).toString("latin1");
  expect(archive).toContain("ana@revo.test");
  expect(archive).not.toMatch(/segredo-1|com-sessao-1|codigo-1/);
});

test.each(["new", "old"])(
  "open sessions of known users stay, of the %s archive's none comes",
  async (which) => {
    await livingDev(which);
    expect(await sql(dev, OPEN)).toHaveLength(14);

    const { verified } = await restore(place.store.vault, dev, keys[which]!);

    expect(await sql(dev, OPEN)).toEqual(openInDev);
    expect(verified.sessions).toEqual({ before: 2, kept: 1 });
    expect(await sql(dev, "select count(*) from auth.users;")).toEqual(["2"]);
    // foreign keys hold, and a new token gets a free number
    await sql(
      dev,
      `insert into auth.refresh_tokens (token, user_id) values ('novo', '${ANA}');
    alter table auth.sessions validate constraint sessions_user_id_fkey;`,
    );
  },
);

test("every session is ended on request", async () => {
  await livingDev("ended");
  const { verified } = await restore(place.store.vault, dev, keys.new!, { endSessions: true });
  expect(await sql(dev, OPEN)).toEqual([]);
  expect(verified.sessions).toEqual({ before: 2, kept: 0 });
});

test("a failed restore leaves every session as it was", async () => {
  await livingDev("failed");
  const open = await sql(dev, OPEN);
  const controller = new AbortController();
  const progress = {
    phase: (name: string) => name === "check" && controller.abort(),
    bytes: () => {},
    log: () => {},
  };
  await expect(restore(place.store.vault, dev, keys.new!, { progress, signal: controller.signal })).rejects
    .toThrow();
  expect(await sql(dev, OPEN)).toEqual(open);
});
