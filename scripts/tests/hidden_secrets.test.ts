/**
 * While the SQL of an archive runs, no process of this machine has the vault's or another database's credentials in its
 * environment, and none of those that load the archive has them in its memory: psql, pg_restore, what decompresses, the
 * server. The commands are started as the workflows start them.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { open, readdir, readFile, writeFile } from "node:fs/promises";
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
  /** Those that load the archive and whose memory was searched; the kernel may refuse it to an ordinary user. */
  searched: Set<string>;
}

const BUILDS_INDEX = /^postgres: \w+ .* CREATE INDEX/;

async function watched(args: string[], env: Record<string, string>, secrets: string[]): Promise<Seen> {
  const { PATH } = process.env;
  const own = { ...commandEnvironment(place), PATH: `${join(ROOT, "node_modules/.bin")}:${PATH}` };
  const child = spawn("bash", args, { cwd: ROOT, env: { ...own, ...env } });
  const seen: Seen = { code: null, output: "", beside: new Set(), leaks: new Set(), searched: new Set() };
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
    if (!processes.some(({ title }) => BUILDS_INDEX.test(title))) continue;
    for (const { title, environment } of processes) {
      seen.beside.add(title.split(/[ \0]/)[0] ?? "");
      if (secrets.some((secret) => environment.includes(secret))) seen.leaks.add(title.replaceAll("\0", " "));
    }
    for (const { pid, title } of loadersAmong(processes, child.pid)) {
      if (seen.searched.has(title)) continue;
      const holds = await memoryHolds(pid, secrets);
      if (holds !== null) seen.searched.add(title);
      if (holds) seen.leaks.add(`memory of ${title.replaceAll("\0", " ")}`);
    }
  }
  return { ...seen, code: await ended };
}

interface Process {
  pid: string;
  parent: string;
  title: string;
  environment: string;
}

/** What the command started, and the sessions of a server that run the archive's SQL; not the command itself, which is Deno. */
function loadersAmong(processes: readonly Process[], command: number | undefined): Process[] {
  const below = new Set([String(command)]);
  for (let size = 0; size !== below.size;) {
    size = below.size;
    for (const { pid, parent } of processes) if (below.has(parent)) below.add(pid);
  }
  return processes.filter(({ pid, title }) =>
    !/^\S*\bdeno\0/.test(title) && (below.has(pid) || BUILDS_INDEX.test(title))
  );
}

/** Whether a process has one of the texts in what it may write to; `null` when it cannot be read, or has ended. */
async function memoryHolds(pid: string, texts: readonly string[]): Promise<boolean | null> {
  const maps = await readFile(`/proc/${pid}/maps`, "utf8").catch(() => "");
  const areas = [...maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw-p /gm)];
  const memory = await open(`/proc/${pid}/mem`, "r").catch(() => null);
  if (memory === null || areas.length === 0) return await memory?.close() ?? null;
  try {
    for (const [, from = "", to = ""] of areas) {
      const start = Number(`0x${from}`);
      const bytes = Buffer.alloc(Number(`0x${to}`) - start);
      const { bytesRead } = await memory.read(bytes, 0, bytes.length, start);
      const area = bytes.subarray(0, bytesRead);
      if (texts.some((text) => area.includes(text))) return true;
    }
    return false;
  } catch {
    return null; // it ended meanwhile
  } finally {
    await memory.close();
  }
}

async function processesOfThisMachine(): Promise<Process[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const read = (pid: string, file: string) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
  return await Promise.all(pids.map(async (pid) => ({
    pid,
    parent: /^PPid:\t(\d+)$/m.exec(await read(pid, "status"))?.[1] ?? "",
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
])(
  "%s has no secret in an environment, nor in the memory of what loads, while it loads an archive",
  async (_name, args, variables) => {
    // of a variable that the command does not read
    const CLOUDFLARE_API_TOKEN = randomBytes(24).toString("hex");
    const secrets = [
      place.store.secrets.R2_SECRET_ACCESS_KEY,
      url("prod"),
      url("dev"),
      url("novo"),
      CLOUDFLARE_API_TOKEN,
    ];
    const env = { ...variables(), CLOUDFLARE_API_TOKEN };
    const { beside, leaks, output, searched } = await watched(["scripts/run_task.sh", ...args], env, secrets);
    expect([...beside], output).toEqual(expect.arrayContaining([expect.stringMatching(/psql$/)]));
    expect([...leaks]).toEqual([]);
    const names = [...searched].map((title) => title.split("\0")[0]);
    expect(names).toEqual(expect.arrayContaining([expect.stringMatching(/psql$/)]));
    if (process.getuid?.() === 0) {
      expect([...searched].filter((title) => BUILDS_INDEX.test(title))).not.toEqual([]);
    }
  },
);

test("finds a text in the memory of a process", async () => {
  const canary = randomBytes(24).toString("hex");
  const child = spawn("bash", ["-c", "read -r canary; echo; read -r _"]);
  child.stdin.write(`${canary}\n`);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  expect(await memoryHolds(String(child.pid), [canary])).toBe(true);
  expect(await memoryHolds(String(child.pid), [`${canary}0`])).toBe(false);
  child.kill();
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
