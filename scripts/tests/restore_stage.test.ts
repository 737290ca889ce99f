/** What a restore loads beside the living content: it changes nothing of it, takes nothing from it, and leaves nothing. */
import { spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CountedObjects } from "@backup/runs/run.ts";
import { siblingKeys } from "@backup/vault/object_key.ts";
import { compareDatabases } from "../dev/compare.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { applySettings, countRows } from "../lib/postgres/database_facts.ts";
import { Session } from "../lib/postgres/session.ts";
import { chooseGzip, type Gzip } from "../lib/process/gzip.ts";
import { identifier } from "../lib/postgres/sql_text.ts";
import { countStaged } from "../lib/restore/stage_counts.ts";
import { restoreBackup } from "../lib/restore/restore_backup.ts";
import { MemoryStore } from "../lib/vault/memory_store.ts";
import type { Vault } from "../lib/vault/vault.ts";
import { replaceArchive, rewriteManifest } from "./drill_fixture.ts";
import { atPhase, killChild, sqlNow } from "./engine_breakage.ts";
import {
  backUp,
  commandEnvironment,
  createProject,
  engine,
  type EngineVault,
  progressWith,
  restore,
  signingStore,
  sql,
  stagesOf,
  startPlace,
  stateOf,
  type TestPlace,
} from "./engine_fixture.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

let place: TestPlace;
let prod: Connection;
let target: Connection;
let before: string;
let key: string;

/** Tables that are staged, and one that is not. */
const CONTENT = `
create type public.estado as enum ('novo', 'pago');
create function public.empresa_atual() returns integer language sql stable as 'select 1';
create sequence public.contador;
create table public.clientes (id integer primary key, nome text not null, unique (nome));
create table public.pedidos (
  id bigint generated always as identity primary key, cliente integer not null references public.clientes,
  estado public.estado not null default 'novo', nota text,
  empresa integer default public.empresa_atual() not null, autor uuid default auth.uid(),
  numero bigint default nextval('public.contador'), check (numero > 0));
create index on public.pedidos (cliente) where estado = 'pago';
create function public.dobro(integer) returns integer language sql immutable as 'select $1 * 2';
create table public.calculada (a integer, b integer generated always as (public.dobro(a)) stored);
insert into public.clientes select g, 'Cliente ' || g from generate_series(1, 500) g;
insert into public.pedidos (cliente, estado, nota)
  select 1 + g % 500, 'pago', E'linha\\n\\\\.\\t' || md5(g::text) from generate_series(1, 20000) g;
insert into public.calculada values (1), (2);
comment on table public.pedidos is '${"x".repeat(300)}';`;

beforeAll(async () => {
  place = await startPlace();
  prod = await createProject(place.server, "prod");
  await sql(prod, CONTENT);
  target = await createProject(place.server, "alvo");
  await sql(
    target,
    `create table public.viva (id integer); insert into public.viva values (1);
     create table public.clientes (id integer); insert into public.clientes values (7);`,
  );
  before = await stateOf(target);
  key = (await backUp(place.store.vault, prod)).keys.archive;
});

afterAll(() => place?.stop());

const url = (name: string) => place.server.url("postgres", name);
const STAGED = `select coalesce(string_agg(format('%I.%I', n.nspname, c.relname), ' ' order by relname), '')
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where n.nspname like 'restore\\_old\\_new\\_%' and relkind = 'r'`;

test("rows, keys and foreign keys are loaded before the first lock, and the living content stays in use", async () => {
  const copy = await createProject(place.server, "ao_lado");
  await sql(copy, "create table public.clientes (id integer); insert into public.clientes values (7);");
  let found: string[] = [];
  const progress = atPhase("lock", () => {
    const staged = sqlNow(copy, STAGED).split(" ").filter((name) => name !== "");
    found = staged.map((name) => name.split(".")[1] ?? "");
    const [clients = "", orders = ""] = staged;
    found.push(
      sqlNow(copy, `select count(*) from ${clients}`),
      sqlNow(copy, `select count(*) from ${orders}`),
    );
    found.push(sqlNow(
      copy,
      `select string_agg(contype::text || convalidated::text, ' ' order by contype)
      from pg_constraint where conrelid = '${orders}'::regclass`,
    ));
    found.push(sqlNow(copy, "set lock_timeout = 1; insert into public.clientes values (8) returning id"));
  });
  await restore(place.store.vault, copy, key, { progress });
  expect(found).toEqual(["clientes", "pedidos", "500", "20000", "ctrue ftrue ptrue", "8"]);
  expect(await compareDatabases(url("prod"), url("ao_lado"))).toMatchObject({ equal: true, differences: [] });
  expect(sqlNow(copy, "select count(*) from pg_namespace where nspname like 'restore%'")).toBe("0");
});

describe("an archive with an index is loaded while it arrives", () => {
  /** A vault whose downloads wait before their last bytes. */
  const pausing = (untilLast: () => Promise<void>, change = (last: Uint8Array) => last): Vault => {
    const { vault } = store;
    async function* download(key: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
      const chunks: Uint8Array[] = [];
      for await (const chunk of vault.download(key, signal)) chunks.push(chunk);
      const all = Buffer.concat(chunks);
      if (!key.endsWith(".dump.gz")) return yield all;
      yield all.subarray(0, -SMALLEST);
      await untilLast();
      yield change(all.subarray(-SMALLEST));
    }
    return new Proxy(vault, {
      get: (_, name) => {
        const value: unknown = name === "download" ? download : Reflect.get(vault, name, vault);
        return typeof value === "function" ? value.bind(vault) : value;
      },
    });
  };
  /** Less than the last member has. */
  const SMALLEST = 100;
  let store: EngineVault;
  let large: string;
  const listed = async () => {
    const keys: string[] = [];
    for await (const { key } of store.vault.list("revo/")) keys.push(key);
    return keys;
  };

  beforeAll(async () => {
    // what no key signed is read as a whole first
    store = await signingStore(new MemoryStore());
    const source = await createProject(place.server, "varios_membros");
    await sql(
      source,
      ["a_primeira", "b_segunda", "c_terceira"].map((name) =>
        `create table public.${name} (id integer primary key, nota text);
         insert into public.${name} select g, md5(g::text) from generate_series(1, 20000) g;`
      ).join("\n"),
    );
    large = (await backUp(store.vault, source)).keys.archive;
    const { members } = JSON.parse(await store.vault.text(siblingKeys(large).index));
    expect(members.length).toBeGreaterThan(2);
  });

  test("rows are in the stage before the last bytes have arrived", async () => {
    const copy = await createProject(place.server, "enquanto_chega");
    let rows = "";
    const vault = pausing(async () => {
      for (let i = 0; i < 200 && rows !== "20000"; i++) {
        await sleep(50);
        const first = sqlNow(copy, STAGED).split(" ").find((name) => name.endsWith(".a_primeira"));
        if (first !== undefined) rows = sqlNow(copy, `select count(*) from ${first}`);
      }
    });
    // igzip decompresses a megabyte at a time
    const gzip = { ...chooseGzip(), decompress: ["gzip", "-d", "-c"] as const };
    await restore(vault, copy, large, { gzip });
    expect(rows).toBe("20000");
    expect(sqlNow(copy, "select count(*) from public.c_terceira")).toBe("20000");
  });

  test("last bytes that were changed: no safety copy is taken, nothing is replaced, nothing is left", async () => {
    const phases: string[] = [];
    const staging = async () => {
      while (!phases.includes("stage")) await sleep(20);
    };
    const vault = pausing(staging, (last) => Buffer.from(last).fill(0));
    const progress = progressWith({ phase: (name) => phases.push(name) });
    const safety = { requestedBy: "test", requestId: randomUUID(), run: null, gitSha: null };
    const stored = await listed();
    await expect(restore(vault, target, large, { progress, safety })).rejects.toMatchObject({
      code: "archive_corrupt",
      message: expect.stringMatching(/its manifest says \d+ bytes sha256 \w{64}, the object has/),
    });
    expect(phases).toEqual(["download", "inspect", "stage"]);
    expect(await stateOf(target)).toBe(before);
    expect(await stagesOf(target)).toEqual([]);
    expect(await listed()).toEqual(stored);
  });
});

test("partitions and domains are staged; what a domain's function checks is not", async () => {
  const made = await createProject(place.server, "fonte_partida");
  await sql(
    made,
    `create type public.uf as enum ('SP', 'RJ');
     create domain public.local as public.uf check (value <> 'RJ');
     create domain public.valor as numeric(14, 2) default 0 not null check (value >= 0);
     create function public.confere(text) returns boolean language sql immutable as $$ select $1 <> '' $$;
     create domain public.conferido as text check (public.confere(value));
     create table public.vendas (id integer, dia date, local public.local, total public.valor, primary key (id, dia))
       partition by range (dia);
     create table public.vendas_2025 partition of public.vendas for values from ('2025-01-01') to ('2026-01-01');
     create table public.vendas_2026 partition of public.vendas for values from ('2026-01-01') to ('2027-01-01')
       partition by list (id);
     create table public.vendas_2026_todas partition of public.vendas_2026 default;
     create index on public.vendas (total);
     create table public.notas (id integer, texto public.conferido);
     create table public.itens (venda integer, dia date, foreign key (venda, dia) references public.vendas);
     insert into public.vendas select g, date '2025-12-01' + g % 60, 'SP', g from generate_series(1, 1000) g;
     insert into public.itens select id, dia from public.vendas;
     insert into public.notas values (1, 'x');
     revoke usage on type public.valor from public; grant usage on type public.valor to authenticated;`,
  );
  const { keys } = await backUp(place.store.vault, made);
  const fresh = await createProject(place.server, "alvo_partido");
  await sql(
    fresh,
    "alter default privileges grant all on tables to anon; alter default privileges grant all on types to anon;",
  );
  let staged: string[] = [];
  const indexes =
    `select count(*) from pg_index where indisvalid and indrelid::regclass::text like 'restore\\_old%vendas%'`;
  const progress = atPhase("lock", () => {
    staged = sqlNow(fresh, STAGED).split(" ").map((name) => name.split(".")[1] ?? "");
    staged.push(sqlNow(fresh, indexes));
  });
  await restore(place.store.vault, fresh, keys.archive, { progress });
  expect(staged).toEqual(["itens", "vendas_2025", "vendas_2026_todas", "4"]);
  expect(await compareDatabases(url("fonte_partida"), url("alvo_partido"))).toMatchObject({
    equal: true,
    differences: [],
  });
});

test("columns and indexes with types and operator classes of the target's extensions are staged", async () => {
  const made = await createProject(place.server, "fonte_extensoes");
  const extensions =
    `create extension pg_trgm with schema extensions; create extension citext with schema public;`;
  await sql(
    made,
    `${extensions}
     create table public.pessoas (id integer primary key, nome text, email public.citext unique,
       check (length(nome) > 0));
     create index pessoas_busca on public.pessoas using gin (nome extensions.gin_trgm_ops);
     create index pessoas_perto on public.pessoas using gist (nome extensions.gist_trgm_ops);
     create index pessoas_email on public.pessoas (email);
     insert into public.pessoas select g, 'Pessoa ' || g, 'P' || g || '@exemplo.com.br' from generate_series(1, 500) g;`,
  );
  const { keys } = await backUp(place.store.vault, made);
  const stagedIn = async (name: string, prepare: string) => {
    const fresh = await createProject(place.server, name);
    await sql(fresh, prepare);
    let staged = "";
    const progress = atPhase("lock", () => {
      staged = sqlNow(
        fresh,
        `select string_agg(indexrelid::regclass::text, ' ') from pg_index
          where indisvalid and indrelid::regclass::text like 'restore\\_old%pessoas'`,
      );
    });
    await restore(place.store.vault, fresh, keys.archive, { progress });
    expect(await compareDatabases(url("fonte_extensoes"), url(name))).toMatchObject({
      equal: true,
      differences: [],
    });
    return staged.split(" ").map((name) => name.split(".")[1] ?? "").sort();
  };
  expect(await stagedIn("alvo_com_extensoes", extensions)).toEqual(
    ["pessoas_busca", "pessoas_email", "pessoas_email_key", "pessoas_perto", "pessoas_pkey"],
  );
  // the transaction makes the extension first
  expect(await stagedIn("alvo_sem_extensoes", "select 1")).toEqual([""]);
});

test("values are the backup's where the target's functions of the same names compute others, through two levels", async () => {
  const functions = (value: string) => `
    create function public.dentro(text) returns text language sql immutable as $$ select '${value}-' || $1 $$;
    create function public.fora(text) returns text language plpgsql immutable as $$ begin return public.dentro($1); end $$;
    create domain public.marcado as text check (public.fora(value) like '${value}-%');`;
  const made = await createProject(place.server, "fonte_calculada");
  await sql(
    made,
    functions("backup") + `
    create table public.t (a text, b text generated always as (public.fora(a)) stored, c public.marcado,
                           check (public.fora(a) like 'backup-%'));
    create table public.simples (a text);
    create table public.nomes (tabela regclass);
    insert into public.nomes values ('public.simples');
    create index on public.simples (public.fora(a));
    create materialized view public.m as select public.fora(a) as valor from public.simples;
    insert into public.t (a, c) values ('x', 'y'); insert into public.simples values ('x');
    refresh materialized view public.m;`,
  );
  const { keys } = await backUp(place.store.vault, made);
  const living = await createProject(place.server, "alvo_calculado");
  await sql(living, `${functions("VIVO")} create table public.simples (x integer);`);
  await restore(place.store.vault, living, keys.archive);
  expect(await sql(living, "select b from public.t union all select valor from public.m;")).toEqual([
    "backup-x",
    "backup-x",
  ]);
  expect(await sql(living, "select tabela = 'public.simples'::regclass from public.nomes;")).toEqual(["t"]);
  expect(
    await sql(
      living,
      "set enable_seqscan = off; select a from public.simples where public.fora(a) = 'backup-x';",
    ),
  )
    .toEqual(["x"]);
  expect(await compareDatabases(url("fonte_calculada"), url("alvo_calculado"))).toMatchObject({
    differences: [],
  });
});

test("what needs a cast of the project is loaded after it", async () => {
  const made = await createProject(place.server, "fonte_convertida");
  await sql(
    made,
    `create type public.nivel as enum ('baixo', 'alto');
     create function public.valor(public.nivel) returns integer language sql immutable as $$ select case $1 when 'alto' then 2 else 1 end $$;
     create cast (public.nivel as integer) with function public.valor(public.nivel);
     create table public.medidas (n public.nivel, v integer generated always as ((n)::integer) stored, check ((n)::integer > 0));
     insert into public.medidas (n) values ('baixo'), ('alto');`,
  );
  const { keys } = await backUp(place.store.vault, made);
  const fresh = await createProject(place.server, "alvo_convertido");
  await restore(place.store.vault, fresh, keys.archive);
  expect(await sql(fresh, "select v from public.medidas order by v;")).toEqual(["1", "2"]);
});

test("default privileges of the target give no rights on staged tables and types", async () => {
  const open = await createProject(place.server, "aberto");
  await sql(
    open,
    `alter default privileges grant all on tables to anon; alter default privileges grant all on types to anon;
     alter default privileges grant all on schemas to anon;`,
  );
  let access = "";
  const progress = atPhase("lock", () => {
    access = sqlNow(
      open,
      `select count(*) from pg_namespace
      where nspname like 'restore\\_old\\_new%' and has_schema_privilege('anon', oid, 'usage')`,
    );
  });
  await restore(place.store.vault, open, key, { progress });
  expect(access).toBe("0");
  expect(await compareDatabases(url("prod"), url("aberto"))).toMatchObject({ equal: true, differences: [] });
});

test("others read and write through a whole restore, and what was confirmed to them is nowhere lost in silence", async () => {
  const used = await createProject(place.server, "em_uso");
  await sql(used, `${CONTENT} create table public.diario (id integer primary key);`);
  const made = await backUp(place.store.vault, used);
  const isOver = new AbortController();
  const confirmed: number[] = [];
  const sessions = await Promise.all([
    Session.open({ connection: used }),
    Session.open({ connection: used }),
  ]);
  let longestMs = 0;
  const repeat = async (session: Session, statement: (n: number) => string, onDone: (n: number) => void) => {
    for (let n = 1; !isOver.signal.aborted; n++) {
      const from = performance.now();
      await session.run(statement(n));
      longestMs = Math.max(longestMs, performance.now() - from);
      onDone(n);
      await sleep(5);
    }
  };
  const [reader, writer] = sessions;
  const working = Promise.all([
    repeat(reader, () => "select count(*) from public.clientes;", () => {}),
    repeat(writer, (n) => `insert into public.diario values (${n});`, (n) => confirmed.push(n)),
  ]);
  working.catch(() => {}); // awaited below
  const safety = { requestedBy: "test", requestId: randomUUID(), run: null, gitSha: null };
  const restored = await restore(place.store.vault, used, made.keys.archive, { safety }).finally(() =>
    isOver.abort()
  );
  await working;
  await Promise.all(sessions.map((session) => session.close()));

  // others wait for the lock alone, whose duration the restore reports
  expect(longestMs).toBeLessThan(restored.verified.lockedSeconds * 1000 + 500);
  const present = new Set((await sql(used, "select id from public.diario;")).map(Number));
  const replaced = confirmed.filter((id) => !present.has(id));
  const copied = restored.safety?.manifest.rows["public.diario"] ?? 0;
  const late = restored.kept?.tables.find(({ table }) => table === "public.diario")?.written ?? 0;
  expect(present.size + replaced.length).toBe(confirmed.length);
  expect(copied).toBeGreaterThan(0);
  // a transaction that was open when the copy's snapshot was taken may be counted twice
  expect([0, 1]).toContain(copied + late - replaced.length);
  if (late > 0) {
    const old = await sql(used, `select id from "${restored.kept?.prefix}public".diario order by id;`);
    expect(old.map(Number)).toEqual(replaced);
  }
});

/** Reads the archive's first bytes, then stops until it is killed. */
async function stallingGzip(bytes: number): Promise<Gzip> {
  const folder = join(place.folder, `stalling-${bytes}`);
  await mkdir(folder, { recursive: true });
  const program = join(folder, "igzip");
  await writeFile(program, `#!/bin/bash\ngunzip -c | { head -c ${bytes}; sleep 300; }\n`);
  await chmod(program, 0o755);
  return { ...chooseGzip(), decompress: [program, "-d", "-c"] };
}

/** Until rows are on their way into the stage. */
async function untilStaged(): Promise<void> {
  const copying =
    `select count(*) from pg_stat_activity where datname = 'alvo' and query like 'COPY "restore_old_new%'
    and state = 'active'`;
  // the restore runs in this process too: a program that is waited for would keep it waiting
  const session = await Session.open({ connection: place.server.connection("supabase_admin", "postgres") });
  try {
    for (const limit = Date.now() + 60_000; Date.now() < limit; await sleep(20)) {
      if (await session.value(copying) !== 0) return;
    }
    throw new Error("the restore did not begin to load its stage");
  } finally {
    await session.close();
  }
}

/** Of the archive of {@link CONTENT}, in the rows of `pedidos`. */
const IN_THE_ROWS = 600_000;

describe("interrupted while the stage is loaded, the target is as it was", () => {
  test("by a cancellation, within two seconds", async () => {
    const cancel = new AbortController();
    const attempt = restore(place.store.vault, target, key, {
      gzip: await stallingGzip(IN_THE_ROWS),
      signal: cancel.signal,
    });
    attempt.catch(() => {});
    await untilStaged();
    const from = performance.now();
    cancel.abort();
    await expect(attempt).rejects.toMatchObject({ phase: "stage" });
    expect(performance.now() - from).toBeLessThan(2000);
    expect(await stateOf(target)).toBe(before);
  });

  test("by the end of its sessions", async () => {
    const attempt = restore(place.store.vault, target, key, { gzip: await stallingGzip(IN_THE_ROWS) });
    attempt.catch(() => {});
    await untilStaged();
    sqlNow(
      place.server.connection("supabase_admin", "postgres"),
      `select count(pg_terminate_backend(pid)) from pg_stat_activity
        where datname = 'alvo' and query like 'COPY "restore_old_new%'`,
    );
    await expect(attempt).rejects.toMatchObject({
      code: "restore_failed",
      phase: "stage",
      details: { sqlstate: "57P01" },
    });
    expect(await stateOf(target)).toBe(before);
  });

  test.each([
    ["rows that the server refuses", "17\tCliente 17\n", "XX\tCliente 17\n", "stage", "22P02"],
    ["two rows with one key", "17\tCliente 17\n", "16\tCliente 17\n", "(stage|build)", "23505"],
    ["a row that refers to none", "500\tCliente 500\n", "501\tCliente 500\n", "build", "23503"],
  ])("by %s", async (_what, row, other, phase, sqlstate) => {
    const raw = gunzipSync(await place.store.vault.bytes(key)).toString("latin1");
    const broken = raw.replace(new RegExp(`(?<=\\n|\\0)${row}`), other);
    expect(broken).not.toBe(raw);
    await expect(restore(place.store.vault, target, await copyWith(Buffer.from(broken, "latin1")))).rejects
      .toMatchObject({
        code: "restore_failed",
        phase: expect.stringMatching(`^${phase}$`),
        details: { sqlstate },
      });
    expect(await stateOf(target)).toBe(before);
    expect(await stagesOf(target)).toEqual([]);
  });

  test("by kill -9 of the command: nothing else carries what it left, and the next restore removes it", async () => {
    const { decompress: [program] } = await stallingGzip(IN_THE_ROWS);
    const env = commandEnvironment(place);
    const command = spawn(join(ROOT, "node_modules", ".bin", "deno"), [
      "run",
      "-A",
      "--cached-only",
      "scripts/restore.ts",
    ], {
      cwd: ROOT,
      env: {
        ...env,
        PATH: `${join(program, "..")}:${env.PATH}`,
        TARGET: "dev",
        R2_KEY: key,
        SUPABASE_DB_URL_PROD: url("prod"),
        SUPABASE_DB_URL_DEV: url("alvo"),
      },
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => command.once("close", resolve));
    await Promise.race([untilStaged(), ended]);
    killChild("deno");
    await ended;
    const admin = place.server.connection("supabase_admin", "postgres");
    await expect.poll(() =>
      sqlNow(admin, "select count(*) from pg_stat_activity where datname = 'alvo' and usename = 'postgres'")
    ).toBe("0");
    expect(sqlNow(target, STAGED)).not.toBe("");
    const living = await backUp(place.store.vault, target);
    expect(Object.keys(living.manifest.rows).filter((name) => !/^(?:auth|storage)\./.test(name))).toEqual([
      "public.clientes",
      "public.viva",
    ]);
    await restore(place.store.vault, target, living.keys.archive);
    expect(sqlNow(target, STAGED)).toBe("");
    expect(await sql(target, "select * from public.viva;")).toEqual(["1"]);
  });
});

let copies = 0;

/** A backup with another archive, whose manifest is made to match. */
async function copyWith(raw: Uint8Array): Promise<string> {
  const copy = key.replace(".dump.gz", `_copia${++copies}.dump.gz`);
  for (const part of ["archive", "manifest", "fingerprint"] as const) {
    const bytes = await place.store.vault.bytes(siblingKeys(key)[part]);
    await place.store.vault.put(siblingKeys(copy)[part], bytes, "application/octet-stream");
  }
  await rewriteManifest(place.store, copy, { file: copy.split("/").at(-1) });
  await replaceArchive(place.store, copy, gzipSync(raw));
  return copy;
}

test("a backup without its fingerprint is refused before anything is loaded", async () => {
  const copy = await copyWith(gunzipSync(await place.store.vault.bytes(key)));
  await place.store.vault.delete(siblingKeys(copy).fingerprint);
  const phases: string[] = [];
  const progress = progressWith({ phase: (name) => phases.push(name) });
  const state = await stateOf(target);
  await expect(restore(place.store.vault, target, copy, { progress })).rejects.toMatchObject({
    code: "vault_object_missing",
  });
  expect(phases.at(-1)).toBe("inspect");
  expect(await stateOf(target)).toBe(state);
});

test.each([
  ["a second statement", `\n);\nDELETE FROM public.viva; COMMIT;\nCREATE TABLE public.mais (\n    x integer`],
  ["a function that acts", `,\n    CONSTRAINT k CHECK ((setval('public.contador', 99) > 0))`],
])("%s planted in the definition of a table is undone with the restore", async (_what, planted) => {
  const living = await createProject(place.server, `plantado_${++copies}`);
  await sql(
    living,
    `create table public.viva (id integer); insert into public.viva values (1); create sequence public.contador;`,
  );
  const state = await stateOf(living);
  const room = "    CONSTRAINT longa CHECK ((nome <> '" + "y".repeat(300) + "'::text))";
  const source = await createProject(place.server, `vaga_${copies}`);
  await sql(
    source,
    `create table public.vaga (id integer, nome text, constraint longa check (nome <> '${"y".repeat(300)}'));
     insert into public.vaga values (1, 'x');`,
  );
  const made = await backUp(place.store.vault, source);
  const raw = gunzipSync(await place.store.vault.bytes(made.keys.archive)).toString("latin1");
  expect(raw).toContain(`,\n${room}`);
  const changed = raw.replace(`,\n${room}`, () => planted.padEnd(room.length + 2));
  key = made.keys.archive;
  const copy = await copyWith(Buffer.from(changed, "latin1"));
  await expect(restore(place.store.vault, living, copy)).rejects.toMatchObject({ code: expect.any(String) });
  expect(await stateOf(living)).toBe(state);
  expect(sqlNow(living, `select last_value from ${identifier("public")}.contador`)).toBe("1");
});

test("a check that depends on the time zone is judged as in the transaction, whatever zone the target has", async () => {
  const source = await createProject(place.server, "fonte_de_fuso");
  await sql(
    source,
    `set timezone = 'UTC';
     create table public.marcada (quando timestamptz, dia date, check (quando::date <= dia));
     insert into public.marcada values ('2026-03-01 23:30Z', '2026-03-01');`,
  );
  const { keys } = await backUp(place.store.vault, source);
  const other = await createProject(place.server, "alvo_de_fuso");
  await sql(other, "alter database alvo_de_fuso set timezone = 'Asia/Tokyo';");
  await restore(place.store.vault, other, keys.archive);
  expect(sqlNow(other, "select count(*) from public.marcada")).toBe("1");
});

test("progress counts the rows of the stage and of the transaction together, and the stage's tables and keys", async () => {
  const counted: number[] = [];
  const objects: CountedObjects[] = [];
  const fresh = await createProject(place.server, "contado");
  const { keys, manifest } = await backUp(place.store.vault, prod);
  const progress = {
    ...progressWith({}),
    rows: (done: number) => void counted.push(done),
    objects: (now: CountedObjects) => void objects.push(now),
  };
  await restore(place.store.vault, fresh, keys.archive, { progress });
  expect(counted).toEqual([...counted].sort((a, b) => a - b));
  expect(counted.at(-1)).toBe(manifest.rows_total);
  expect(objects[0]).toMatchObject({ tables: { done: 1, expected: 2 }, indexes: { expected: 5 } });
  expect(objects.at(-1)).toEqual({ tables: { done: 2, expected: 2 }, indexes: { done: 5, expected: 5 } });
});

test("a table that was counted already is counted again when the transaction has written to it", async () => {
  const session = await Session.open({ connection: prod });
  await session.run("begin;");
  await applySettings(session);
  const tables = ["public.clientes", "public.pedidos", "public.calculada"];
  const counted = await countStaged(session, tables);
  expect(counted.map(({ rows }) => rows)).toEqual([500, 20000, 2]);
  await session.run("truncate public.calculada; update public.clientes set nome = nome || '.' where id = 1;");
  const known = counted.map((table) => ({ ...table, rows: -1 }));
  const rows = new Map((await countRows(session, known)).map((table) => [table.key, table.rows]));
  await session.run("rollback;");
  await session.close();
  expect(tables.map((table) => rows.get(table))).toEqual([500, -1, 0]);
});

describe("an archive that does not fit on this machine", () => {
  const noRoom = { roomIn: () => Promise.resolve(0) };
  const order = {
    target: "dev",
    confirm: null,
    allowSchemaOnly: false,
    safety: null,
    quarantine: null,
  } as const;

  let key: string;
  beforeAll(async () => {
    key = (await backUp(place.store.vault, prod)).keys.archive;
  });

  test("is restored from the vault", async () => {
    const copy = await createProject(place.server, "sem_disco");
    await sql(copy, "create table public.clientes (id integer); insert into public.clientes values (7);");
    await restoreBackup({ ...engine(place.store.vault, copy), ...noRoom }, { ...order, key });
    expect(await compareDatabases(url("prod"), url("sem_disco"))).toMatchObject({
      equal: true,
      differences: [],
    });
  });

  test("is refused when the object changes between two readings", async () => {
    const before = await stateOf(target);
    const raw = gunzipSync(await place.store.vault.bytes(key)).toString("latin1");
    const changed = gzipSync(Buffer.from(raw.replaceAll("\tCliente 17\n", "\tCliente 71\n"), "latin1"));
    // before: the table of contents, and the whole archive, since it is not signed
    const vault = withDownloads(place.store.vault, (number) => number <= 2 ? null : changed);
    await expect(restoreBackup({ ...engine(vault, target), ...noRoom }, { ...order, key })).rejects
      .toMatchObject({
        code: "archive_corrupt",
        phase: "stage",
        message: expect.stringContaining("changed while it was read"),
      });
    expect(await stateOf(target)).toBe(before);
  });

  test("is refused when only its table of contents was another one", async () => {
    const before = await stateOf(target);
    const raw = gunzipSync(await place.store.vault.bytes(key)).toString("latin1");
    const planted = raw.replace(
      "CREATE TABLE public.clientes (\n    id integer",
      (text) => text.replace("integer", "numeric"),
    );
    expect(planted).not.toBe(raw);
    // longer than what is read ahead, so that its end is not reached
    const long = gzipSync(Buffer.concat([Buffer.from(planted, "latin1"), randomBytes(2 ** 22)]), {
      level: 1,
    });
    const vault = withDownloads(place.store.vault, (number) => number === 1 ? long : null);
    await expect(restoreBackup({ ...engine(vault, target), ...noRoom }, { ...order, key })).rejects
      .toMatchObject({
        code: "archive_corrupt",
        phase: "stage",
        message: expect.stringContaining("table of contents"),
      });
    expect(await stateOf(target)).toBe(before);
  });

  test("is refused when nothing of it can be loaded beside the content", async () => {
    const before = await stateOf(target);
    const attempt = restoreBackup({ ...engine(place.store.vault, target), ...noRoom }, {
      ...order,
      key,
      salvage: true,
    });
    await expect(attempt).rejects.toMatchObject({ code: "not_enough_disk", phase: "stage" });
    expect(await stateOf(target)).toBe(before);
  });
});

/** A vault whose n-th download of an object gives other bytes. */
function withDownloads(vault: Vault, other: (number: number) => Uint8Array | null): Vault {
  let number = 0;
  async function* download(key: string, signal?: AbortSignal) {
    const bytes = other(++number);
    if (bytes === null) yield* vault.download(key, signal);
    else for (let at = 0; at < bytes.length; at += 2 ** 16) yield bytes.subarray(at, at + 2 ** 16);
  }
  return new Proxy(vault, {
    get(from, name) {
      const value: unknown = Reflect.get(from, name, from);
      if (name === "download") return download;
      return typeof value === "function" ? value.bind(from) : value;
    },
  });
}
