import { expect, it } from "vitest";
import { exampleManifest } from "@backup/vault/manifest_example.ts";
import { compareManifests } from "./compare_manifests.ts";

const older = {
  ...exampleManifest,
  rows: { "public.a": 10, "public.b": 5, "public.gone": 2 },
  rows_total: 17,
  migration_head: "20260101",
  extensions: [{ name: "pg_net", schema: "extensions", version: "0.1" }],
};
const newer = {
  ...older,
  rows: { "public.a": 4, "public.b": 5, "public.new": 0 },
  rows_total: 9,
  migration_head: "20260102",
  extensions: [{ name: "pg_net", schema: "extensions", version: "0.2" }],
  fingerprint: { public: "c".repeat(64), vendas: "d".repeat(64) },
};

it("names what differs, the largest difference first", () => {
  expect(compareManifests(older, newer)).toEqual({
    tables: [
      { name: "public.a", before: 10, after: 4 },
      { name: "public.gone", before: 2, after: null },
      { name: "public.new", before: null, after: 0 },
    ],
    sameTables: 1,
    rows: { before: 17, after: 9 },
    areas: ["public", "vendas"],
    extensions: ["pg_net 0.1 → 0.2"],
    migration: { before: "20260101", after: "20260102" },
  });
});

it("finds nothing between equal backups, and no migration where one does not say", () => {
  const { tables, areas, extensions, migration } = compareManifests(older, {
    ...older,
    migration_head: null,
  });
  expect([tables, areas, extensions, migration]).toEqual([[], [], [], null]);
});
