/**
 * Project, catalog and GitHub are lost; the bucket's keys and a machine are left. The commands in the file beside
 * each backup are run unchanged, line by line, and so is `restore --from-vault`.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareDatabases } from "../dev/compare.ts";
import { migrate, readMigrations } from "../dev/migrate.ts";
import { type Connection, parseDatabaseUrl } from "../lib/postgres/connection.ts";
import { PostgresServer } from "../lib/server/server.ts";
import { makeServerFolder } from "../lib/server/server_user.ts";
import { Output } from "../lib/run/output.ts";
import { recoverFromVault } from "../lib/recover/recover.ts";
import {
  backUp,
  binaries,
  createProject,
  denoCache,
  fixture,
  sql,
  startPlace,
  type TestPlace,
} from "./engine_fixture.ts";
import { blocksOf } from "./markdown_commands.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/**
 * Functions of range types are owned by the server's superuser, so an exact copy is not possible elsewhere; tested
 * below.
 */
const RANGES =
  "set client_min_messages = error; drop type public.periodo cascade; drop type loja.faixa cascade;";
/** Of the project, as supautils lets its owner create it. */
const EVENT_TRIGGER = `
  create function public.ao_criar() returns event_trigger language plpgsql as $$ begin null; end $$;
  alter function public.ao_criar() owner to postgres;
  create event trigger ao_criar on ddl_command_end execute function public.ao_criar();
  update pg_event_trigger set evtowner = 'postgres'::regrole where evtname = 'ao_criar';`;
/** Objects owned by Supabase's own superuser belong to the platform. */
const PLATFORM = /default supabase_admin|event trigger pgrst_/;
const PASSWORD = "plain-password";

let place: TestPlace;
let prodUrl: string;
let key: string;
/** Of the same project while it had range types. */
let rangedKey: string;
let plain: PostgresServer;
let plainFolder: string;
/** Made as RECOVERY.md and the guide say for the product's own way: its superuser is not called postgres. */
let fresh: PostgresServer;
let freshFolder: string;

beforeAll(async () => {
  place = await startPlace();
  const prod = await createProject(place.server, "prod");
  prodUrl = place.server.url("postgres", "prod");
  await migrate(binaries.path("psql"), prod, await readMigrations());
  await sql(prod, await fixture("every_kind.sql"));
  const superuser = place.server.connection("supabase_admin", "prod");
  await sql(superuser, EVENT_TRIGGER);
  rangedKey = (await backUp(place.store.vault, prod, { label: "faixas" })).keys.archive;
  await sql(superuser, "drop event trigger ao_criar;");
  await sql(prod, RANGES);
  await backUp(place.store.vault, prod, { mode: "schema-only" });
  key = (await backUp(place.store.vault, prod)).keys.archive;
  plainFolder = await makeServerFolder("revo-plain-");
  plain = await PostgresServer.create({
    binaries,
    folder: plainFolder,
    superuser: { name: "postgres", password: PASSWORD },
    settings: { fsync: "off", wal_level: "logical" },
  });
  await plain.start();
  freshFolder = await makeServerFolder("revo-fresh-");
  fresh = await PostgresServer.create({
    binaries,
    folder: freshFolder,
    superuser: { name: "supabase_admin", password: PASSWORD },
    settings: { fsync: "off", wal_level: "logical" },
  });
  await fresh.start();
});
afterAll(async () => {
  await plain?.stop("immediate");
  await fresh?.stop("immediate");
  if (freshFolder) await rm(freshFolder, { recursive: true, force: true });
  if (plainFolder) await rm(plainFolder, { recursive: true, force: true });
  await place?.stop();
});

const plainUrl = (database: string) => `postgres://postgres:${PASSWORD}@127.0.0.1:${plain.port}/${database}`;
const onPlain = (database: string): Connection => parseDatabaseUrl(plainUrl(database), database);

const freshUrl = (database: string) =>
  `postgres://supabase_admin:${PASSWORD}@127.0.0.1:${fresh.port}/${database}`;
const onFresh = (database: string): Connection => parseDatabaseUrl(freshUrl(database), database);

/** The lines of a Markdown text's shell blocks. */
function commandsOf(markdown: string): string[] {
  return blocksOf(markdown).filter(({ language }) => language === "sh")
    .flatMap(({ text }) => text.trim().split("\n"));
}

describe("the recovery file beside a backup", () => {
  it("restores the data by its own commands, line by line, in an empty environment", async () => {
    const text = await place.store.vault.text(key.replace(".dump.gz", ".RECOVERY.md"));
    const lines = commandsOf(text);
    expect(lines.length).toBeGreaterThan(8);
    const folder = await mkdtemp(join(tmpdir(), "revo-laptop-"));
    try {
      const given = {
        PATH: `${binaries.folder}:/usr/bin:/bin`,
        ...place.store.secrets,
        PGHOST: "127.0.0.1",
        PGPORT: String(plain.port),
        PGUSER: "postgres",
        PGPASSWORD: PASSWORD,
      };
      // all lines in one shell, which exits at the first failure
      await writeFile(join(folder, "typed"), lines.join("\n"));
      const { stdout } = await promisify(execFile)("env", [
        "-i",
        ...Object.entries(given).map(([name, value]) => `${name}=${value}`),
        "bash",
        "--norc",
        "-e",
        "typed",
      ], { cwd: folder });
      expect(stdout).toContain(": OK\n");
      expect(await readdir(folder)).not.toContain("r2.conf");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    const compared = await compareDatabases(prodUrl, plainUrl("revo_recuperado"));
    expect(compared.differences.filter((it) => !PLATFORM.test(it))).toEqual([]);
    expect(compared.rows).toBeGreaterThan(100);
  });

  it("states what the backup is, and contains no secret", async () => {
    const text = await place.store.vault.text(key.replace(".dump.gz", ".RECOVERY.md"));
    expect(text).toContain(key);
    expect(text).toMatch(/\| SHA-256 \| [0-9a-f]{64} \|/);
    expect(text).toContain(`servidor ${binaries.version}`);
    const { PGPASSWORD = "" } = place.server.connection("postgres", "prod").env;
    for (const secret of [place.store.secrets.R2_SECRET_ACCESS_KEY, PGPASSWORD]) {
      expect(text).not.toContain(secret);
    }
  });
});

describe("restore --from-vault", () => {
  /** Runs it with the bucket's keys and the given variables only. */
  async function recover(given: Record<string, string>): Promise<string[]> {
    const printed: string[] = [];
    const sink = { write: (text: string) => void printed.push(text.trimEnd()) };
    const options = { json: false, progress: false, stdout: sink, stderr: sink, now: () => 0 };
    const { signal } = new AbortController();
    await recoverFromVault({ ...place.store.secrets, ...given }, new Output(options), signal);
    return printed;
  }

  it("lists backups, newest first, without any other environment variable", async () => {
    const deno = join(ROOT, "node_modules/.bin/deno");
    const home = await mkdtemp(join(tmpdir(), "revo-home-"));
    try {
      const env = {
        PATH: "/usr/bin:/bin",
        HOME: process.env.HOME ?? home,
        ...denoCache(),
        ...place.store.secrets,
      };
      const { stdout } = await promisify(execFile)(deno, ["task", "-q", "restore", "--from-vault"], {
        cwd: ROOT,
        env,
      });
      const lines = stdout.trim().split("\n");
      expect(lines[0]).toContain(`${key}  `);
      expect(lines[0]).toMatch(/full, \d+ tables, \d+ rows, PostgreSQL/);
      expect(lines[1]).toContain("schema-only");
      expect(lines[3]).toMatch(/^3 backups of prod/);
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  });

  it("checks one backup, and names the one that it refuses", async () => {
    expect((await recover({ R2_KEY: "newest" })).join("\n")).toContain(`${key} is good`);
    const copy = key.replace("prod/", "dev/").replace("_prod_", "_dev_");
    const bytes = await place.store.vault.bytes(key);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    await place.store.vault.put(copy, bytes, "application/gzip");
    const manifest = await place.store.vault.text(key.replace(".dump.gz", ".manifest.json"));
    await place.store.vault.put(copy.replace(".dump.gz", ".manifest.json"), manifest, "application/json");
    await expect(recover({ R2_KEY: copy })).rejects.toMatchObject({ code: "archive_corrupt" });
  });

  it("restores the newest full backup into an empty project and rebuilds its history", async () => {
    const fresh = await createProject(place.server, "fresh");
    const DATABASE_URL = place.server.url("postgres", "fresh");
    const printed = await recover({ R2_KEY: "newest", DATABASE_URL });
    expect(printed.filter((line) => line.startsWith("warning"))).toEqual([]);
    expect(await compareDatabases(prodUrl, DATABASE_URL)).toMatchObject({ equal: true, differences: [] });
    const listed = "select r2_key from public.ops_db_backups where target = 'prod' order by created_at desc;";
    expect((await sql(fresh, listed))[0]).toBe(key);
    await expect(recover({ R2_KEY: key, DATABASE_URL })).rejects.toMatchObject({ code: "target_not_empty" });
  });

  it("restores into a plain PostgreSQL as an ordinary role, where roles and schemas are made first", async () => {
    await sql(onFresh("postgres"), "create database loja;");
    await recover({ R2_KEY: key, DATABASE_URL: freshUrl("loja") });
    const { differences } = await compareDatabases(prodUrl, freshUrl("loja"));
    expect(differences.filter((it) => !PLATFORM.test(it))).toEqual([]);
    expect(await sql(onFresh("loja"), "select count(*) > 0 from public.ops_db_backups;")).toEqual(["t"]);
    const owner = "select rolsuper, rolcreaterole from pg_roles where rolname = 'postgres';";
    expect(await sql(onFresh("loja"), owner)).toEqual(["f|f"]);
  });

  it("restores range types where the server's superuser is the platform's, and names what a superuser alone could create", async () => {
    await sql(onFresh("postgres"), "create database faixas;");
    const said = await recover({ R2_KEY: rangedKey, DATABASE_URL: freshUrl("faixas") });
    expect(said.join("\n")).toContain("left out: EVENT TRIGGER ao_criar: needs what this server lacks");
    expect(await sql(onFresh("faixas"), "select 'public.periodo'::regtype;")).toEqual(["periodo"]);
  });

  it("refuses a server where postgres is a superuser: the archive would run as one", async () => {
    await sql(onPlain("postgres"), "create database loja;");
    await expect(recover({ R2_KEY: key, DATABASE_URL: plainUrl("loja") })).rejects.toMatchObject({
      code: "archive_rejected",
      hint: expect.stringContaining("initdb"),
    });
    expect(await sql(onPlain("loja"), "select nspname from pg_namespace where nspname = 'auth';")).toEqual(
      [],
    );
  });

  it("refuses a user without the privileges to create what is missing, and a target without a key", async () => {
    await sql(
      onPlain("postgres"),
      `create role app login password '${PASSWORD}'; create database vazio;`,
    );
    const DATABASE_URL = plainUrl("vazio").replace("//postgres:", "//app:");
    await expect(recover({ R2_KEY: key, DATABASE_URL })).rejects.toMatchObject({
      code: "missing_environment",
    });
    await expect(recover({ DATABASE_URL })).rejects.toMatchObject({ code: "missing_environment" });
  });
});
