/**
 * Our reader of pg_dump's custom format beside pg_restore, the reference: the same entries and the same rows for each way to
 * write an archive; and whatever is damaged ends with an error or the same rows, never with a hang or a crash.
 */
import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BackupError } from "@backup/errors.ts";
import { INDEX_SUFFIX } from "@backup/vault/object_key.ts";
import { carvePostgres } from "../dev/postgres_carve.ts";
import { POSTGRES_PROGRAMS } from "../dev/system_packages.ts";
import { countArchivedRows } from "../lib/archive/archive_data.ts";
import { look, type LookOrder } from "../lib/look/look.ts";
import { openRows } from "../lib/look/row_source.ts";
import { readSignedManifest } from "../lib/vault/trust.ts";
import { openArchive } from "../lib/archive/archive_toc.ts";
import { ArchiveWalk } from "../lib/archive/archive_walk.ts";
import { requireArchivedRows } from "../lib/archive/contents.ts";
import { rowsOfPart } from "../lib/archive/member_rows.ts";
import type { PostgresBinaries } from "../lib/postgres/binaries.ts";
import { MemoryStore } from "../lib/vault/memory_store.ts";
import type { NewObject } from "../lib/vault/object_store.ts";
import { StoredVault } from "../lib/vault/stored_vault.ts";
import { readMembers, readStoredIndex } from "../lib/vault/stored_index.ts";
import { unquoted } from "../lib/postgres/sql_text.ts";
import { verifyStored } from "../lib/verify/verify_stored.ts";
import { rewriteManifest } from "./drill_fixture.ts";
import {
  backUp,
  binaries,
  createProject,
  type EnginePlace,
  fixture,
  progressWith,
  sql,
  startEnginePlace,
} from "./engine_fixture.ts";

let place: EnginePlace;
let newer: PostgresBinaries;

beforeAll(async () => {
  place = await startEnginePlace();
  newer = await carvePostgres(POSTGRES_PROGRAMS);
  const source = await createProject(place.server, "fonte");
  await sql(source, await fixture("every_kind.sql"));
  await sql(
    source,
    `create table public.textos (id integer, texto text);
     insert into public.textos select g, repeat(E'linha\\n\\\\.\\n', g) from generate_series(0, 300) g;
     create table public.largo (texto text);
     insert into public.largo values (repeat('x', 3000000)), (null), ('');
     create table public.vazia (id integer);`,
  );
});

afterAll(() => place?.stop());

/** The programs run against 15, whichever version they are of. */
function run(installation: PostgresBinaries, program: string, args: readonly string[]): Buffer {
  const { env } = place.server.connection("supabase_admin", "fonte");
  return execFileSync(installation.path(program), args, {
    env: { PATH: process.env.PATH, ...env },
    maxBuffer: 2 ** 30,
  });
}

const dump = (installation: PostgresBinaries, args: readonly string[]) =>
  run(installation, "pg_dump", ["-Fc", ...args]);

const fonte = () => place.server.connection("postgres", "fonte");

/** The names in a text, without quotes: pg_dump quotes those that it must. */
function namesIn(text = ""): string {
  return JSON.stringify((text.match(/"(?:[^"]|"")+"|[^", .]+/g) ?? []).map(unquoted));
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve();
    yield bytes.subarray(at, at + size);
  }
}

/** Rows of each table, by the quoted name in its COPY statement. */
async function read(archive: Uint8Array, size = 64 * 1024) {
  const opened = await openArchive(inPieces(archive, size));
  const rows = await countArchivedRows(opened);
  const tables = opened.toc.entries.filter(({ kind }) => kind === "TABLE DATA");
  return {
    ids: opened.toc.entries.map(({ dumpId }) => dumpId),
    rows: new Map(
      tables.map((
        { copyStatement, dumpId },
      ) => [/^COPY (.*?) \(/.exec(copyStatement)?.[1], rows.get(dumpId)]),
    ),
  };
}

/** The same as pg_restore reads it. */
async function reference(installation: PostgresBinaries, archive: Uint8Array) {
  const file = join(place.folder, "archive.dump");
  await writeFile(file, archive);
  const list = run(installation, "pg_restore", ["--list", file]).toString();
  const script = run(installation, "pg_restore", ["--data-only", "--file=-", file]).toString();
  const blocks = script.matchAll(/^COPY (.*?) \(.*\n((?:.*\n)*?)\\\.$/gm);
  return {
    ids: [...list.matchAll(/^(\d+); /gm)].map(([, id]) => Number(id)),
    rows: new Map([...blocks].map(([, table, lines = ""]) => [table, lines.split("\n").length - 1])),
  };
}

const VERSIONS = [["15", () => binaries], ["17", () => newer]] as const;

describe.each(VERSIONS)("archives of pg_dump %s", (_version, installation) => {
  test.each([["not compressed", "-Z0"], ["compressed by pg_dump", "-Z6"]])("%s", async (_how, level) => {
    const archive = dump(installation(), [level]);
    const expected = await reference(installation(), archive);
    expect(expected.rows.get("public.textos")).toBe(301);
    for (const size of [archive.length, 64 * 1024, 777]) {
      const found = await read(archive, size);
      // pg_restore lists no entries for encoding and the like
      expect(found.ids).toEqual(expect.arrayContaining(expected.ids));
      expect(found.rows).toEqual(expected.rows);
    }
  });
});

describe.each(VERSIONS)("what pg_dump %s writes, cut into members", (_version, installation) => {
  test("stays the same, and each row is where the index says", async () => {
    const archive = dump(installation(), ["-Z0"]);
    const script = run(installation(), "pg_dump", ["--data-only"]).toString();
    const expected = new Map(
      [...script.matchAll(/^COPY (.*?) \((.*)\) FROM stdin;\n((?:.*\n)*?)\\\.$/gm)].map((
        [, table, columns, rows = ""],
      ) => [namesIn(table), { columns: namesIn(columns), rows: rows.split("\n").slice(0, -1) }]),
    );
    const walk = new ArchiveWalk({ member: 4000, smallMember: 900 });
    const members: Buffer[][] = [[]];
    for await (const piece of walk.pieces(inPieces(archive, 4096))) {
      if (typeof piece === "symbol") members.push([]);
      else members.at(-1)?.push(Buffer.from(piece));
    }
    const contents = members.map((pieces) => Buffer.concat(pieces));
    expect(Buffer.concat(contents).equals(archive)).toBe(true);
    expect(contents.length).toBeGreaterThan(20);
    expect(walk.rawBytes).toBe(archive.length);
    const found = walk.tables.map(({ schema, table, columns, parts }) =>
      [
        JSON.stringify([schema, table]),
        {
          columns: JSON.stringify(columns),
          rows: parts.flatMap((part) => [...rowsOfPart(contents[part.member] ?? Buffer.alloc(0), part)])
            .map((row) => row.toString()),
        },
      ] as const
    );
    // a table without columns has none in its COPY
    expect(new Map(found.filter(([, { columns }]) => columns !== "[]"))).toEqual(expected);
  });
});

test("the index of a backup names its members and rows; where it cannot be stored the backup says so", async () => {
  const { store } = place;
  const connection = fonte();
  const { keys, manifest } = await backUp(store.vault, connection);
  const index = await readStoredIndex(store.vault, keys.archive, manifest);
  if (index === null) throw new Error("there is no index");
  const counted = new Map(
    index.tables.map(({ schema, table, rows }) => [JSON.stringify([schema, table]), rows]),
  );
  for (const [name, rows] of Object.entries(manifest.rows)) expect(counted.get(namesIn(name))).toBe(rows);
  const textos = index.tables.find(({ table }) => table === "textos");
  const [part] = textos?.parts ?? [];
  if (part === undefined) throw new Error("there are no rows");
  const rows: Buffer[] = [];
  for await (const { content } of readMembers(store.vault, keys.archive, index, [part.member])) {
    rows.push(...rowsOfPart(content, part));
  }
  const ids = rows.map((row) => Number(row.toString().split("\t")[0]));
  expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: 301 }, (_, i) => i));

  const verdict = async () =>
    (await verifyStored(store.vault, keys.archive, progressWith({}))).find(({ name }) =>
      name === "stored_hash"
    );
  expect(await verdict()).toMatchObject({
    verdict: "PASS",
    detail: expect.stringContaining(`in ${index.members.length} members as its index says`),
  });
  const text = await store.vault.text(keys.index);
  const [{ sha256 } = { sha256: "" }] = index.members;
  await store.replace(keys.index, text.replace(sha256, "0".repeat(64)));
  expect(await verdict()).toMatchObject({
    verdict: "FAIL",
    detail: expect.stringContaining("its manifest says"),
  });
  await store.vault.delete(keys.index);
  expect(await readStoredIndex(store.vault, keys.archive, manifest)).toBeNull();
  expect(await verdict()).toMatchObject({ verdict: "PASS" });

  const full = new StoredVault(new StoreWithoutIndex());
  const { keys: { archive, index: none }, manifest: without } = await backUp(full, connection);
  expect(without.index_sha256).toBeUndefined();
  expect(without.warnings).toContainEqual(expect.objectContaining({ kind: "no_index", name: none }));
  expect(await full.head(none)).toBeNull();
  expect(await full.bytes(archive)).toHaveLength(without.bytes);
});

class StoreWithoutIndex extends MemoryStore {
  override put(object: NewObject, signal?: AbortSignal): Promise<void> {
    if (!object.key.endsWith(INDEX_SUFFIX)) return super.put(object, signal);
    throw new BackupError("vault_error", "Cannot write: there is no room", { details: { status: 400 } });
  }
}

test("a look finds the same rows with an index and without one, and the values are the living ones", async () => {
  const { store } = place;
  const { keys, manifest } = await backUp(store.vault, fonte());
  const indexed = await openRows(store.vault, keys.archive, manifest, () => {});
  await rewriteManifest(store, keys.archive, { index_sha256: undefined });
  const { manifest: old } = await readSignedManifest(store.vault, keys.archive);
  const whole = await openRows(store.vault, keys.archive, old, () => {});
  expect([indexed.isIndexed, whole.isIndexed]).toEqual([true, false]);
  const named = ({ schema, table }: { schema: string; table: string }) => `${schema}.${table}`;
  expect(whole.tables.map(named)).toEqual(indexed.tables.map(named));
  const orders: LookOrder[] = [
    { table: "public.textos", page: 7, search: null },
    { table: "public.textos", page: 8, search: null },
    { table: null, page: 1, search: "linha\n\\.\n" },
    { table: "textos", page: 1, search: "LÍNHA" },
  ];
  const both = async (order: LookOrder) => {
    const [one, other] = [await look(indexed, order), await look(whole, order)];
    const plain = ({ found, hits }: typeof one) => ({ hits, found: found.map(({ rows }) => rows) });
    expect(plain(other)).toEqual(plain(one));
    return one;
  };
  const [last, none, exact, loose] = [
    await both(orders[0]!),
    await both(orders[1]!),
    await both(orders[2]!),
    await both(orders[3]!),
  ];
  const living = await sql(fonte(), "select json_build_array(id::text, texto) from public.textos;");
  expect(last.found[0]?.rows.map(({ number }) => number)).toEqual([300]);
  expect(last.found[0]?.rows.map(({ values }) => values)).toEqual(
    living.slice(300).map((line): unknown => JSON.parse(line)),
  );
  expect(none.found[0]?.rows).toEqual([]);
  expect([exact.hits, loose.hits]).toEqual([300, 300]);
  expect(exact.found.flatMap(({ rows }) => rows)).toHaveLength(200);
  await expect(look(indexed, { table: "nenhuma", page: 1, search: null })).rejects.toMatchObject({
    code: "invalid_payload",
  });
  await rewriteManifest(store, keys.archive, { sha256: "0".repeat(64), index_sha256: undefined });
  const { manifest: other } = await readSignedManifest(store.vault, keys.archive);
  const damaged = await openRows(store.vault, keys.archive, other, () => {});
  const page = { table: "textos", page: 1, search: null };
  await expect(look(damaged, page)).rejects.toMatchObject({ code: "archive_corrupt" });
  const stored = await store.vault.bytes(keys.archive);
  await store.replace(keys.archive, stored.subarray(0, -1000));
  await expect(look(damaged, page)).rejects.toMatchObject({ code: "archive_corrupt" });
  await store.vault.delete(keys.archive);
  await expect(look(damaged, page)).rejects.toMatchObject({ code: "vault_object_missing" });
});

test("an archive with other rows than its snapshot is refused by the names of its tables", () => {
  const table = { schema: "public", table: "itens", columns: [], raw_bytes: 0, parts: [], rows: 0 };
  const counted = [{ key: "public.itens", schema: "public", table: "itens", rows: 3 }];
  expect(() => requireArchivedRows([table], counted)).toThrow(
    "public.itens has 0 rows instead of 3; 1 of 1 tables differ",
  );
  expect(() => requireArchivedRows([], counted)).toThrow("0 rows instead of 3");
  requireArchivedRows([{ ...table, rows: 3 }], counted);
});

test("rows that are no COPY, or compressed as we do not read, are passed over and not counted", async () => {
  for (const archive of [dump(binaries, ["-Z0", "--inserts"]), dump(newer, ["--compress=lz4"])]) {
    expect(new Set((await read(archive)).rows.values())).toEqual(new Set([null]));
  }
});

const isRefusal = (error: unknown) => error instanceof BackupError && error.code === "archive_rejected";

describe.each([["not compressed", "-Z0"], ["compressed by pg_dump", "-Z1"]])(
  "a damaged archive, %s",
  (_how, level) => {
    test("that is cut off is refused", async () => {
      const archive = dump(binaries, [level, "--exclude-table-data=public.largo"]);
      await fc.assert(
        fc.asyncProperty(fc.nat(archive.length - 2), async (end) => {
          await expect(read(archive.subarray(0, end + 1))).rejects.toSatisfy(isRefusal);
        }),
        { numRuns: 40 },
      );
    });

    test("with a changed byte is refused or has a number for each table", async () => {
      const archive = dump(binaries, [level, "--exclude-table-data=public.largo"]);
      await fc.assert(
        fc.asyncProperty(fc.nat(archive.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
          const damaged = Uint8Array.from(archive);
          damaged[at] = (damaged[at] ?? 0) ^ change;
          await read(damaged).catch((error: unknown) => {
            if (!isRefusal(error)) throw error;
          });
        }),
        { numRuns: 150 },
      );
    });
  },
);

test("a wrong length, an unknown block and a missing one are named with their offset", async () => {
  const archive = dump(binaries, ["-Z0", "--table=public.textos"]);
  const block = archive.lastIndexOf(
    Buffer.concat([Buffer.from([1]), idOf("textos", await openedOf(archive))]),
  );
  const changed = (at: number, byte: number) => {
    const copy = Uint8Array.from(archive);
    copy[at] = byte;
    return copy;
  };
  await expect(read(changed(block, 9))).rejects.toThrow(
    `at byte ${block}: a block of TABLE DATA public.textos has the kind 9`,
  );
  await expect(read(changed(block + 2, 255))).rejects.toThrow(
    `at byte ${block}: no entry waits for the data of`,
  );
  await expect(read(changed(block + 6, 1))).rejects.toThrow(
    `at byte ${block + 6}: a part of a block has the length -`,
  );
  await expect(read(archive.subarray(0, block))).rejects.toThrow(
    `it ends at byte ${block} without the data of TABLE DATA public.textos`,
  );
});

const openedOf = (archive: Uint8Array) => openArchive(inPieces(archive, 64 * 1024));

function idOf(table: string, { toc }: Awaited<ReturnType<typeof openArchive>>): Buffer {
  const entry = toc.entries.find(({ kind, tag }) => kind === "TABLE DATA" && tag === table);
  const bytes = Buffer.alloc(5);
  bytes.writeUInt32LE(entry?.dumpId ?? 0, 1);
  return bytes;
}

test("a verification fails where the archive has another number of rows than its manifest, and names the tables", async () => {
  const { store, server } = place;
  const source = await createProject(server, "outra");
  await sql(
    source,
    `create table public."Nota ""1""" as select g as id from generate_series(1, 3) g;
     create table public.itens as select g as id from generate_series(1, 5) g;`,
  );
  const { keys: { archive }, manifest } = await backUp(store.vault, source);
  const rowsOf = async () =>
    (await verifyStored(store.vault, archive, progressWith({}))).find(({ name }) =>
      name === "rows_per_table"
    );
  expect(await rowsOf()).toEqual({
    name: "rows_per_table",
    verdict: "PASS",
    detail: `${manifest.rows_total} rows in ${manifest.tables_total} tables`,
  });
  const rows = { ...manifest.rows, 'public."Nota ""1"""': 4, "public.sumida": 7 };
  await rewriteManifest(store, archive, { rows });
  expect(await rowsOf()).toEqual({
    name: "rows_per_table",
    verdict: "FAIL",
    detail: 'public."Nota ""1""" has 3 rows, expected 4; public.sumida has no rows, expected 7',
  });
});
