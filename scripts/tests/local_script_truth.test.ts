/** The archive that backup_db_local.sh writes during DDL. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Session } from "../lib/postgres/session.ts";
import { binaries, createProject, type EnginePlace, sql, startEnginePlace } from "./engine_fixture.ts";

const SCRIPT = fileURLToPath(new URL("../backup_db_local.sh", import.meta.url));
const ROWS = 500;
const PATH = `${binaries.folder}:${process.env.PATH}`;

let place: EnginePlace;
let folder: string;

beforeAll(async () => {
  place = await startEnginePlace();
  folder = await mkdtemp(join(tmpdir(), "revo-test-local-"));
});
afterAll(async () => {
  await place?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Data lines of a table in the one archive of the folder. */
async function storedRows(table: string): Promise<number> {
  const [archive = ""] = (await readdir(folder)).filter((name) => name.endsWith(".dump.gz"));
  const script = 'gunzip -c "$0" | pg_restore --data-only --table="$1" --file=-';
  const text = execFileSync("bash", ["-o", "pipefail", "-c", script, join(folder, archive), table], {
    env: { PATH },
    encoding: "utf8",
  });
  return text.split("\n").filter((line) => /^\d+\t/.test(line)).length;
}

test("a table that is truncated and reloaded while the dump begins is stored with its rows", async () => {
  const prod = await createProject(place.server, "prod");
  const load = `insert into public.itens select n, 'v' from generate_series(1, ${ROWS}) n;`;
  await sql(prod, `create table public.itens (id int primary key, v text); ${load}`);
  const other = await Session.open({ connection: prod });
  await other.run(`begin; truncate public.itens; ${load}`);
  const child = spawn("bash", ["--norc", SCRIPT, "prod"], {
    env: { PATH, HOME: folder, OUT_DIR: folder, DATABASE_URL: place.server.url("postgres", "prod") },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk) => said += String(chunk));
  const ended = once(child, "close");
  await expect.poll(() => said).toContain("copiando");
  await other.run("select pg_sleep(2); commit;");
  await other.close();
  expect(await ended).toEqual([0, null]);
  expect(said).toContain("mudou durante a cópia (tentativa 1): table itens");
  expect(await storedRows("itens")).toBe(ROWS);
});
