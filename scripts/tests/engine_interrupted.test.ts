/** A restore that is interrupted, at any point and by any cause, leaves the target unchanged. */
import { spawn } from "node:child_process";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Connection } from "../lib/postgres/connection.ts";
import { chooseGzip } from "../lib/process/gzip.ts";
import type { SupabaseServer } from "../lib/server/supabase.ts";
import type { Progress } from "../lib/run/progress.ts";
import { startWire } from "./broken_links.ts";
import { atPhase, dyingProgram, type HoldPoint, killChild, sqlNow, whileHeld } from "./engine_breakage.ts";
import {
  backUp,
  commandEnvironment,
  restore,
  type RestoreScene,
  sql,
  stagesOf,
  startRestoreScene,
  stateOf,
  type TestVault,
  tools,
} from "./engine_fixture.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

let place: RestoreScene;
let server: SupabaseServer;
let store: TestVault;
let prod: Connection;
let target: Connection;
let before: string;
let key: string;

beforeAll(async () => {
  place = await startRestoreScene("hold_points.sql");
  ({ server, store, prod, target, before, key } = place);
});

afterAll(() => place?.stop());

/** The engine's phases from the first change of the target on; in the first of them nothing is changed yet. */
const PHASES = ["move_aside", "load", "check", "commit"] as const;
const HELD: readonly HoldPoint[] = ["copy", "index"];
type Point = (typeof PHASES)[number] | HoldPoint;

const isHeld = (point: Point): point is HoldPoint => HELD.some((name) => name === point);

/** A restore that is interrupted at the point, by `act`. */
async function interrupted(
  point: Point,
  act: () => void,
  options: { connection?: Connection; signal?: AbortSignal } = {},
): Promise<unknown> {
  const run = (progress?: Progress) =>
    restore(store.vault, options.connection ?? target, key, { progress, signal: options.signal });
  return isHeld(point)
    ? await whileHeld(server, "alvo", point, () => run(), act)
    : await run(atPhase(point, act));
}

const phaseOf = (point: Point) => isHeld(point) ? "load" : point;

async function expectUnchanged(attempt: Promise<unknown>, point: Point, error: object): Promise<void> {
  await expect(attempt).rejects.toMatchObject({ phase: phaseOf(point), ...error });
  expect(await stateOf(target)).toBe(before);
  // without a connection it is left to the next restore
  if (!("code" in error && error.code === "database_unreachable")) expect(await stagesOf(target)).toEqual([]);
}

describe.each([...PHASES, ...HELD])("at %s", (point) => {
  test("the server terminates the session", async () => {
    const superuser = server.connection("supabase_admin", "postgres");
    const terminate = `select pg_terminate_backend(pid, 5000) from pg_stat_activity
      where datname = 'alvo' and application_name = 'revo-backups' and backend_type = 'client backend'
        and usename = 'postgres';`;
    await expectUnchanged(interrupted(point, () => sqlNow(superuser, terminate)), point, {
      code: "restore_failed",
      message: expect.stringContaining("terminating connection due to administrator command"),
    });
  });

  test("the connection breaks", async () => {
    const wire = await startWire(server.port);
    const env = { ...target.env, PGPORT: String(wire.port) };
    try {
      await expectUnchanged(interrupted(point, wire.cut, { connection: { ...target, env } }), point, {
        code: "database_unreachable",
      });
    } finally {
      wire.server.close();
    }
  });

  test("the run is cancelled", async () => {
    const cancel = new AbortController();
    const attempt = interrupted(point, () => cancel.abort(), { signal: cancel.signal });
    await expectUnchanged(attempt, point, { code: "restore_failed" });
  });
});

test("psql is killed while rows are loaded", async () => {
  await expectUnchanged(interrupted("copy", () => killChild("psql")), "copy", {
    code: "restore_failed",
    message: "psql was ended by SIGKILL",
  });
});

describe.each([0, 5000, Infinity])("after %d bytes", (bytes) => {
  test("pg_restore is killed", async () => {
    const pgRestore = await dyingProgram(place.folder, tools.pgRestore, bytes);
    const attempt = restore(store.vault, target, key, { tools: { ...tools, pgRestore } });
    await expectUnchanged(attempt, "load", {
      code: "archive_corrupt",
      phase: "statements",
    });
  });

  test("the decompressing program is killed", async () => {
    const gzip = chooseGzip();
    const [program, ...args] = gzip.decompress;
    const dying = await dyingProgram(place.folder, program, bytes);
    const attempt = restore(store.vault, target, key, { gzip: { ...gzip, decompress: [dying, ...args] } });
    await expectUnchanged(attempt, "load", { code: "archive_corrupt", phase: "stage" });
  });
});

test("the server crashes while rows are loaded, and restarts", async () => {
  // recovery may advance a sequence by up to 32 values, but none that was unused since the last checkpoint
  await sql(server.connection("supabase_admin", "alvo"), "checkpoint;");
  const attempt = whileHeld(server, "alvo", "copy", () => restore(store.vault, target, key), async () => {
    await server.stop("immediate");
    await server.start();
  });
  await expect(attempt).rejects.toMatchObject({ phase: "load" });
  expect(await stateOf(target)).toBe(before);
});

/** The restore as the workflow runs it, into `alvo`. */
function restoreCommand(archive: string): Promise<{ code: number | null; said: string }> {
  const command = spawn(join(ROOT, "node_modules", ".bin", "deno"), [
    "run",
    "-A",
    "--cached-only",
    "scripts/restore.ts",
  ], {
    cwd: ROOT,
    env: {
      ...commandEnvironment(place),
      TARGET: "dev",
      R2_KEY: archive,
      SUPABASE_DB_URL_PROD: server.url("postgres", "prod"),
      SUPABASE_DB_URL_DEV: server.url("postgres", "alvo"),
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  command.stderr.on("data", (chunk: Uint8Array) => said += String(chunk));
  return new Promise((resolve) => command.once("close", (code) => resolve({ code, said })));
}

test("the command is killed while rows are loaded", async () => {
  const end = await whileHeld(server, "alvo", "copy", () => restoreCommand(key), () => killChild("deno"));
  expect(end.code).not.toBe(0);
  const sessions = `select count(*) from pg_stat_activity where datname = 'alvo' and usename = 'postgres';`;
  const superuser = server.connection("supabase_admin", "postgres");
  await expect.poll(() => sql(superuser, sessions)).toEqual(["0"]);
  expect(await stateOf(target)).toBe(before);
});

test("the server's disk is full while an index is built: the command names phase and cause, and fails", async () => {
  await sql(prod, "create table public.grande (id integer, texto text);");
  await sql(
    prod,
    `insert into public.grande select g, md5(g::text) from generate_series(1, 100000) g;
     create index ordem on public.grande (md5(texto));`,
  );
  // little memory, so that the sort uses the disk
  await sql(
    server.connection("supabase_admin", "alvo"),
    `alter role postgres in database alvo set maintenance_work_mem = '1MB';
     alter role postgres in database alvo set max_parallel_maintenance_workers = 0;`,
  );
  const { keys } = await backUp(store.vault, prod);
  const [data = ""] = await sql(server.connection("supabase_admin", "postgres"), "show data_directory;");
  const folder = join(data, "base", "pgsql_tmp");
  const end = await whileHeld(
    server,
    "alvo",
    "copy",
    () => restoreCommand(keys.archive),
    async (backend) => {
      await mkdir(folder, { recursive: true });
      // the backend's next temporary files are on a device that is always full
      for (let n = 0; n < 20; n++) await symlink("/dev/full", join(folder, `pgsql_tmp${backend}.${n}`));
    },
  );
  expect(end.code).toBe(1);
  expect(end.said).toMatch(
    /restore_failed \(phase: load\): could not write .*pgsql_tmp.*: No space left on device/,
  );
  expect(end.said).toMatch(/hint: The server's disk is full/);
  expect(await stateOf(target)).toBe(before);
});
