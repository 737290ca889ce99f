/** Rows of a backup go back into the living database: what comes along, what is refused, and that nothing is half done. */
import { execFileSync } from "node:child_process";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BackupError } from "@backup/errors.ts";
import { reversePatchTarget } from "@backup/vault/object_key.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { Session } from "../lib/postgres/session.ts";
import { holdTargetLock } from "../lib/restore/target_lock.ts";
import { installSystemPackages } from "../dev/system_packages.ts";
import { NO_ENCRYPTION } from "../lib/vault/encryption.ts";
import { MemoryStore } from "../lib/vault/memory_store.ts";
import { StoredVault } from "../lib/vault/stored_vault.ts";
import { backUp, createProject, type EnginePlace, fixture, sql, startEnginePlace } from "./engine_fixture.ts";
import {
  differentTables,
  orphansOf,
  reviewRows,
  reviewUndo,
  rowsOf,
  take,
  type TakePlace,
} from "./take_fixture.ts";

const SHOP = `
create table public.cidades (id int primary key, nome text);
create table public.clientes (
  id bigint generated always as identity primary key, documento text unique, nome text not null,
  cidade_id int references public.cidades (id), indicado_por bigint references public.clientes (id) on delete set null);
create table public.pedidos (
  id serial primary key, cliente_id bigint not null references public.clientes (id) on delete cascade, valor numeric(12, 2),
  ultima_nota int);
create table public.notas (
  id int primary key, pedido_id int not null references public.pedidos (id) on delete cascade);
alter table public.pedidos add constraint pedidos_ultima_nota_fkey
  foreign key (ultima_nota) references public.notas (id) on delete set null;
create table public.documentos (
  id int primary key, cliente_id bigint references public.clientes (id) on delete set null, texto text);
create table public.sem_chave (texto text);
create table public.reservas (id int primary key, sala int, quando int4range, exclude using gist (quando with &&));
create table public.registro (quando timestamptz default now(), o_que text);
create function public.registra() returns trigger language plpgsql as $$
  begin insert into public.registro (o_que) values (tg_table_name); return null; end $$;
create trigger registra after insert or update or delete on public.clientes for each row execute function public.registra();
create trigger desligado after insert on public.clientes for each row execute function public.registra();
create trigger sempre after insert on public.clientes for each row execute function public.registra();
alter table public.clientes disable trigger desligado;
alter table public.clientes enable always trigger sempre;
insert into public.cidades values (1, 'Recife'), (2, 'Olinda');
insert into public.clientes (documento, nome, cidade_id) select '0' || i, 'cliente ' || i, 1 + i % 2 from generate_series(1, 9) i;
update public.clientes set indicado_por = 1 where id = 2;
insert into public.pedidos (cliente_id, valor) select 1 + i % 9, i from generate_series(1, 30) i;
insert into public.notas select i, i from generate_series(1, 30) i;
update public.pedidos set ultima_nota = id where id % 2 = 0;
insert into public.documentos select i, 1 + i % 9, E'linha\\n\\t\\\\' || i from generate_series(1, 20) i;
insert into public.reservas values (1, 1, '[1,5)'), (2, 1, '[5,9)');
truncate public.registro;
`;

let place: EnginePlace;
let takes: TakePlace;
let key: string;
let copies = 0;

beforeAll(async () => {
  place = await startEnginePlace();
  takes = { vault: place.store.vault, folder: place.folder };
  await sql(await createProject(place.server, "loja"), SHOP);
  const { keys } = await backUp(takes.vault, place.server.connection("postgres", "loja"));
  key = keys.archive;
});

afterAll(() => place?.stop());

/** A copy of the backed up database after a mistake. */
async function after(
  mistake: string,
): Promise<{ db: Connection; admin: Connection; rows: () => Promise<Map<string, string>> }> {
  const name = `depois_${++copies}`;
  await place.server.copyDatabase("loja", name);
  const db = place.server.connection("postgres", name);
  await sql(db, mistake);
  const admin = place.server.connection("supabase_admin", name);
  return { db, admin, rows: () => rowsOf(admin) };
}

/** What the tables hold in the backup. */
const stored = () => rowsOf(place.server.connection("supabase_admin", "loja"));

describe("rows come back", () => {
  test("a deleted row with what was deleted with it and the links that it lost, and the reverse takes all of it away", async () => {
    const { db, rows } = await after(
      "delete from public.clientes where id in (1, 4); truncate public.registro;",
    );
    const before = await rows();
    const review = await reviewRows(takes, db, key, { table: "clientes", keys: "1" });
    expect(review.obstacles).toEqual([]);
    expect(review.counts).toMatchObject({
      "public.clientes": { created: 1, changed: 1, deleted: 0 },
      "public.pedidos": { created: 3, changed: 0, deleted: 0 },
      "public.notas": { created: 3 },
      "public.documentos": { created: 0, changed: 2 },
    });
    expect(review.columns).toMatchObject({
      "public.clientes": { indicado_por: 1 },
      "public.documentos": { cliente_id: 2 },
    });
    expect(review.along.map(({ table, why }) => `${table} ${why}`)).toEqual([
      "public.clientes link to public.clientes (clientes_indicado_por_fkey)",
      "public.documentos link to public.clientes (documentos_cliente_id_fkey)",
      "public.notas child of public.pedidos (notas_pedido_id_fkey)",
      "public.pedidos child of public.clientes (pedidos_cliente_id_fkey)",
    ]);
    expect(review.triggers.map(({ name }) => name)).toEqual(["registra", "sempre"]);
    expect(differentTables(before, await rows())).toEqual([]);
    const { undo } = await take(takes, db, review);
    expect(await orphansOf(db)).toEqual([]);
    // customer 4 was not asked for
    const [left] = await sql(db, "select string_agg(id::text, ',' order by id) from public.clientes;");
    expect(left).toBe("1,2,3,5,6,7,8,9");
    expect(await sql(db, "select o_que from public.registro;")).toEqual([]);
    expect(await sql(db, TRIGGERS)).toEqual(await sql(place.server.connection("postgres", "loja"), TRIGGERS));
    const back = await reviewUndo(takes, db, undo);
    expect(back).toMatchObject({ obstacles: [], counts: { "public.clientes": { deleted: 1, changed: 1 } } });
    await take(takes, db, back);
    expect(differentTables(before, await rows())).toEqual([]);
  });

  test("keys that the backup does not have are counted", async () => {
    const { db } = await after("delete from public.notas where id = 6;");
    const review = await reviewRows(takes, db, key, { table: "notas", keys: "6, 666" });
    expect(review).toMatchObject({
      counts: { "public.notas": { created: 1 } },
      notices: ["1 of the keys are not in the backup"],
    });
  });

  test("a whole table: what is missing, what changed and what is new, each when it is chosen", async () => {
    const { db, rows } = await after(
      `update public.documentos set texto = 'x' where id <= 3; delete from public.documentos where id = 9;
      insert into public.documentos values (99, 3, 'novo');`,
    );
    const table = "documentos";
    const counted = async (choices: object) =>
      (await reviewRows(takes, db, key, { table, ...choices })).counts["public.documentos"];
    expect(await counted({})).toEqual({ created: 1, changed: 0, deleted: 0 });
    expect(await counted({ changed: true })).toEqual({ created: 0, changed: 3, deleted: 0 });
    expect(await counted({ new: true })).toEqual({ created: 0, changed: 0, deleted: 1 });
    expect(await counted({ changed: true, search: "LINHA" })).toEqual({ created: 0, changed: 3, deleted: 0 });
    const review = await reviewRows(takes, db, key, { table, missing: true, changed: true, new: true });
    await take(takes, db, review);
    expect(differentTables(await stored(), await rows())).toEqual([]);
  });

  test("rows in a circle of foreign keys that cannot wait, with their parents", async () => {
    const { db, rows } = await after(`delete from public.clientes where id = 7;
      update public.clientes set cidade_id = null; delete from public.cidades; truncate public.registro;`);
    const review = await reviewRows(takes, db, key, { table: "pedidos", missing: true });
    expect(review.obstacles).toEqual([]);
    expect(review.along.map(({ table, why }) => `${table} ${why}`)).toContain(
      "public.clientes parent of public.pedidos (pedidos_cliente_id_fkey)",
    );
    await take(takes, db, review);
    const tables = ["public.pedidos", "public.notas", "public.documentos"];
    expect(differentTables(await stored(), await rows()).filter((table) => tables.includes(table))).toEqual(
      [],
    );
    expect(await orphansOf(db)).toEqual([]);
  });

  test("a sequence goes forward to the rows, and never backwards", async () => {
    const { db } = await after(
      `delete from public.pedidos where id > 20; select setval('public.pedidos_id_seq', 5);`,
    );
    const taken = await take(takes, db, await reviewRows(takes, db, key, { table: "pedidos" }));
    expect(taken.sequences).toEqual(["public.pedidos_id_seq"]);
    expect(await sql(db, "select last_value from public.pedidos_id_seq;")).toEqual(["30"]);
    await sql(db, "delete from public.pedidos where id = 8; select setval('public.pedidos_id_seq', 500);");
    await take(takes, db, await reviewRows(takes, db, key, { table: "pedidos" }));
    expect(await sql(db, "select last_value from public.pedidos_id_seq;")).toEqual(["500"]);
  });
});

describe("what keeps rows away is named, and a take that is tried all the same changes nothing", () => {
  test.each([
    [
      "a unique value that another row has now",
      "delete from public.clientes where id = 5; insert into public.clientes (documento, nome) values ('05', 'de novo');",
      { table: "clientes", keys: "5" },
      { kind: "value_taken", name: "clientes_documento_key", keys: [{ key: ["5"], holder: ["10"] }] },
    ],
    [
      "values that two rows exchanged",
      `update public.clientes set documento = 'x' where id = 5; update public.clientes set documento = '05' where id = 6;
       update public.clientes set documento = '06' where id = 5;`,
      { table: "clientes", changed: true },
      { kind: "values_swapped", name: "clientes_documento_key", rows: 2 },
    ],
    [
      "an exclusion constraint",
      "delete from public.reservas where id = 1; insert into public.reservas values (8, 1, '[2,4)');",
      { table: "reservas" },
      { kind: "value_taken", name: "reservas_quando_excl", keys: [{ key: ["1"], holder: ["8"] }] },
    ],
    [
      "a parent that neither the database nor the backup has",
      `create table public.ramos (id int primary key); insert into public.ramos values (1);
       alter table public.documentos add constraint documentos_ramo foreign key (id) references public.ramos (id) not valid;
       delete from public.documentos where id = 6;`,
      { table: "documentos", keys: "6" },
      { kind: "parent_missing", name: "documentos_ramo" },
    ],
    [
      "rows that refer to one that would be deleted",
      "insert into public.cidades values (3, 'Natal'); update public.clientes set cidade_id = 3 where id = 2;",
      { table: "cidades", new: true },
      {
        kind: "children_left",
        table: "public.clientes",
        name: "clientes_cidade_id_fkey",
        keys: [{ key: ["3"] }],
      },
    ],
    [
      "a new column that needs a value",
      "delete from public.documentos where id = 6; alter table public.documentos add column pasta int not null generated always as (id) stored, add column cor text; update public.documentos set cor = 'azul'; alter table public.documentos alter cor set not null;",
      { table: "documentos" },
      { kind: "column_required", name: "cor" },
    ],
    [
      "a new column whose values a deletion would lose",
      "alter table public.documentos add column cor text; insert into public.documentos values (77, null, 'x', 'azul');",
      { table: "documentos", new: true },
      { kind: "column_unsaved", name: "cor" },
    ],
    [
      "a table of another role",
      "delete from public.documentos where id = 6; ",
      { table: "documentos" },
      { kind: "not_ours", table: "public.documentos" },
    ],
    [
      "a table that others inherit from",
      "delete from public.documentos where id = 6; create table public.anexos () inherits (public.documentos);",
      { table: "documentos" },
      { kind: "inherited", table: "public.documentos" },
    ],
  ])("%s", async (name, mistake, asked, obstacle) => {
    const { db, admin, rows } = await after(mistake);
    if (name.includes("another role")) {
      await sql(admin, "alter table public.documentos owner to supabase_admin;");
    }
    const [before, kept] = [await rows(), await reversePatches()];
    const review = await reviewRows(takes, db, key, asked);
    expect(review.obstacles).toMatchObject([obstacle]);
    await expect(take(takes, db, review)).rejects.toThrow(BackupError);
    expect(differentTables(before, await rows())).toEqual([]);
    expect(await reversePatches()).toEqual(kept);
  });

  test.each([
    ["a table without a key", { table: "sem_chave" }, "no key"],
    ["a table that is not there", { table: "nada" }, "Cannot find"],
    ["new rows of a part of a table", { table: "notas", keys: "1", new: true }, "whole"],
    ["a key of another form", { table: "notas", keys: '[["1","2"]]' }, "columns id"],
  ])("%s is refused at once", async (_, asked, why) => {
    await expect(reviewRows(takes, place.server.connection("postgres", "loja"), key, asked)).rejects.toThrow(
      why,
    );
  });

  test("a column of another type refuses the rows by its name, without showing them", async () => {
    const { db } = await after("alter table public.documentos alter texto type int using 1;");
    const failed = await reviewRows(takes, db, key, { table: "documentos" }).catch((error) => error);
    expect(failed).toMatchObject({
      code: "take_refused",
      message:
        "Cannot take rows of public.documentos: a value of the backup does not suit the column texto of today (22P02)",
    });
    expect(JSON.stringify([failed.details, failed.cause ?? null])).not.toContain("linha");
  });

  test("a check that the server alone judges undoes all of it, without the row in the message", async () => {
    const { db, rows } = await after(`delete from public.documentos where id > 18;
      alter table public.documentos add check (texto not like '%20') not valid;`);
    const [before, kept] = [await rows(), await reversePatches()];
    const failed = await take(takes, db, await reviewRows(takes, db, key, { table: "documentos" })).catch((
      error,
    ) => error);
    expect(failed).toMatchObject({
      code: "take_refused",
      message: expect.stringContaining("documentos_texto_check"),
    });
    expect(JSON.stringify([failed.message, failed.details])).not.toContain("linha");
    expect(differentTables(before, await rows())).toEqual([]);
    expect(await reversePatches()).toEqual(kept);
  });

  test("a cascade beyond the patch is counted, and undone", async () => {
    // a table of the catalog is no part of any take, so that nothing names its row before
    const { db, rows } = await after(`insert into public.cidades values (3, 'Natal');
      create table public.ops_db_backup_x (cidade_id int references public.cidades (id) on delete cascade);
      insert into public.ops_db_backup_x values (3);`);
    const [before, kept] = [await rows(), await reversePatches()];
    const review = await reviewRows(takes, db, key, { table: "cidades", new: true });
    expect(review.obstacles).toEqual([]);
    await expect(take(takes, db, review)).rejects.toMatchObject({
      code: "take_mismatch",
      message: expect.stringContaining(
        "public.ops_db_backup_x: 0 created, 0 changed, 1 deleted instead of 0, 0, 0",
      ),
    });
    expect(differentTables(before, await rows())).toEqual([]);
    expect(await reversePatches()).toEqual(kept);
  });
});

describe("between review and COMMIT", () => {
  const mistake =
    "delete from public.documentos where id in (3, 4); update public.documentos set texto = 'x' where id = 5;";
  const asked = { table: "documentos", missing: true, changed: true };

  test("a row that changed since the review refuses all of it, by its key", async () => {
    const { db, rows } = await after(mistake);
    const review = await reviewRows(takes, db, key, asked);
    await sql(
      db,
      "update public.documentos set texto = 'y' where id = 5; insert into public.documentos values (3, 1, 'z');",
    );
    const [before, kept] = [await rows(), await reversePatches()];
    await expect(take(takes, db, review)).rejects.toMatchObject({
      code: "take_changed",
      message: expect.stringContaining("2 rows changed since the review: public.documentos 3; 5"),
    });
    expect(differentTables(before, await rows())).toEqual([]);
    expect(await reversePatches()).toEqual(kept);
  });

  test("of two takes at once one is done and the other finds the rows changed, or waits no longer than it may", async () => {
    const { db, rows } = await after(mistake);
    const [one, two] = [await reviewRows(takes, db, key, asked), await reviewRows(takes, db, key, asked)];
    expect(one.hash).toBe(two.hash);
    const ended = await Promise.allSettled([take(takes, db, one), take(takes, db, two)]);
    const codes = ended.map((each) => each.status === "fulfilled" ? "done" : each.reason.code).sort();
    expect(codes).toEqual(["done", "take_changed"]);
    expect(differentTables(await stored(), await rows())).toEqual([]);
    const third = await reviewRows(takes, db, key, asked);
    const held = await Session.open({ connection: db });
    await holdTargetLock(held, { connection: db });
    await expect(take(takes, db, third, { lockTimeoutMs: 200 })).rejects.toMatchObject({ code: "busy" });
    await held.close();
  });

  test("a backup beside it waits for nothing and is of one moment", async () => {
    const { db, rows } = await after(mistake);
    const review = await reviewRows(takes, db, key, asked);
    const [, { manifest }] = await Promise.all([take(takes, db, review), backUp(takes.vault, db)]);
    expect([18, 20]).toContain(manifest.rows["public.documentos"]);
    expect(differentTables(await stored(), await rows())).toEqual([]);
  });

  test.each(["load", "lock_tables", "apply", "commit"])(
    "an end in the phase %s leaves the state before or after",
    async (phase) => {
      const { db, rows } = await after(mistake);
      const [before, kept] = [await rows(), await reversePatches()];
      const review = await reviewRows(takes, db, key, asked);
      const stop = new AbortController();
      const outcome = await take(takes, db, review, {
        signal: stop.signal,
        onPhase: (name) => name === phase && stop.abort(new Error("stopped")),
      }).then(() => "done", () => "failed");
      const now = await rows();
      const wanted = outcome === "done" ? await stored() : before;
      expect(differentTables(wanted, now)).toEqual([]);
      if (outcome === "failed") expect(await reversePatches()).toEqual(kept);
      expect(
        await sql(
          db,
          "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid();",
        ),
      )
        .toEqual(["0"]);
    },
  );
});

test("a reverse patch that was changed is refused", async () => {
  const { db, rows } = await after("delete from public.documentos where id = 3;");
  const { undo } = await take(takes, db, await reviewRows(takes, db, key, { table: "documentos" }));
  const before = await rows();
  const patch = undo.replace(".json", ".patch.gz");
  const text = gunzipSync(await takes.vault.bytes(patch)).toString();
  await place.store.replace(patch, gzipSync(text.replace("linha", "outra")));
  await expect(reviewUndo(takes, db, undo)).rejects.toMatchObject({ code: "archive_corrupt" });
  await expect(reviewUndo(takes, db, undo, "prod")).rejects.toMatchObject({ code: "invalid_payload" });
  await expect(reviewUndo(takes, db, key)).rejects.toMatchObject({ code: "invalid_r2_key" });
  expect(differentTables(before, await rows())).toEqual([]);
});

test("a reverse patch is encrypted to the recipients of new backups", async () => {
  const { db, rows } = await after("");
  const old = await rows();
  await installSystemPackages(["age"], () => {});
  const objects = new MemoryStore();
  const text = execFileSync("age-keygen", { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const recipients = [/public key: (\S+)/.exec(text)?.[1] ?? ""];
  const identities = [/^AGE-SECRET-KEY-\S+/m.exec(text)?.[0] ?? ""];
  const [plain, writer, reader] = [NO_ENCRYPTION, { ...NO_ENCRYPTION, recipients }, {
    ...NO_ENCRYPTION,
    identities,
  }]
    .map((encryption) => ({ ...takes, vault: new StoredVault(objects, { encryption }) }));
  if (!plain || !writer || !reader) throw new Error("no vault");
  const made = (await backUp(plain.vault, db)).keys.archive;
  await sql(db, "delete from public.documentos where id = 3;");
  const { undo } = await take(writer, db, await reviewRows(plain, db, made, { table: "documentos" }));
  expect(differentTables(old, await rows())).toEqual([]);
  const stored = await plain.vault.bytes(undo.replace(".json", ".patch.gz.age"));
  expect(stored.subarray(0, 18).toString()).toBe("age-encryption.org");
  await expect(reviewUndo(plain, db, undo)).rejects.toMatchObject({ code: "identity_missing" });
  expect((await reviewUndo(reader, db, undo)).counts).toEqual({
    "public.documentos": { created: 0, changed: 0, deleted: 1 },
  });
});

test("values of every type go forward and back", async () => {
  const { db, rows, admin } = await after("");
  await sql(db, await fixture("every_type.sql"));
  const made = (await backUp(takes.vault, db)).keys.archive;
  const old = await rows();
  await sql(
    db,
    "delete from public.tudo where id <= 5; update public.tudo set al = 'outro', u = 1, a = '[1]', ab = null where id > 5;",
  );
  const before = await rows();
  const review = await reviewRows(takes, db, made, { table: "tudo", missing: true, changed: true });
  expect(review).toMatchObject({ obstacles: [], counts: { "public.tudo": { created: 5 } } });
  const { undo } = await take(takes, db, review);
  expect(differentTables(old, await rows())).toEqual([]);
  await take(takes, db, await reviewUndo(takes, db, undo));
  expect(differentTables(before, await rows())).toEqual([]);
  expect(await orphansOf(admin)).toEqual([]);
});

const TRIGGERS =
  "select tgname, tgenabled from pg_trigger where not tgisinternal and tgrelid = 'public.clientes'::regclass order by 1;";

/** Keys of the reverse patches. */
async function reversePatches(): Promise<string[]> {
  const keys: string[] = [];
  for await (const object of takes.vault.list("revo/")) {
    if (reversePatchTarget(object.key) !== null) keys.push(object.key);
  }
  return keys;
}
