/** A failure to write output does not change the result of a command. */
import { spawn } from "node:child_process";
import { constants, openSync, writeSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ROOT } from "../dev/root.ts";
import { runPipeline } from "../lib/process/pipeline.ts";
import { commandEnvironment, fixture, sql } from "./engine_fixture.ts";
import { type CatalogScene, keysOf, startCatalogScene } from "./vault_content.ts";

let place: CatalogScene;

beforeAll(async () => {
  place = await startCatalogScene();
  await sql(place.prod, await fixture("every_kind.sql"));
});
beforeEach(() => place.empty());
afterAll(() => place?.stop());

interface End {
  code: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
}

const DENO = [join(ROOT, "node_modules", ".bin", "deno"), "run", "-A", "--cached-only"];

function command(file: string, stdout: "pipe" | number, env: object = {}) {
  const [program = "", ...args] = [...DENO, `scripts/${file}.ts`];
  const child = spawn(program, args, {
    cwd: ROOT,
    env: {
      ...commandEnvironment(place),
      SUPABASE_DB_URL_PROD: place.server.url("postgres", "prod"),
      TARGET: "prod",
      ...env,
    },
    stdio: ["ignore", stdout, "pipe"],
  });
  let stderr = "";
  child.stderr?.on("data", (chunk: Uint8Array) => stderr += String(chunk));
  const ended = new Promise<End>((resolve) =>
    child.once("close", (code, signal) => resolve({ code, signal, stderr }))
  );
  return { child, ended };
}

const runs = () => sql(place.prod, "select kind || ' ' || status from public.ops_db_backup_runs order by 1;");
const manifests = async () =>
  (await keysOf(place.store.vault, "revo/")).filter((key) => key.endsWith(".manifest.json"));

/** Reads one line, then closes the pipe, as `head -1` does. */
function readerThatLeaves(file: string, env?: object): Promise<End> {
  const { child, ended } = command(file, "pipe", env);
  child.stdout?.once("data", () => child.stdout?.destroy());
  return ended;
}

test("a backup completes when the reader of its output exits after the first line", async () => {
  const { code, stderr } = await readerThatLeaves("backup");
  expect(stderr).toMatch(/warning: standard output was not written to its end: .*Broken pipe/);
  expect(code).toBe(0);
  expect(await manifests()).toHaveLength(1);
  expect(await runs()).toEqual(["backup succeeded"]);
});

test("a backup completes when standard output is on a full disk", async () => {
  const { code, stderr } = await command("backup", openSync("/dev/full", "w")).ended;
  expect(stderr).toMatch(/warning: standard output was not written to its end: No space left on device/);
  expect(code).toBe(0);
  expect(await manifests()).toHaveLength(1);
  expect(await runs()).toEqual(["backup succeeded"]);
});

test("a restore is committed and recorded when the reader of its output exits", async () => {
  expect(await command("backup", "pipe").ended.then(({ code }) => code)).toBe(0);
  const [manifest = ""] = await manifests();
  const key = manifest.replace(".manifest.json", ".dump.gz");
  await sql(place.prod, "delete from public.sem_chave;");
  const { code } = await readerThatLeaves("restore", { R2_KEY: key, CONFIRM: "RESTORE_PROD" });
  expect(code).toBe(0);
  expect(await sql(place.prod, "select count(*) > 0 from public.sem_chave;")).toEqual(["t"]);
  expect(await runs()).toContain("restore succeeded");
}, 120_000);

/** The write end of a full pipe that no process reads. */
async function fullPipe(): Promise<number> {
  const path = join(await mkdtemp(join(place.folder, "pipe-")), "fifo");
  await runPipeline([["mkfifo", path]]);
  const both = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  expect(() => {
    for (;;) writeSync(both, Buffer.alloc(4096));
  }).toThrow("EAGAIN");
  return openSync(path, "w");
}

test.each(["text", "json"])(
  "a backup completes when no process reads its output in %s, and SIGTERM ends the wait",
  async (format) => {
    const { child, ended } = command("backup", await fullPipe(), { REVO_OUTPUT: format });
    try {
      await expect.poll(runs, { timeout: 30_000 }).toEqual(["backup succeeded"]);
      const signalledAt = performance.now();
      child.kill("SIGTERM");
      expect((await ended).code).toBe(0);
      expect(performance.now() - signalledAt).toBeLessThan(5_000);
    } finally {
      if (child.exitCode === null) child.kill("SIGKILL");
    }
  },
  60_000,
);

test("a job summary that cannot be written is a warning of the backup", async () => {
  const { code } = await command("backup", "pipe", { GITHUB_STEP_SUMMARY: "/dev/full" }).ended;
  expect(code).toBe(0);
  expect(await sql(place.prod, "select status, result ->> 'warnings' from public.ops_db_backup_runs;"))
    .toEqual([
      expect.stringMatching(/^succeeded\|.*job's summary could not be written.*no space left/i),
    ]);
});
