import { expect, test } from "vitest";
import type { TocEntry } from "../archive/archive_toc.ts";
import type { RestoreTargetFacts } from "./target_facts.ts";
import { targetObstacles } from "./target_obstacles.ts";

function rowsOf(schema: string, tag: string, columns = "id"): TocEntry {
  const copyStatement = `COPY ${schema}.${tag} (${columns}) FROM stdin;\n`;
  return {
    dumpId: 1,
    kind: "TABLE DATA",
    schema,
    tag,
    owner: "",
    definition: "",
    copyStatement,
    dependencies: [],
    drop: "",
    section: 3,
    hasData: true,
    tablespace: "",
    accessMethod: "",
  };
}

const facts: RestoreTargetFacts = {
  keepOps: false,
  installedExtensions: new Set(),
  availableExtensions: new Set(),
  missingRoles: [],
  major: 15,
  databaseBytes: 0,
  user: "postgres",
  ownRoles: new Set(),
  projectExtensions: new Map(),
  extensions: [],
  extensionNames: { types: new Set(), operatorClasses: new Set() },
  platformColumns: new Map([["auth.users", [{ name: "id", isRequired: true }]]]),
  notOwned: [],
  extensionRows: new Map(),
  dependents: [],
  missingObjects: new Set(),
  lockTable: { setting: 64, sessions: 100, moved: 0, locksDependencies: false },
};

/** Without a manifest: the rows of its tables are unknown. */
function obstaclesOf(entries: TocEntry[], dumpVersion = "15.1", salvage = false) {
  const selection = { main: [1], largeObjects: [], skipped: [], createsOps: false };
  const toc = { serverVersion: "15.1", dumpVersion, compression: "none" as const, entries };
  return targetObstacles({ manifest: null, toc, selection, facts, salvage });
}

test("an old archive's rows of the platform that no restore loads are no obstacle", () => {
  const unloaded = [
    rowsOf("realtime", "schema_migrations"),
    rowsOf("storage", "migrations"),
    rowsOf("auth", "schema_migrations"),
    rowsOf("auth", "sessions", "id, gone"),
  ];
  expect(obstaclesOf(unloaded)).toEqual([]);
  expect(obstaclesOf([rowsOf("auth", "users", "id, gone"), rowsOf("storage", "objects")])).toEqual([
    { kind: "platform_column", table: "auth.users", column: "gone", in: "backup" },
    { kind: "platform_table", table: "storage.objects", in: "backup" },
  ]);
});

test("an archive of a newer major version is an obstacle, also for a salvage: the target's programs do not read it", () => {
  const obstacle = { kind: "older_server", backup: 17, target: 15 };
  expect(obstaclesOf([], "17.6 (Debian 17.6-1)")).toEqual([obstacle]);
  expect(obstaclesOf([], "17.6", true)).toEqual([obstacle]);
  expect(obstaclesOf([], "14.20")).toEqual([]);
});
