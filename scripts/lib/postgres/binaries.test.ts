import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BackupError } from "@backup/errors.ts";
import { findPostgres } from "./binaries.ts";

let root = "";

beforeAll(async () => root = await mkdtemp(join(tmpdir(), "binaries-")));
afterAll(() => rm(root, { recursive: true }));

async function install(folder: string, version: string, programs: readonly string[]): Promise<string> {
  const path = join(root, folder);
  await mkdir(path, { recursive: true });
  for (const program of programs) {
    await writeFile(join(path, program), `#!/bin/sh\necho "${program} (PostgreSQL) ${version}"\n`);
    await chmod(join(path, program), 0o755);
  }
  return path;
}

test("the newest installation that has every program is used, in whatever folder", async () => {
  const places = [join(root, "a/*/bin")];
  await install("a/14/bin", "14.22", ["psql", "postgres"]);
  const fifteen = await install("a/15/bin", "15.9 (Debian 15.9-1)", ["psql", "postgres"]);
  await install("a/18/bin", "18.1", ["psql"]);
  const onPath = await install("path", "15.10", ["psql", "postgres"]);
  const environment = { PATH: `/nowhere:${onPath}` };
  const find = (needed: string[], major?: number) => findPostgres(needed, { places, environment, major });

  expect(find(["psql", "postgres"])).toMatchObject({ version: "15.10", major: 15, folder: onPath });
  expect(find(["psql"])).toMatchObject({ version: "18.1" });
  expect(find(["psql"], 14)).toMatchObject({ version: "14.22" });
  expect(findPostgres(["psql"], { places, environment: {}, major: 15 }).path("psql")).toBe(
    join(fifteen, "psql"),
  );
});

test("what is too old, incomplete or broken is skipped, and the message says what to install", async () => {
  const places = [join(root, "b/*/bin")];
  await install("b/13/bin", "13.1", ["psql"]);
  await install("b/16/bin", "16.1", ["postgres"]);
  const broken = await install("b/17/bin", "17.1", ["psql"]);
  await writeFile(join(broken, "psql"), "#!/bin/sh\nexit 1\n");
  let thrown: unknown;
  try {
    findPostgres(["psql"], { places, environment: {} });
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(BackupError);
  expect(thrown).toMatchObject({
    code: "missing_tool",
    hint: expect.stringContaining("apt-get install postgresql"),
  });
});

test("linked programs are started once, and a wrapper only without another installation", async () => {
  const real = await install("d/16/bin", "16.1", ["psql"]);
  await install("d/wrapped", "16.1", ["wrapper"]);
  const [linked, wrapped] = [join(root, "d/linked"), join(root, "d/path")];
  await symlink(real, linked);
  await mkdir(wrapped);
  await symlink(join(root, "d/wrapped/wrapper"), join(wrapped, "psql"));
  for (const [file, name] of [[join(real, "psql"), "psql"], [join(root, "d/wrapped/wrapper"), "wrapper"]]) {
    await appendFile(file ?? "", `echo ${name} >>"${join(root, "started")}"\n`);
  }
  const started = async () => (await readFile(join(root, "started"), "utf8")).trim().split("\n");
  const find = (...path: string[]) =>
    findPostgres(["psql"], { places: [], environment: { PATH: path.join(":") } });

  expect(find(wrapped, real, linked).folder).toBe(real);
  expect(await started()).toEqual(["psql"]);
  expect(find(wrapped).folder).toBe(wrapped);
  expect(await started()).toEqual(["psql", "wrapper"]);
});

test("REVO_PG_BIN is the only place when it is set", async () => {
  const places = [join(root, "c/*/bin")];
  await install("c/17/bin", "17.1", ["psql"]);
  const chosen = await install("chosen", "16.2", ["psql"]);
  expect(findPostgres(["psql"], { places, environment: { REVO_PG_BIN: chosen } }).version).toBe("16.2");
  expect(() => findPostgres(["initdb"], { places, environment: { REVO_PG_BIN: chosen } })).toThrow(chosen);
});
