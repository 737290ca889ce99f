/**
 * A restore whose outcome is unknown, since the connection breaks during COMMIT. The command reports that, and how to
 * find out; the target has either the old or the restored content, never a mixture.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toBackupError } from "@backup/errors.ts";
import { migrate, readMigrations } from "../dev/migrate.ts";
import { restoreSql } from "../lib/restore/restore_sql.ts";
import { startCommitCutter } from "./broken_links.ts";
import {
  binaries,
  commandEnvironment,
  contentOf,
  restore,
  type RestoreScene,
  sql,
  startRestoreScene,
  stateOf,
} from "./engine_fixture.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** The schema that the message names for the check. */
const TRACE = /If the target has the schema (restore_old_\d+_public) now/;

let scene: RestoreScene;

beforeAll(async () => {
  scene = await startRestoreScene("hold_points.sql");
});
afterAll(() => scene?.stop());

/** Whether the target has the schema that the message names. */
async function isThere(said: string | null | undefined): Promise<boolean> {
  const schema = TRACE.exec(said ?? "")?.[1];
  if (schema === undefined) throw new Error(`It names nothing to look for: ${said}`);
  const [answer] = await sql(scene.target, `select to_regnamespace('${schema}') is not null;`);
  return answer === "t";
}

test("reports an unknown outcome when the connection breaks before COMMIT reaches the server", async () => {
  const cutter = await startCommitCutter(scene.server.port, "before");
  const connection = { ...scene.target, env: { ...scene.target.env, PGPORT: String(cutter.port) } };
  const thrown = await restore(scene.store.vault, connection, scene.key).catch((error: unknown) => error);
  cutter.server.close();
  expect(cutter.hasCut()).toBe(true);
  const error = toBackupError(thrown);
  expect(error).toMatchObject({ code: "restore_outcome_unknown", phase: "commit" });
  expect(await isThere(error.hint)).toBe(false);
  expect(await stateOf(scene.target)).toBe(scene.before);
});

test("exits with 5 and records an unknown outcome when the reply to COMMIT is lost; all data is restored", async () => {
  const { server, prod, target, key } = scene;
  const wanted = await contentOf(prod);
  await migrate(binaries.path("psql"), prod, await readMigrations());
  const cutter = await startCommitCutter(server.port, "after");
  const url = new URL(server.url("postgres", "alvo"));
  url.port = String(cutter.port);
  const { code, said } = await restoreCommand(key, url.href);
  cutter.server.close();
  expect(cutter.hasCut()).toBe(true);
  expect({ code, said }).toEqual({
    code: 5,
    said: expect.stringMatching(/^restore_outcome_unknown \(phase: commit\): .*asked to commit/),
  });
  expect(await isThere(said)).toBe(true);
  const run = "select status, error_code, error_message from public.ops_db_backup_runs;";
  const [row] = await sql(prod, run);
  expect(row).toMatch(/^failed\|restore_outcome_unknown\|/);
  expect(row).toMatch(TRACE);
  // as at the end of any restore
  await sql(target, await restoreSql("cleanup.sql"));
  expect(await contentOf(target)).toBe(wanted);
});

function restoreCommand(archive: string, url: string): Promise<{ code: number | null; said: string }> {
  const command = spawn(join(ROOT, "node_modules", ".bin", "deno"), ["task", "-q", "restore"], {
    cwd: ROOT,
    env: {
      ...commandEnvironment(scene),
      TARGET: "dev",
      R2_KEY: archive,
      SUPABASE_DB_URL_PROD: scene.server.url("postgres", "prod"),
      SUPABASE_DB_URL_DEV: url,
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  command.stderr.on("data", (chunk: Uint8Array) => said += String(chunk));
  return new Promise((resolve) => command.once("close", (code) => resolve({ code, said })));
}
