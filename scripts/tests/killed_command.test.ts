/** When a command is killed, its programs, its temporary files and its server are removed. */
import { execFileSync, spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "../dev/root.ts";
import { whileHeld } from "./engine_breakage.ts";
import {
  backUp,
  commandEnvironment,
  type RestoreScene,
  sql,
  startRestoreScene,
  stateOf,
} from "./engine_fixture.ts";

let place: RestoreScene;
let key: string;
beforeAll(async () => {
  place = await startRestoreScene("hold_points.sql");
  // more than the pipes buffer: the program that writes into them still runs while the table before it is held
  const rows = "select repeat(md5(g::text), 4)::public.linha from generate_series(1, 100000) g";
  // rows of a domain that calls a function are loaded in the transaction, by pg_restore
  await sql(
    place.prod,
    `create function public.aceita(text) returns boolean language sql immutable as 'select true';
     create domain public.linha as text check (public.aceita(value));
     create table public.grande as ${rows};`,
  );
  key = (await backUp(place.store.vault, place.prod)).keys.archive;
});
afterAll(() => place?.stop());

interface Process {
  pid: number;
  parent: number;
  name: string;
}

function processes(): Process[] {
  return execFileSync("ps", ["-eo", "pid=,ppid=,comm="]).toString().trim().split("\n").map((line) => {
    const [pid, parent, name = ""] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), name };
  });
}

/** All processes that a process started, directly or indirectly. */
function descendants(pid: number, all = processes()): Process[] {
  return all.filter(({ parent }) => parent === pid).flatMap((
    child,
  ) => [child, ...descendants(child.pid, all)]);
}

function command(file: string, env: Record<string, string>) {
  const deno = join(ROOT, "node_modules", ".bin", "deno");
  const child = spawn(deno, ["run", "-A", "--cached-only", `scripts/${file}.ts`], {
    cwd: ROOT,
    env: {
      ...commandEnvironment(place),
      SUPABASE_DB_URL_PROD: place.server.url("postgres", "prod"),
      SUPABASE_DB_URL_DEV: place.server.url("postgres", "alvo"),
      R2_KEY: key,
      ...env,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (chunk: Uint8Array) => said += String(chunk));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return { child, ended, said: () => said };
}

/** A command's temporary folders: in its TMPDIR, or in /tmp if the server's user cannot access that. */
async function folders(kind: string, owner: number): Promise<string[]> {
  const found = await Promise.all([place.folder, "/tmp"].map(async (base) => await readdir(base)));
  return found.flat().filter((name) => name.startsWith(`revo-${kind}-`) && name.includes(`-${owner}-`));
}

/** Kills it; what it had started must be gone soon after. */
async function expectNothingLeft(pid: number, names: readonly string[], kinds: readonly string[]) {
  const started = descendants(pid);
  expect(started.map(({ name }) => name)).toEqual(expect.arrayContaining([...names]));
  for (const kind of kinds) expect(await folders(kind, pid)).toHaveLength(1);
  process.kill(pid, "SIGKILL");
  const left = () =>
    processes().filter(({ pid, name }) => started.some((one) => one.pid === pid && one.name === name));
  await expect.poll(left, { timeout: 5_000 }).toEqual([]);
  for (const kind of kinds) await expect.poll(() => folders(kind, pid), { timeout: 5_000 }).toEqual([]);
}

test("a restore that is killed while rows are loaded leaves no process and no archive behind", async () => {
  const restore = command("restore", { TARGET: "dev" });
  await whileHeld(place.server, "alvo", "copy", () => restore.ended, async () => {
    const { pid = 0 } = restore.child;
    // the restore is held: without the guard its programs would live as long as the lock
    await expectNothingLeft(pid, ["psql", "pg_restore"], ["archive", "stage", "restore"]);
  });
  expect(await stateOf(place.target)).toBe(place.before);
}, 120_000);

test("a drill that is killed leaves no server and no files behind", async () => {
  const drill = command("drill", {});
  try {
    await expect.poll(drill.said, { timeout: 60_000 }).toContain("] check");
    await expectNothingLeft(drill.child.pid ?? 0, ["postgres"], ["postgres"]);
  } finally {
    drill.child.kill("SIGKILL");
    await drill.ended;
  }
}, 120_000);
