/** Packages of extensions: which, how they are installed, and what the server loads. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { aptGetOf, installExtensions, settingsOf } from "./extension_packages.ts";

const EXTENSIONS = ["plpgsql", "pgcrypto", "vector", "postgis", "postgis_topology", "pg_net"];

/** @param failing what apt-get says of a package whose installation fails; after `update` it succeeds where that is `null` */
async function install(failing: Readonly<Record<string, string | null>>): Promise<string[]> {
  const calls: string[] = [];
  let isUpdated = false;
  const aptGet = (args: readonly string[]) => {
    calls.push(args.filter((arg) => !arg.startsWith("-")).join(" "));
    if (args[0] === "update") isUpdated = true;
    const name = args.at(-1) ?? "";
    const isFailing = name in failing && !(isUpdated && failing[name] === null);
    return isFailing ? Promise.reject(new Error(failing[name] ?? "old list")) : Promise.resolve();
  };
  const progress = { phase: () => {}, bytes: () => {}, log: (line: string) => void calls.push(line) };
  await installExtensions(EXTENSIONS, 17, progress, aptGet);
  return calls;
}

test("each package is installed once; extensions of contrib and without a package need none", async () => {
  expect(await install({})).toEqual([
    "install postgresql-17-pgvector",
    "installed postgresql-17-pgvector",
    "install postgresql-17-postgis-3",
    "installed postgresql-17-postgis-3",
  ]);
});

test("old lists are read again once, and what cannot be installed is reported and passed over", async () => {
  expect(await install({ "postgresql-17-pgvector": null, "postgresql-17-postgis-3": "no such package" }))
    .toEqual([
      "install postgresql-17-pgvector",
      "update",
      "install postgresql-17-pgvector",
      "installed postgresql-17-pgvector",
      "install postgresql-17-postgis-3",
      "cannot install postgresql-17-postgis-3: no such package",
    ]);
});

test("nothing is installed on a machine that is not GitHub's own", () => {
  expect(aptGetOf({})).toBeNull();
  expect(aptGetOf({ RUNNER_ENVIRONMENT: "self-hosted" })).toBeNull();
  expect(aptGetOf({ RUNNER_ENVIRONMENT: "github-hosted" })).not.toBeNull();
});

test("a library is loaded only where the machine has it, and jobs do not run", async () => {
  const installation = await mkdtemp(join(tmpdir(), "installation-"));
  try {
    await mkdir(join(installation, "lib"));
    const binaries = { folder: join(installation, "bin") };
    await mkdir(binaries.folder);
    expect(settingsOf(["pg_cron"], binaries, "drill")).toEqual({});
    await writeFile(join(installation, "lib/pg_cron.so"), "");
    expect(settingsOf(["vector"], binaries, "drill")).toEqual({});
    expect(settingsOf(["pg_cron", "pgaudit"], binaries, "drill")).toMatchObject({
      shared_preload_libraries: "pg_cron",
      "cron.database_name": "drill",
      "cron.launch_active_jobs": "off",
    });
  } finally {
    await rm(installation, { recursive: true });
  }
});
