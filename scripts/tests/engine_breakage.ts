/** Faults that the engine's tests cause at a defined moment. */
import { execFileSync } from "node:child_process";
import { existsSync, rmSync, statSync } from "node:fs";
import { chown, mkdir, mkdtemp, rmdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Connection } from "../lib/postgres/connection.ts";
import type { SupabaseServer } from "../lib/server/supabase.ts";
import type { Progress } from "../lib/run/progress.ts";
import { PsqlSession } from "../lib/postgres/psql.ts";
import { binaries, progressWith } from "./engine_fixture.ts";

/** Where `fixtures/hold_points.sql` can be held, by the number of its advisory lock. */
const HOLD_POINTS = { copy: 1, index: 2 } as const;
export type HoldPoint = keyof typeof HOLD_POINTS;

/** Runs a query synchronously: nothing else can run between two steps of the engine. */
export function sqlNow({ env }: Connection, query: string): string {
  const psql = binaries.path("psql");
  return execFileSync(psql, ["-qXAtc", query], { env: { ...process.env, ...env } }).toString().trim();
}

/** Runs `act` when the engine enters a phase, before its first action there. */
export function atPhase(wanted: string, act: () => void): Progress {
  return progressWith({ phase: (name) => name === wanted && act() });
}

/**
 * Runs `work`, whose restore stops at the point; then `act` with the restore's server process; then the restore
 * continues.
 * @param database target of the restore.
 */
export async function whileHeld<T>(
  server: SupabaseServer,
  database: string,
  point: HoldPoint,
  work: () => Promise<T>,
  act: (backend: number) => unknown,
): Promise<T> {
  const connection = server.connection("supabase_admin", database);
  const holder = await PsqlSession.open({ psql: binaries.path("psql"), connection });
  try {
    await holder.run(`select pg_advisory_lock(4242, ${HOLD_POINTS[point]}) \\g /dev/null`);
    const result = work();
    result.catch(() => {}); // the caller awaits it
    try {
      await act(await waiterOn(holder, HOLD_POINTS[point]));
    } finally {
      await holder.kill();
      await result.catch(() => {}); // it must not run during the next test
    }
    return await result;
  } finally {
    await holder.kill();
  }
}

async function waiterOn(holder: PsqlSession, lock: number): Promise<number> {
  const query = `select pid from pg_locks where locktype = 'advisory' and classid = 4242 and objid = ${lock}
     and not granted;`;
  for (const limit = Date.now() + 30_000; Date.now() < limit; await sleep(10)) {
    const [pid] = await holder.run(query);
    if (pid !== undefined) return Number(pid);
  }
  throw new Error("the restore did not reach the point where it is held");
}

/** Kills the programs of that name that this process started, directly or indirectly. @throws when there is none. */
export function killChild(name: string): void {
  const listed = execFileSync("ps", ["-eo", "pid=,ppid=,comm="]).toString().trim().split("\n")
    .map((line) => line.trim().split(/\s+/));
  const parents = new Map(listed.map(([pid, parent]) => [pid, parent]));
  const isOurs = (pid: string | undefined): boolean =>
    pid !== undefined && pid !== "0" && (pid === String(process.pid) || isOurs(parents.get(pid)));
  const found = listed.filter(([pid, , program]) => program === name && isOurs(pid));
  if (found.length === 0) throw new Error(`no ${name} is running`);
  for (const [pid] of found) process.kill(Number(pid), "SIGKILL");
}

/** A program that forwards the given number of bytes of the real one's output, and then is killed. */
export async function dyingProgram(folder: string, program: string, bytes: number): Promise<string> {
  const path = join(await mkdtemp(join(folder, "dying-")), basename(program));
  const limited = Number.isFinite(bytes) ? `| head -c ${bytes}` : "";
  await writeFile(path, `#!/bin/bash\n'${program}' "$@" ${limited}\nkill -9 $$\n`, { mode: 0o755 });
  return path;
}

/** Ends the server as a crash does, and waits for its end. */
export function crashNow({ pid }: SupabaseServer, admin: Connection): void {
  if (pid === undefined) throw new Error("the server does not run");
  const lock = join(sqlNow(admin, "show data_directory"), "postmaster.pid");
  process.kill(pid, "SIGQUIT");
  while (existsSync(lock)) execFileSync("sleep", ["0.02"]);
}

/** Writes into the folder's file system until it is full. */
export function fillDisk(folder: string): void {
  execFileSync("bash", ["-c", 'cat /dev/zero > "$1" 2> /dev/null || true', "-", join(folder, FILLER)]);
}

const FILLER = "cheio";

/** A small file system in memory. Only root can make one. */
export class SmallDisk {
  private constructor(readonly path: string) {}

  static async make(parent: string, megabytes: number): Promise<SmallDisk> {
    const path = await mkdtemp(join(parent, "pequeno-"));
    asRoot("mount", "-t", "tmpfs", "-o", `size=${megabytes}m,mode=1777`, "none", path);
    return new SmallDisk(path);
  }

  /** A folder on it, with the owner of another one. */
  async folderFor(owned: string): Promise<string> {
    const folder = join(this.path, "dados");
    await mkdir(folder, { mode: 0o700 });
    const { uid, gid } = statSync(owned);
    await chown(folder, uid, gid);
    return folder;
  }

  empty(): void {
    rmSync(join(this.path, FILLER), { force: true });
  }

  async remove(): Promise<void> {
    asRoot("umount", this.path);
    await rmdir(this.path);
  }
}

function asRoot(...command: readonly string[]): void {
  const [program = "", ...args] = process.getuid?.() === 0 ? command : ["sudo", "-n", ...command];
  execFileSync(program, args);
}
