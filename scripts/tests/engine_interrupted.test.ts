/**
 * A restore that is interrupted, at any point and by any cause, leaves the target unchanged, or restored when it has
 * committed, and nothing beside it. One cell per point and cause: a dozen by day, all of them at night.
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { symlinkSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compareDatabases } from "../dev/compare.ts";
import { ROOT } from "../dev/root.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { PsqlSession } from "../lib/postgres/psql.ts";
import { chooseGzip } from "../lib/process/gzip.ts";
import { planRestore } from "../lib/restore/plan.ts";
import { dropLeftContent } from "../lib/restore/old_content.ts";
import { readStoredToc } from "../lib/vault/stored_toc.ts";
import type { Vault } from "../lib/vault/vault.ts";
import type { SupabaseServer } from "../lib/server/supabase.ts";
import { startWire, throughRelay } from "./broken_links.ts";
import {
  crashNow,
  dyingProgram,
  fillDisk,
  type HoldPoint,
  killChild,
  SmallDisk,
  sqlNow,
  whileHeld,
} from "./engine_breakage.ts";
import {
  backUp,
  commandEnvironment,
  engine,
  type EngineOptions,
  restore,
  type RestoreScene,
  sql,
  stagesOf,
  startRestoreScene,
  stateOf,
  type TestVault,
  tools,
} from "./engine_fixture.ts";
import { isLarge } from "./sizes.ts";

/**
 * The phases of a restore in their order, and points within them: the first rows of the stage are loaded, a COPY and an index
 * of the transaction are held.
 */
const POINTS = [
  "download",
  "inspect",
  "stage",
  "rows",
  "build",
  "safety_backup",
  "statements",
  "lock",
  "move_aside",
  "load",
  "copy",
  "index",
  "check",
  "commit",
  "cleanup",
] as const;
type Point = (typeof POINTS)[number];

/** Phases in which the error of what happened at a point is reported; by default that of the point's name. */
const PHASES: Partial<Record<Point, RegExp>> = {
  rows: /^(stage|build)$/,
  // only the session that holds the lock is there, and it works again after the copy
  safety_backup: /^(safety_backup|statements)$/,
  copy: /^load$/,
  index: /^load$/,
};
/** Before the first statement on the target the run's own phase says enough. */
const phaseOf = (point: Point) =>
  point === "download" || point === "inspect"
    ? {}
    : { phase: expect.stringMatching(PHASES[point] ?? `^${point}$`) };
const isHeld = (point: Point): point is HoldPoint => point === "copy" || point === "index";
const from = (first: Point) => POINTS.slice(POINTS.indexOf(first));

/** What is staged: enough rows for an index to be sorted on the disk. */
const STAGED = `
create table public.vendas (id integer primary key, cliente integer references public.clientes, texto text);
insert into public.vendas select g, 1 + g % 300, md5(g::text) from generate_series(1, 30000) g;
create index on public.vendas (texto);`;

let place: RestoreScene;
let server: SupabaseServer;
let store: TestVault;
let target: Connection;
let admin: Connection;
let before: string;
let key: string;
const { TMPDIR } = process.env;

beforeAll(async () => {
  place = await startRestoreScene("hold_points.sql", STAGED);
  ({ server, store, target, before, key } = place);
  admin = server.connection("supabase_admin", "postgres");
  await server.copyDatabase("alvo", "modelo");
  process.env.TMPDIR = place.folder; // so that what a restore leaves there is seen
});

afterAll(async () => {
  process.env.TMPDIR = TMPDIR;
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  await place?.stop();
});

interface Options extends EngineOptions {
  connection?: Connection;
  vault?: Vault;
  archive?: string;
}

/** A restore during which `act` happens at the point, and nothing else meanwhile. */
async function interrupted(point: Point, act: () => void, options: Options = {}): Promise<unknown> {
  const { connection = target, vault = store.vault, archive = key, ...rest } = options;
  let isDone = false;
  const actOnce = () => {
    if (isDone) return;
    isDone = true;
    act();
  };
  const at = (reached: string) => reached === point && actOnce();
  const run = () =>
    restore(vault, connection, archive, {
      ...rest,
      progress: { phase: at, bytes: () => {}, rows: () => at("rows"), log: () => {} },
      // a copy of the target takes as long as the rest
      ...(point === "safety_backup" && { safety: SAFETY }),
    });
  try {
    return isHeld(point) ? await whileHeld(server, "alvo", point, run, actOnce) : await run();
  } catch (error) {
    if (isDone) throw error;
    throw new Error(`the restore did not reach ${point}`, { cause: error });
  }
}

const SAFETY = { requestedBy: "test", requestId: randomUUID(), run: null, gitSha: null };

interface Cause {
  points: readonly Point[];
  byDay: readonly Point[];
  run(point: Point): Promise<unknown>;
  /** Besides the phase; `null`: the restore does not need what broke. */
  error(point: Point): object | null;
  /** The restore could not drop its stage: the next command does. */
  leaves?: true;
  /** Whether the restore ends well. By default what happens after COMMIT cannot undo it, and everything else does. */
  endsRestored?(point: Point): boolean;
}

/** Of the restore's own sessions. */
const SESSIONS = `from pg_stat_activity where datname = 'alvo' and usename = 'postgres'
  and backend_type = 'client backend'`;

async function throughWire(point: Point, how: "cut" | "drop"): Promise<unknown> {
  const wire = await startWire(server.port);
  const env = { ...target.env, PGPORT: String(wire.port) };
  try {
    return await interrupted(point, wire[how], { connection: { ...target, env } });
  } finally {
    wire.server.close();
  }
}

const CAUSES: Record<string, Cause> = {
  "the run is cancelled": {
    points: POINTS,
    byDay: ["rows", "build", "safety_backup", "lock", "commit"],
    async run(point) {
      const cancel = new AbortController();
      let at = 0;
      const attempt = interrupted(point, () => {
        at = performance.now();
        cancel.abort();
      }, { signal: cancel.signal });
      return await attempt.finally(() => expect(performance.now() - at).toBeLessThan(2000));
    },
    error: () => ({}),
  },
  "the server ends its sessions": {
    points: from("rows"),
    byDay: ["copy"],
    run: (point) =>
      interrupted(point, () => sqlNow(admin, `select pg_terminate_backend(pid, 5000) ${SESSIONS}`)),
    error: () => ({
      message: expect.stringContaining("terminating connection due to administrator command"),
    }),
  },
  "the connection breaks": {
    points: POINTS.slice(1),
    byDay: ["check"],
    run: (point) => throughWire(point, "cut"),
    error: () => ({}),
    leaves: true,
  },
  "the pooler restarts": {
    points: from("rows"),
    byDay: ["lock"],
    run: (point) => throughWire(point, "drop"),
    error: () => ({}),
  },
  "a session is killed, and the server with it": {
    points: ["rows", "build", "lock", "copy", "check", "commit"],
    byDay: [],
    async run(point) {
      await checkpoint();
      const newest = `select pid ${SESSIONS} order by backend_start desc limit 1`;
      const act = () => process.kill(Number(sqlNow(admin, newest)), "SIGKILL");
      return await interrupted(point, act).finally(untilAnswers);
    },
    error: () => ({}),
    leaves: true,
  },
  "the server crashes, and restarts": {
    points: from("rows"),
    byDay: ["rows"],
    async run(point) {
      await checkpoint();
      return await interrupted(point, () => crashNow(server, admin)).finally(async () => {
        await server.stop("immediate");
        await server.start();
      });
    },
    error: () => ({}),
    leaves: true,
  },
  "its process is killed": {
    points: POINTS.filter((point) => !isHeld(point)),
    byDay: [],
    run: async (point) => {
      const args = ["run", "-A", "--cached-only", "scripts/tests/dying_restore.ts", point, key];
      const child = spawn(join(ROOT, "node_modules", ".bin", "deno"), args, {
        cwd: ROOT,
        env: { ...commandEnvironment(place), SUPABASE_DB_URL_DEV: server.url("postgres", "alvo") },
        stdio: ["ignore", "ignore", "inherit"],
      });
      const signal = await new Promise((resolve) => child.once("close", (_code, signal) => resolve(signal)));
      expect(signal).toBe("SIGKILL");
    },
    error: () => null,
    leaves: true,
  },
  "psql is killed": {
    points: from("statements").filter((point) => point !== "cleanup"),
    byDay: [],
    run: (point) => interrupted(point, () => killChild("psql")),
    error: () => ({}),
  },
  "the vault is cut off": {
    points: ["download", "stage", "rows", "safety_backup", "statements", "commit"],
    byDay: ["safety_backup"],
    run: (point) => {
      let isCut = false;
      return throughRelay(
        store,
        { breaks: () => isCut ? { after: 0, how: "cut" } : null },
        (vault) => interrupted(point, () => isCut = true, { vault }),
      );
    },
    error: (point) =>
      point === "statements" || point === "commit"
        ? null
        // without a copy of the target the fingerprint is read next, which belongs to no phase
        : {
          code: expect.stringMatching(/^vault_|^safety_backup_failed$/),
          ...(point === "stage" || point === "rows") && { phase: null },
        },
    endsRestored: (point) => point === "statements" || point === "commit",
  },
  "the server's disk is full while an index is sorted": {
    points: ["rows"],
    byDay: ["rows"],
    async run(point) {
      const [data = ""] = await sql(admin, "show data_directory;");
      const folder = join(data, "base", "pgsql_tmp");
      await mkdir(folder, { recursive: true });
      // little memory, so that the sort uses the disk
      await sql(
        server.connection("supabase_admin", "alvo"),
        `alter role postgres in database alvo set maintenance_work_mem = '1MB';
         alter role postgres in database alvo set max_parallel_maintenance_workers = 0;`,
      );
      return await interrupted(point, () => {
        // a session's next temporary files are on a device that is always full
        for (const pid of sqlNow(admin, `select pid ${SESSIONS}`).split("\n")) {
          for (let n = 0; n < 20; n++) symlinkSync("/dev/full", join(folder, `pgsql_tmp${pid}.${n}`));
        }
      }).finally(() =>
        sql(server.connection("supabase_admin", "alvo"), "alter role postgres in database alvo reset all;")
      );
    },
    error: () => ({
      code: "restore_failed",
      message: expect.stringMatching(/could not write .*pgsql_tmp.*: No space left on device/),
      hint: expect.stringContaining("The server's disk is full"),
    }),
  },
  "its lock is never given": {
    points: ["lock"],
    byDay: ["lock"],
    async run(point) {
      const holder = await PsqlSession.open({
        psql: tools.psql,
        connection: server.connection("supabase_admin", "alvo"),
      });
      await holder.run("begin; lock table public.clientes in access share mode;");
      return await interrupted(point, () => {}, { lockTimeoutMs: 200 }).finally(() => holder.kill());
    },
    error: () => ({ code: "target_locked" }),
  },
  "pg_restore is killed": {
    points: ["statements"],
    byDay: ["statements"],
    run: async (point) => {
      const pgRestore = await dyingProgram(place.folder, tools.pgRestore, 5000);
      return await interrupted(point, () => {}, { tools: { ...tools, pgRestore } });
    },
    error: () => ({ code: "archive_corrupt", phase: "statements" }),
  },
  "the decompressing program is killed": {
    points: ["stage"],
    byDay: ["stage"],
    run: async (point) => {
      const gzip = chooseGzip();
      const [program, ...args] = gzip.decompress;
      const dying = await dyingProgram(place.folder, program, 500_000);
      return await interrupted(point, () => {}, { gzip: { ...gzip, decompress: [dying, ...args] } });
    },
    error: () => ({ code: "archive_corrupt" }),
  },
};

/** Disks that are full from the point on: to make them takes the rights of root, which the night's machine has. */
const FULL_DISKS: Record<string, Cause> = {
  "the server's disk is full": {
    points: ["stage", "rows", "build", "move_aside", "load", "copy", "check", "cleanup"],
    byDay: [],
    async run(point) {
      const disk = await SmallDisk.make(place.folder, 64);
      const small = server.connection("supabase_admin", "postgres");
      try {
        const location = await disk.folderFor(sqlNow(admin, "show data_directory"));
        await sql(small, `create tablespace pequeno location '${location}';`);
        await sql(small, "alter database alvo set tablespace pequeno;");
        return await interrupted(point, () => fillDisk(disk.path)).finally(() => disk.empty());
      } finally {
        await untilIdle();
        await sql(small, "alter database alvo set tablespace pg_default;");
        await sql(small, "drop tablespace pequeno;");
        await disk.remove();
      }
    },
    error: (point) => point === "check" ? null : { code: "restore_failed", details: { sqlstate: "53100" } },
    endsRestored: (point) => point === "check" || point === "cleanup",
  },
  "this machine's disk is full": {
    points: ["stage", "rows", "build", "statements", "load"],
    byDay: [],
    async run(point) {
      const disk = await SmallDisk.make(place.folder, 8);
      process.env.TMPDIR = disk.path;
      try {
        return await interrupted(point, () => fillDisk(disk.path));
      } finally {
        process.env.TMPDIR = place.folder;
        await disk.remove();
      }
    },
    // what is written next may be in the next phase
    error: (point) => ({
      code: "not_enough_disk",
      ...point === "build" && { phase: "statements" },
    }),
  },
};

/** Recovery may advance a sequence by up to 32 values, but none that was unused since the last checkpoint. */
async function checkpoint(): Promise<void> {
  await sql(server.connection("supabase_admin", "alvo"), "checkpoint;");
}

async function untilAnswers(): Promise<void> {
  await expect.poll(() => sql(admin, "select 1;").catch(() => []), { timeout: 20_000 }).toEqual(["1"]);
}

/** Nothing of the restore works on any more. */
async function untilIdle(): Promise<void> {
  await expect.poll(() => sql(admin, `select count(*) ${SESSIONS};`), { timeout: 20_000 }).toEqual(["0"]);
}

const LEFT = "select count(*) from pg_namespace where nspname like 'restore\\_old\\_%';";

async function expectNothingLeft(): Promise<void> {
  await untilIdle();
  const folders = async () =>
    (await readdir(place.folder)).filter((name) => /^revo-(?:archive|stage|restore)-/.test(name));
  await expect.poll(folders).toEqual([]);
  expect(await sql(target, LEFT)).toEqual(["0"]);
}

const every = isLarge ? { ...CAUSES, ...FULL_DISKS } : CAUSES;
const cells = Object.entries(every).flatMap(([name, cause]) =>
  (isLarge ? cause.points : cause.byDay).map((point) => [name, point, cause] as const)
);

test.each(cells)("%s, at %s", async (_name, point, { run, error, leaves = false, endsRestored }) => {
  const expected = point === "cleanup" ? null : error(point);
  if (expected === null) await run(point);
  else {await expect(run(point)).rejects.toMatchObject({
      ...phaseOf(point),
      ...expected,
    });}

  if (leaves) {
    await untilIdle();
    await dropLeftContent(target); // as every backup does
  }
  const isRestored = endsRestored?.(point) ?? point === "cleanup";
  if (!isRestored) {
    expect(await stateOf(target)).toBe(before);
    return await expectNothingLeft();
  }
  try {
    const [source = "", restored = ""] = ["prod", "alvo"].map((name) => server.url("postgres", name));
    expect(await compareDatabases(source, restored)).toMatchObject({ equal: true, differences: [] });
    // what could not be dropped after COMMIT goes with the next restore
    if (point === "cleanup") await restore(store.vault, target, key);
    await expectNothingLeft();
  } finally {
    await untilIdle();
    await sql(admin, "drop database alvo;");
    await server.copyDatabase("modelo", "alvo");
  }
  expect(await stateOf(target)).toBe(before);
});

test("a stage that was left behind is in no backup, in no plan, and open to no role of the API", async () => {
  await CAUSES["its process is killed"]?.run("lock");
  await untilIdle();
  const stages = "select nspname from pg_namespace where starts_with(nspname, 'restore_old_new_')";
  expect(await stagesOf(target)).not.toEqual([]);
  const roles = "unnest(array['anon', 'authenticated', 'service_role', 'authenticator']) role";
  const usable =
    `select role from (${stages}) stage, ${roles} where has_schema_privilege(role, nspname, 'usage');`;
  expect(await sql(target, usable)).toEqual([]);

  const { keys, manifest } = await backUp(store.vault, target);
  expect(Object.keys(manifest.rows).filter((name) => name.startsWith("restore_old"))).toEqual([]);
  const toc = await readStoredToc(store.vault, keys.archive);
  expect(toc.entries.filter(({ schema, tag }) => `${schema} ${tag}`.includes("restore_old"))).toEqual([]);
  const plan = await planRestore(
    { ...engine(store.vault, target), pastRestores: () => Promise.resolve([]) },
    { target: "dev", key, allowSchemaOnly: false },
  );
  expect(JSON.stringify(plan)).not.toContain("restore_old");
  await dropLeftContent(target);
  expect(await stateOf(target)).toBe(before);
  await expectNothingLeft();
});
