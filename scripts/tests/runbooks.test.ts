/**
 * Six incidents, each caused on a real stack and then resolved by the unchanged commands of its runbook. They share
 * one stack and depend on their order.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { SAFETY_LABEL } from "@backup/label.ts";
import { compareDatabases } from "../dev/compare.ts";
import { createAuthTables } from "../dev/supabase/auth_schema.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { ROOT } from "./documented_names.ts";
import { copyErp, createErp } from "./drill_fixture.ts";
import { binaries, sql, startPlace, startVault, type TestPlace, type TestVault } from "./engine_fixture.ts";
import { blocksOf, follow, namesIn } from "./markdown_commands.ts";
import { type Laptop, newest, openLaptop, runbook } from "./runbook_fixture.ts";

/** An incident takes up to five commands of the product, each with its own start-up. */
const NIGHT = { timeout: 180_000 };
/** The effects of a wrong migration. */
const WRONG_MIGRATION = `
delete from public.anexos;
alter table public.clientes drop column telefone cascade;
update public.produtos set preco_venda = 0;
grant select on public.clientes to anon;
`;

/** Makes dev differ from prod. */
const OTHER_CONTENT = "delete from public.itens_pedido; create table public.rascunho (id int);";
const SAME = { equal: true, differences: [] };

let place: TestPlace;
let newBucket: TestVault;
let laptop: Laptop;
let prod: Connection;
let dev: Connection;

beforeAll(async () => {
  place = await startPlace();
  newBucket = await startVault();
  laptop = await openLaptop(place);
  await createErp(place, "prod");
  await copyErp(place, "prod", "dev", OTHER_CONTENT);
  prod = place.server.connection("postgres", "prod");
  dev = place.server.connection("postgres", "dev");
});
afterAll(async () => {
  await newBucket?.stop();
  await place?.stop();
  await laptop?.remove();
});

const urlOf = (database: string) => place.server.url("postgres", database);

it("GitHub is down: backup, drill and watchdog from a laptop, with history and audit", NIGHT, async () => {
  await mkdir(laptop.prepared.OUT_DIR ?? "");
  // the watch in the database goes on
  await sql(prod, `select public.ops_db_backup_report('{"name": "watch", "status": "ok", "report": {}}');`);
  const said = await laptop.follow("github-down");
  expect(said).not.toMatch(/FAIL|warning:/);
  const runs = await sql(
    prod,
    "select kind || ' ' || status || ' ' || requested_by from public.ops_db_backup_runs order by created_at;",
  );
  expect(runs).toEqual(["backup succeeded noite@example.com", "drill succeeded noite@example.com"]);
  const audited = "select count(*) > 0 from public.ops_db_backup_audit where event = 'run';";
  expect(await sql(prod, audited)).toEqual(["t"]);
  const reports = "select name || ' ' || status from public.ops_db_backup_reports order by name;";
  expect(await sql(prod, reports)).toEqual(["watch ok", "watchdog ok"]);
});

it(
  "the runbooks' machine: the listed prerequisites are those that the steps use, and the backup list is printed",
  NIGHT,
  async () => {
    const text = await runbook("README");
    const asked = blocksOf(text).filter(({ mark }) => mark === "fill").flatMap(namesIn);
    expect(asked.sort()).toEqual(Object.keys(laptop.prepared).sort());
    await follow(text, { cwd: ROOT, env: laptop.machine, fill: laptop.prepared });
  },
);

it("the project is lost: a new one gets the content of the newest backup", NIGHT, async () => {
  await place.server.createDatabase("projeto_novo");
  await createAuthTables(binaries.path("psql"), [
    place.server.connection("supabase_auth_admin", "projeto_novo"),
  ]);
  await follow(await runbook("from-nothing"), {
    cwd: ROOT,
    env: laptop.machine,
    fill: {
      ...place.store.secrets,
      BACKUP_PUBLIC_KEYS: laptop.prepared.BACKUP_PUBLIC_KEYS ?? "",
      DATABASE_URL: urlOf("projeto_novo"),
    },
  });
  expect(await compareDatabases(urlOf("prod"), urlOf("projeto_novo"))).toMatchObject(SAME);
});

it("the vault is read and restored with plain programs", NIGHT, async () => {
  const { vault } = place.store;
  const stem = "supabase_prod_20260115_031022";
  for await (const { key } of vault.list("")) {
    const [, suffix] = /^revo\/prod\/.*_\d+(\.(?:dump\.gz|index\.json|manifest\.json))$/.exec(key) ?? [];
    const file = join(laptop.folder, suffix === undefined ? key : stem + suffix);
    if (suffix === undefined && !key.startsWith("audit/")) continue;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, await vault.bytes(key));
  }
  const { PGHOST = "", PGPORT = "", PGUSER = "", PGPASSWORD = "" } =
    place.server.connection("supabase_admin", "postgres").env;
  const text = await readFile(join(ROOT, "docs/storage-format.md"), "utf8");
  const { BACKUP_PUBLIC_KEYS = "" } = laptop.prepared;
  const env = { ...laptop.machine, BACKUP_PUBLIC_KEYS, PGHOST, PGPORT, PGUSER, PGPASSWORD };
  const said = await follow(text, { cwd: laptop.folder, env, fill: {} });
  const manifest = await readFile(join(laptop.folder, `${stem}.manifest.json`), "utf8");
  const { sha256, manifest_sha256 } = JSON.parse(manifest);
  expect(said).toContain(`${sha256}  ${stem}.dump.gz`);
  expect(said).toContain(`${manifest_sha256}  -`);
  const [, made, kept] = /^([0-9a-f]{64}) {2}-\n([0-9a-f]{64})$/m.exec(said) ?? [];
  expect(made).toBe(kept);
  expect((await compareDatabases(urlOf("prod"), urlOf("novo"))).rows).toBeGreaterThan(1000);
  const readme = blocksOf(await readFile(join(ROOT, "README.md"), "utf8")).find(({ text }) =>
    /gunzip/.test(text)
  );
  for (const line of readme?.text.trim().split("\n") ?? ["no block"]) expect(text).toContain(line);
});

it("a wrong migration: the rows of one table are restored, then all of prod", NIGHT, async () => {
  await copyErp(place, "prod", "antes", "");
  await sql(prod, WRONG_MIGRATION);
  const said = await laptop.follow("wrong-migration", {
    R2_KEY: newest(/\d\.dump\.gz$/),
    TABELA: "public.anexos",
  });
  const taken = [...said.matchAll(/^public\.anexos: (\d+) created, 0 changed, (\d+) deleted$/gm)];
  const [created = 0, deleted = 0] = [taken[0]?.[1], taken.at(-1)?.[2]].map(Number);
  expect(created).toBeGreaterThan(0);
  expect(deleted).toBe(created);
  expect(Number(/^INSERT 0 (\d+)$/m.exec(said)?.[1])).toBeGreaterThan(0);
  expect(await compareDatabases(urlOf("antes"), urlOf("prod"))).toMatchObject(SAME);
});

it("a wrong restore: the target is restored to its previous state", NIGHT, async () => {
  const undone = await laptop.follow("wrong-restore", {
    TARGET: "dev",
    R2_KEY: newest(new RegExp(SAFETY_LABEL)),
  });
  expect(undone).toContain("revo/dev/");
  expect(await sql(dev, "select to_regclass('public.rascunho') is not null;")).toEqual(["t"]);
  expect(await sql(dev, "select count(*) from public.itens_pedido;")).toEqual(["0"]);
});

it("every restore is refused: what can be brought is salvaged into dev", NIGHT, async () => {
  await laptop.follow("salvage", { R2_KEY: newest(/revo\/prod\/.*\d\.dump\.gz$/) });
  const [result = ""] = await sql(
    prod,
    "select result -> 'salvaged' from public.ops_db_backup_runs where kind = 'restore' order by created_at desc limit 1;",
  );
  expect(JSON.parse(result)).toEqual([]);
  expect(Number(...await sql(dev, "select count(*) from public.itens_pedido;"))).toBeGreaterThan(0);
});

it(
  "the vault's keys are lost, then the bucket: a new one is filled from the live database and proven",
  NIGHT,
  async () => {
    const gone = (said: string) => said.includes("balde-perdido");
    const key = (name: keyof TestVault["secrets"]) => (said: string) =>
      (gone(said) ? newBucket : place.store).secrets[name];
    await laptop.follow("lost-keys", {
      R2_ENDPOINT: key("R2_ENDPOINT"),
      R2_ACCESS_KEY_ID: key("R2_ACCESS_KEY_ID"),
      R2_SECRET_ACCESS_KEY: key("R2_SECRET_ACCESS_KEY"),
    });
    const listed =
      "select count(*) from public.ops_db_backups where target = 'prod' and status = 'uploaded';";
    expect(await sql(prod, listed)).toEqual(["2"]);
  },
);
