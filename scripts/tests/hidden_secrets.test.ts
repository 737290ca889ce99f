/**
 * While the SQL of an archive runs, no process of this machine has the vault's or another database's credentials in its
 * environment. The commands are started as the workflows start them.
 */
import { spawn } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { siblingKeys } from "@backup/vault/object_key.ts";
import {
  backUp,
  binaries,
  commandEnvironment,
  createProject,
  sql,
  startPlace,
  type TestPlace,
} from "./engine_fixture.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A database whose restore runs a function of the archive for a second. */
const SLOW = `create table public.t (id int primary key); insert into public.t values (1);
  create function public.lenta(n int) returns int language plpgsql immutable as
    $$ begin perform pg_catalog.pg_sleep(1); return n; end $$;
  create index i on public.t (public.lenta(id));`;

let place: TestPlace;
let key: string;

beforeAll(async () => {
  place = await startPlace();
  const source = await createProject(place.server, "lento");
  await sql(source, SLOW);
  key = (await backUp(place.store.vault, source)).keys.archive;
  for (const name of ["prod", "dev", "novo"]) await createProject(place.server, name);
});
afterAll(() => place?.stop());

/** The processes that ran beside the archive's SQL, and those of them with a secret. */
interface Seen {
  code: number | null;
  output: string;
  beside: Set<string>;
  leaks: Set<string>;
}

async function watched(args: string[], env: Record<string, string>, secrets: string[]): Promise<Seen> {
  const { PATH } = process.env;
  const own = { ...commandEnvironment(place), PATH: `${join(ROOT, "node_modules/.bin")}:${PATH}` };
  const child = spawn("bash", args, { cwd: ROOT, env: { ...own, ...env } });
  const seen: Seen = { code: null, output: "", beside: new Set(), leaks: new Set() };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => seen.output += String(chunk));
  }
  let isRunning = true;
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve)).finally(() =>
    isRunning = false
  );
  while (isRunning) {
    const processes = await processesOfThisMachine();
    // a backend of PostgreSQL that builds the index
    if (!processes.some(({ title }) => /^postgres: \w+ .* CREATE INDEX/.test(title))) continue;
    for (const { title, environment } of processes) {
      seen.beside.add(title.split(/[ \0]/)[0] ?? "");
      if (secrets.some((secret) => environment.includes(secret))) seen.leaks.add(title.replaceAll("\0", " "));
    }
  }
  return { ...seen, code: await ended };
}

async function processesOfThisMachine(): Promise<{ title: string; environment: string }[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const read = (pid: string, file: string) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
  return await Promise.all(pids.map(async (pid) => ({
    title: await read(pid, "cmdline"),
    environment: await read(pid, "environ"),
  })));
}

const url = (database: string) => place.server.url("postgres", database);

test.each([
  ["drill", ["drill"], () => ({ R2_KEY: key, SUPABASE_DB_URL_PROD: url("prod") })],
  [
    "restore",
    ["restore"],
    () => ({
      TARGET: "dev",
      R2_KEY: key,
      SUPABASE_DB_URL_PROD: url("prod"),
      SUPABASE_DB_URL_DEV: url("dev"),
    }),
  ],
  ["recover", ["restore", "--from-vault"], () => ({ R2_KEY: key, DATABASE_URL: url("novo") })],
])("%s has no secret in an environment while it loads an archive", async (_name, args, variables) => {
  const secrets = [place.store.secrets.R2_SECRET_ACCESS_KEY, url("prod"), url("dev"), url("novo")];
  const { beside, leaks, output } = await watched(["scripts/run_task.sh", ...args], variables(), secrets);
  expect([...beside], output).toEqual(expect.arrayContaining([expect.stringMatching(/psql$/)]));
  expect([...leaks]).toEqual([]);
});

test("restore_db_local.sh has none of the caller's secrets in an environment", async () => {
  const file = join(place.folder, key.split("/").at(-1) ?? "");
  await writeFile(file, await place.store.vault.bytes(key));
  await writeFile(
    file.replace(".dump.gz", ".manifest.json"),
    await place.store.vault.bytes(siblingKeys(key).manifest),
  );
  const { env } = place.server.connection("supabase_admin", "postgres");
  const secrets = [place.store.secrets.R2_SECRET_ACCESS_KEY, url("prod")];
  const { PGHOST = "", PGPORT = "", PGUSER = "", PGPASSWORD = "" } = env;
  const { beside, code, leaks, output } = await watched(["scripts/restore_db_local.sh", file, "exame"], {
    ...{ PGHOST, PGPORT, PGUSER, PGPASSWORD, PATH: `${binaries.folder}:${process.env.PATH}` },
    SUPABASE_DB_URL_PROD: url("prod"),
  }, secrets);
  expect({ code, output }).toMatchObject({ code: 0 });
  expect([...beside]).toEqual(expect.arrayContaining([expect.stringMatching(/pg_restore$/)]));
  expect([...leaks]).toEqual([]);
});
