/** Makes the tables of a stage, loads their rows and builds on them. */
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { CountedObjects } from "@backup/runs/run.ts";
import { readBlocks } from "../archive/archive_data.ts";
import type { OpenArchive } from "../archive/archive_toc.ts";
import type { Session } from "../postgres/session.ts";
import type { Progress } from "../run/progress.ts";
import { restoreSql } from "./restore_sql.ts";
import { Builders } from "./stage_builds.ts";
import type { StagePlan } from "./stage_plan.ts";
import { RowLoaders, wholeRows } from "./stage_rows.ts";
import { textArray } from "./stage_swap.ts";
import type { StagedText } from "./staged_text.ts";

/** Objects that are made or dropped in one transaction. */
const BATCH = 50;
/** A table with fewer bytes of rows costs more round trips than work. */
const SMALL_BYTES = 2 ** 20;

export async function makeTables(plan: StagePlan, [session]: readonly Session[]): Promise<void> {
  const names = [...plan.schemas.values()];
  const make = (await restoreSql("stage_make.sql")).replaceAll(":schemas", textArray(names));
  await session?.run(make);
  const objects = [...plan.types, ...plan.tables].map(({ sql }) => sql);
  for (const batch of batchesOf(objects)) await session?.each(batch);
}

/** Each batch is a transaction, whose objects stay locked until its end. */
export function batchesOf<T>(all: readonly T[]): T[][] {
  const starts = all.flatMap((_, i) => i % BATCH === 0 ? [i] : []);
  return starts.map((start) => all.slice(start, start + BATCH));
}

/** Loads the rows of staged tables and builds on them; writes the other blocks into an archive of their own. */
export async function loadRows(
  archive: OpenArchive,
  plan: StagePlan,
  sessions: readonly Session[],
  { head, rest, progress, onRows, stop }: {
    head: Uint8Array;
    rest: string;
    progress: Progress;
    onRows: () => void;
    /** Ends the archive early, after an error of the server. */
    stop: () => void;
  },
): Promise<number> {
  // one session alone does both in turn
  const loaders = new RowLoaders(sessions.slice(0, Math.ceil(sessions.length / 2)), stop);
  const objects = objectsOf(plan);
  const onDone = (kind: keyof CountedObjects, count: number) => {
    objects[kind].done += count;
    progress.objects?.(structuredClone(objects));
  };
  const onBuilt = (count: number) => onDone("indexes", count);
  const builders = new Builders(sessions.slice(Math.floor(sessions.length / 2)), {
    onFailure: stop,
    onBuilt,
  });
  const staged = new Map(plan.tables.map((table) => [table.dataId, table]));
  const small = new Set<string>();
  let loaded = 0;
  async function* others(): AsyncGenerator<Uint8Array> {
    yield head;
    for await (const { entry, content, stored } of readBlocks(archive)) {
      const table = staged.get(entry.dumpId);
      if (table === undefined) {
        yield* stored();
        continue;
      }
      const address = JSON.stringify([table.schema, table.name]);
      await loaders.load(table.copy, wholeRows(content()), (rows, bytes) => {
        onDone("tables", 1);
        progress.rows?.(loaded += rows);
        if (bytes < SMALL_BYTES) {
          small.add(address);
          builders.addTogether(address, [...table.keys, ...table.indexes]);
        } else {
          builders.add(address, table.keys, true);
          builders.add(address, table.indexes, false);
        }
      });
    }
  }
  const written = pipeline(
    Readable.from(others()),
    createGzip({ level: 1 }),
    createWriteStream(rest, { mode: 0o600 }),
  );
  const unreadable: unknown = await written.then(() => null, (error) => error);
  // the server's errors come before their consequences: one of a build ends the reading of rows
  builders.throwIfFailed();
  await loaders.ended();
  if (unreadable === null) onRows();
  await builders.ended();
  if (unreadable !== null) throw unreadable;
  await addForeignKeys(plan.foreignKeys, small, sessions[0], builders, onBuilt);
  return loaded;
}

function objectsOf({ tables, foreignKeys }: StagePlan): CountedObjects {
  const built = tables.reduce((sum, { keys, indexes }) => sum + keys.length + indexes.length, 0);
  return {
    tables: { done: 0, expected: tables.length },
    indexes: { done: 0, expected: built + foreignKeys.length },
  };
}

/** @param small tables whose keys are validated at once */
async function addForeignKeys(
  keys: StagePlan["foreignKeys"],
  small: ReadonlySet<string>,
  session: Session | undefined,
  builders: Builders,
  onBuilt: (count: number) => void,
): Promise<void> {
  const isSmall = ({ schema, name }: Pick<StagedText, "schema" | "name">) =>
    small.has(JSON.stringify([schema, name]));
  const statements = keys.map((key) => isSmall(key) ? key.sql : key.unvalidated);
  for (const batch of batchesOf(statements)) await session?.each(batch);
  onBuilt(keys.filter(isSmall).length);
  for (const key of keys.filter((key) => !isSmall(key))) {
    builders.add(JSON.stringify([key.schema, key.name]), [key.validate], true);
  }
  await builders.ended();
}
