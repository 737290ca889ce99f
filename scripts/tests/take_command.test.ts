/** `npm run backups -- take` as an admin runs it: review, file, confirmation, audit, undo. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { makeKeyPair } from "@backup/vault/signature.ts";
import { backUp, commandEnvironment, sql } from "./engine_fixture.ts";
import { rowsOf } from "./take_fixture.ts";
import { type CatalogScene, startCatalogScene } from "./vault_content.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

interface End {
  code: number;
  stdout: string;
  stderr: string;
}

let place: CatalogScene;
let key: string;
let signing: { privateKey: string; publicKey: string };

beforeAll(async () => {
  place = await startCatalogScene();
  signing = await makeKeyPair();
  await sql(
    place.prod,
    `create table public.clientes (id int primary key, nome text, cidade text);
     create table public.pedidos (id int primary key, cliente_id int references public.clientes (id) on delete cascade);
     insert into public.clientes select i, 'Nome ' || i, 'Recife' from generate_series(1, 20) i;
     insert into public.pedidos select i, i from generate_series(1, 20) i;`,
  );
  key = (await backUp(place.store.vault, place.prod)).keys.archive;
});

afterAll(() => place?.stop());

const SCRIPT: string = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).scripts.backups;

/** Without npm, which takes a second. */
function backups(args: readonly string[], more: Record<string, string> = {}): Promise<End> {
  const env = {
    ...commandEnvironment(place),
    SUPABASE_DB_URL_PROD: place.server.url("postgres", "prod"),
    BACKUP_PUBLIC_KEYS: signing.publicKey,
    BACKUP_SIGNING_KEY: signing.privateKey,
    ...more,
  };
  const child = spawn("sh", ["-c", `${SCRIPT} "$@"`, "backups", ...args], { cwd: ROOT, env });
  const text = { stdout: "", stderr: "" };
  child.stdout.on("data", (data) => text.stdout += data);
  child.stderr.on("data", (data) => text.stderr += data);
  return new Promise((resolve) => child.on("close", (code) => resolve({ code: code ?? -1, ...text })));
}

const rows = () => rowsOf(place.server.connection("supabase_admin", "prod"));
const content = async () => [...await rows()].filter(([table]) => !table.includes("ops_db_backup")).join();
const review = () => ["take", key, "--allow-unsigned", key, "--table", "clientes"];
const CONFIRM = ["--confirm", "TAKE_PROD", "--reason", "apagados por engano"];

test("rows are reviewed, applied with the review's hash, recorded without values, and taken back", async () => {
  const before = await content();
  await sql(
    place.prod,
    "delete from public.clientes where id in (3, 4); update public.clientes set cidade = 'Olinda' where id = 5;",
  );
  const mistake = await content();
  expect(await backups(["take", key, "--table", "clientes"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("backup_unsigned"),
  });
  const file = join(place.folder, "volta.jsonl");
  const made = await backups([...review(), "--missing", "--changed", "--review", file]);
  expect(made).toMatchObject({ code: 0, stderr: "" });
  expect(made.stdout).toMatch(/public\.clientes: 2 created, 1 changed, 0 deleted/);
  expect(made.stdout).toMatch(/public\.pedidos: 2 rows, child of public\.clientes/);
  expect(made.stdout).toMatch(/~ public\.clientes 5: cidade: Olinda → Recife/);
  expect(made.stdout).toContain("nome=•••");
  expect(made.stdout).not.toContain("Nome 3");
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await content()).toBe(mistake);
  const hash = /--apply ([0-9a-f]{64})/.exec(made.stdout)?.[1] ?? "";

  const apply = ["take", "--review", file, "--apply", hash];
  expect(await backups(apply)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("CONFIRM_TAKE=TAKE_PROD"),
  });
  expect(await backups([...apply, "--confirm", "TAKE_PROD"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("reason"),
  });
  expect(await content()).toBe(mistake);

  const done = await backups([...apply, ...CONFIRM, "--json"]);
  expect(done.code).toBe(0);
  const { result } = resultSchema.parse(JSON.parse(done.stdout));
  expect(result.tables).toEqual({
    "public.clientes": { created: 2, changed: 1, deleted: 0 },
    "public.pedidos": { created: 2, changed: 0, deleted: 0 },
  });
  expect(await content()).toBe(before);

  const back = join(place.folder, "desfaz.jsonl");
  const undone = await backups(["take", "--undo", result.undo, "--review", back]);
  expect(undone).toMatchObject({ code: 0, stdout: expect.stringContaining("2 deleted") });
  const way = /--apply ([0-9a-f]{64})/.exec(undone.stdout)?.[1] ?? "";
  expect(await backups(["take", "--review", back, "--apply", way, ...CONFIRM])).toMatchObject({ code: 0 });
  expect(await content()).toBe(mistake);

  const records = await sql(
    place.prod,
    "select record from public.ops_db_backup_audit where event = 'take' order by seq;",
  );
  const steps = records.map((record) => JSON.parse(record).detail.step);
  expect(steps).toEqual(["reviewed", "begun", "done", "reviewed", "begun", "done"]);
  expect(records.join()).not.toMatch(/Nome|Recife|Olinda/);
  expect(JSON.parse(records[2] ?? "")).toMatchObject({
    r2_key: key,
    detail: {
      patch_sha256: hash,
      reason: "apagados por engano",
      tables: { "public.clientes": { created: 2 } },
    },
  });
});

test("a review with an obstacle says so, and nothing is shown on GitHub", async () => {
  await sql(
    place.prod,
    "delete from public.clientes where id = 7; alter table public.clientes add uf text not null default 'PE'; alter table public.clientes alter uf drop default;",
  );
  const made = await backups(review());
  expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining("needs a value for a new column") });
  expect(await backups(review(), { GITHUB_ACTIONS: "true" })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("GitHub"),
  });
});

const resultSchema = z.object({ result: z.object({ undo: z.string(), tables: z.unknown() }) });
