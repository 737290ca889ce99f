/**
 * Which tables of an archive are loaded beside the living content, before anything of it is locked: those whose rows need
 * nothing of the project but types with fixed values and plain checks, so that no function of the project runs while they are loaded.
 * Types and operator classes of the target's extensions are no obstacle. A function would find the living functions that it calls, whatever the archive has under their names.
 * Everything else is loaded in the restore's transaction (transaction.ts).
 */
import { OLD_CONTENT_PREFIX, OPS_OBJECT_PREFIX } from "@backup/vault/platform.ts";
import { type ArchiveToc, READABLE, type TocEntry } from "../archive/archive_toc.ts";
import type { Selection } from "../archive/select_entries.ts";
import { identifier } from "../postgres/sql_text.ts";
import { addressOf, type ExtensionNames } from "./extension_names.ts";
import {
  type Renamed,
  stagedCopy,
  stagedDomain,
  stagedEnum,
  type StagedForeignKey,
  stagedForeignKey,
  stagedIndex,
  stagedKey,
  stagedTable,
  type StagedTableText,
  type StagedText,
} from "./staged_text.ts";
import type { ArchivedKey } from "./unvalidated_keys.ts";

/** Schemas that hold a stage: dumps, counts and plans leave them out, as they do the old content. */
export const STAGE_PREFIX = `${OLD_CONTENT_PREFIX}new_`;

export interface StagedTable extends StagedText {
  /** The entry of its rows, and the COPY statement for them. */
  dataId: number;
  copy: string;
  /** Statements that need the table alone, and those that share it. */
  keys: string[];
  indexes: string[];
  /** Statements for the transaction, when the archive's functions and sequences exist. */
  defaults: string[];
}

export interface StagePlan {
  /** The entries that the stage takes from the transaction. */
  dumpIds: ReadonlySet<number>;
  /** The project's schemas with the name of their stage, neither quoted. */
  schemas: ReadonlyMap<string, string>;
  types: readonly StagedText[];
  tables: readonly StagedTable[];
  foreignKeys: readonly StagedForeignKey[];
}

/** Settings of an archive whose texts are read here as the server reads them. */
const READ_SETTINGS = ["SET client_encoding = 'UTF8';\n", "SET standard_conforming_strings = 'on';\n"];

/** Entries that make a table or an index a part of another one; they depend on both. */
const ATTACHING = new Set(["TABLE ATTACH", "INDEX ATTACH"]);

export interface StageOrder {
  toc: ArchiveToc;
  selection: Selection;
  /** Of the target. */
  extensionNames: ExtensionNames;
  /** Foreign keys with orphans. */
  unvalidatedKeys: readonly Pick<ArchivedKey, "dumpId">[];
  /** A salvage passes over what fails, and what fails is seen in its transaction only: it stages nothing. */
  salvage: boolean;
}

/** @param id makes the names of the stage's schemas unique */
export function planStage(order: StageOrder, id: string): StagePlan {
  const { toc, selection, extensionNames, unvalidatedKeys, salvage } = order;
  const { entries, compression } = toc;
  const definitions = new Set(entries.map(({ definition }) => definition));
  const isRead = READABLE.has(compression) && READ_SETTINGS.every((setting) => definitions.has(setting));
  const taken = new Set(isRead && !salvage ? selection.main : []);
  const missing = entries.filter((entry) => !isInstalled(entry, selection));
  const plan = new Planner(entries.filter(({ dumpId }) => taken.has(dumpId)), missing, extensionNames, id);
  plan.takeTypes();
  plan.takeTables();
  plan.takeKeys();
  plan.takeForeignKeys(new Set(unvalidatedKeys.map(({ dumpId }) => dumpId)));
  return plan;
}

function isInstalled({ kind, dumpId }: TocEntry, { skipped }: Selection): boolean {
  return kind === "EXTENSION" &&
    skipped.some(({ entry, reason }) => entry.dumpId === dumpId && reason === "extension is installed");
}

class Planner implements StagePlan {
  readonly dumpIds = new Set<number>();
  readonly schemas = new Map<string, string>();
  readonly types: StagedText[] = [];
  readonly tables: StagedTable[] = [];
  readonly foreignKeys: StagedForeignKey[] = [];
  readonly #entries: readonly TocEntry[];
  /** What a staged entry may not need, unless it is staged too. A partition does not need what it is attached to later. */
  readonly #others: ReadonlySet<number>;
  /** What is computed may call the function of a cast, which is in no text. */
  readonly #hasCasts: boolean;
  readonly #id: string;
  readonly #types = new Set<string>();
  readonly #tables = new Map<string, StagedTable>();
  /** Tables with the sorted columns of their keys. */
  readonly #keys = new Set<string>();

  /** @param all entries, without the extensions that the target has */
  constructor(
    entries: readonly TocEntry[],
    all: readonly TocEntry[],
    private readonly extensionNames: ExtensionNames,
    id: string,
  ) {
    [this.#entries, this.#id] = [entries, id];
    this.#hasCasts = all.some(({ kind }) => kind === "CAST");
    const attached = new Set(
      all.flatMap(({ kind, dependencies }) => ATTACHING.has(kind) ? dependencies : []),
    );
    this.#others = new Set(
      all.filter(({ kind, dumpId }) => kind !== "SCHEMA" && !attached.has(dumpId)).map(({ dumpId }) =>
        dumpId
      ),
    );
  }

  /** Types with fixed values, then domains, in the archive's order: one may be over another. */
  takeTypes(): void {
    for (const entry of this.#of("TYPE")) {
      if (entry.schema !== null) this.#takeType(entry, stagedEnum(entry.definition, this.#stageOf));
    }
    for (const entry of this.#ofStage("DOMAIN")) {
      this.#takeType(entry, stagedDomain(entry.definition, this.#stageOf, this.#stagedType));
    }
  }

  #takeType({ dumpId }: TocEntry, type: StagedText | null): void {
    if (type === null) return;
    this.types.push(type);
    this.#types.add(addressOf(type.schema, type.name));
    this.dumpIds.add(dumpId);
  }

  /** Tables that have rows to load. A partition is one of them until it is attached. */
  takeTables(): void {
    const rows = new Map(
      this.#of("TABLE DATA").map((entry) => [addressOf(entry.schema ?? "", entry.tag), entry]),
    );
    for (const entry of this.#of("TABLE")) {
      const { dumpId, schema, tag, definition, tablespace, accessMethod } = entry;
      const address = addressOf(schema ?? "", tag);
      const data = rows.get(address);
      const isOrdinary = tablespace === "" && (accessMethod === "" || accessMethod === "heap") &&
        !tag.startsWith(OPS_OBJECT_PREFIX);
      if (schema === null || data === undefined || !isOrdinary) continue;
      const table = stagedTable(definition, this.#stageOf, this.#stagedType);
      const copy = stagedCopy(data.copyStatement, this.#stageOf);
      if (table === null || copy === null || !this.#saysWhatItNeeds(entry, table)) continue;
      // both are of the entry's own table
      if (addressOf(table.schema, table.name) !== address || addressOf(copy.schema, copy.name) !== address) {
        continue;
      }
      const { name, sql, defaults } = table;
      const staged = {
        schema,
        name,
        sql,
        defaults,
        dataId: data.dumpId,
        copy: copy.sql,
        keys: [],
        indexes: [],
      };
      this.tables.push(staged);
      this.#tables.set(address, staged);
      this.dumpIds.add(dumpId).add(data.dumpId);
    }
  }

  takeKeys(): void {
    for (const { dumpId, definition, tablespace } of this.#ofStage("CONSTRAINT")) {
      const key = tablespace === "" ? stagedKey(definition, this.#stagedTable) : null;
      if (key === null) continue;
      this.#tables.get(addressOf(key.schema, key.name))?.keys.push(key.sql);
      this.#keys.add(JSON.stringify([key.schema, key.name, key.columns]));
      this.dumpIds.add(dumpId);
    }
    for (const { dumpId, definition, tablespace } of this.#ofStage("INDEX")) {
      const index = tablespace === "" ? stagedIndex(definition, this.#stagedTable, this.#indexed) : null;
      if (index === null) continue;
      this.#tables.get(addressOf(index.schema, index.name))?.indexes.push(index.sql);
      this.dumpIds.add(dumpId);
    }
  }

  /** Keys whose referenced columns have their own key in the stage. */
  takeForeignKeys(unvalidated: ReadonlySet<number>): void {
    for (const { dumpId, definition } of this.#ofStage("FK CONSTRAINT")) {
      const key = unvalidated.has(dumpId) ? null : stagedForeignKey(definition, this.#stagedTable);
      if (key === null || !this.#keys.has(JSON.stringify([key.to.schema, key.to.name, key.to.columns]))) {
        continue;
      }
      this.foreignKeys.push(key);
      this.dumpIds.add(dumpId);
    }
  }

  #of(kind: string): TocEntry[] {
    return this.#entries.filter((entry) => entry.kind === kind);
  }

  #ofStage(kind: string): TocEntry[] {
    return this.#of(kind).filter((entry) => this.#needsStageAlone(entry));
  }

  /** The dependencies of a table are those of its late defaults too. */
  #saysWhatItNeeds(entry: TocEntry, { defaults, computes }: StagedTableText): boolean {
    return this.#needsStageAlone(entry) || defaults.length > 0 && !(computes && this.#hasCasts);
  }

  /** A cast of the project between a type and an enum, for example, is in no text. */
  #needsStageAlone({ dependencies }: TocEntry): boolean {
    return dependencies.every((id) => this.dumpIds.has(id) || !this.#others.has(id));
  }

  /** The stage of a schema, quoted. */
  readonly #stageOf: Renamed = (schema) => {
    const name = this.schemas.get(schema) ?? `${STAGE_PREFIX}${this.#id}_${this.schemas.size + 1}`;
    this.schemas.set(schema, name);
    return identifier(name);
  };

  readonly #stagedType: Renamed = (schema, name) => {
    if (this.#types.has(addressOf(schema, name))) return this.#stageOf(schema, name);
    return this.extensionNames.types.has(addressOf(schema, name)) ? identifier(schema) : null;
  };

  /** What an index is on. */
  readonly #indexed: Renamed = (schema, name) =>
    this.extensionNames.operatorClasses.has(addressOf(schema, name))
      ? identifier(schema)
      : this.#stagedType(schema, name);

  readonly #stagedTable: Renamed = (schema, name) =>
    this.#tables.has(addressOf(schema, name)) ? this.#stageOf(schema, name) : null;
}
