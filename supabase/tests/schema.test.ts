/**
 * `supabase/schema.sql` is the catalog that the migrations create, in one file: tables, indexes, functions, triggers,
 * grants and comments, as pg_dump prints them. It is read, never applied. `npm run schema` generates it.
 */
import { expect, it } from "vitest";
import { OPS_OBJECT_PREFIX } from "@backup/vault/platform.ts";
import { carvePostgres } from "../../scripts/dev/postgres_carve.ts";
import { findPostgres } from "../../scripts/lib/postgres/binaries.ts";
import { CLUSTER_PROGRAMS, TestCluster } from "./cluster.ts";

const HEADER =
  `-- The catalog of backups as the migrations make it: generated, to be read, never applied. After a new migration:
--
--     npm run schema

`;

/** Each entry of a dump begins with a comment that names its object; the name may contain the name of its table. */
const ENTRY = /^--\n-- Name: (.+); Type: .+; Schema: public; Owner: -\n--\n/m;

/** The entries of the catalog's objects; session settings and other objects of a dump depend on the server. */
function catalogEntries(dump: string): string {
  const [, ...entries] = dump.split(new RegExp(`(?=${ENTRY.source})`, "m"));
  const isCatalog = (entry: string) => ENTRY.exec(entry)?.[1]?.includes(OPS_OBJECT_PREFIX);
  const end = /\n+--\n-- PostgreSQL database dump complete[^]*$/;
  return entries.filter(isCatalog).map((entry) => entry.replace(end, "").trimEnd()).join("\n\n\n") + "\n";
}

const installations = [
  ["of this machine", () => Promise.resolve(findPostgres(CLUSTER_PROGRAMS))],
  ["17", () => carvePostgres(CLUSTER_PROGRAMS)],
] as const;

it.each(installations)(
  "schema.sql is the catalog of a migrated database on PostgreSQL %s (if not: npm run schema)",
  async (_version, find) => {
    const cluster = await TestCluster.start(await find());
    try {
      await cluster.createMigrated("current");
      await expect(HEADER + catalogEntries(await cluster.dump("current", ["--schema-only", "--no-owner"])))
        .toMatchFileSnapshot("../schema.sql");
    } finally {
      await cluster.stop();
    }
  },
);
