/**
 * What comes along with the rows that were asked for: parents that are missing, children that were deleted with a row, links
 * that became NULL. It goes on until nothing is added. Parents that live are not touched.
 */
import type { Session } from "../postgres/session.ts";
import { identifier, literal } from "../postgres/sql_text.ts";
import { type BackupRows, joined, type Wanted } from "./backup_rows.ts";
import { addLostLinks, addMissing, type ClosureStep } from "./compare.ts";
import type { Living, LivingForeignKey, LivingTable } from "./living.ts";
import type { PatchTable } from "./patch.ts";
import { valueOf } from "./patch_table.ts";

export interface ClosureContext {
  session: Session;
  living: Living;
  backup: BackupRows;
  /** Tables of the patch; those that come along are added. */
  tables: Record<string, PatchTable>;
}

interface Need {
  foreignKey: LivingForeignKey;
  role: "parent" | "child";
  wanted: Wanted;
}

/** Tables without a key to which a row would have to come along. */
export interface ClosureFindings {
  withoutKey: string[];
}

const NO_KEY: PatchTable = { columns: [], key: [] };

/** @throws {BackupError} `take_too_large`, and as {@link BackupRows.load} */
export async function addClosure(context: ClosureContext): Promise<ClosureFindings> {
  const withoutKey = new Set<string>();
  for (let round = 0;; round++) {
    const needs = await needsOf(context, round);
    if (needs.size === 0) return { withoutKey: [...withoutKey] };
    for (const [name, ofTable] of needs) {
      const table = context.living.tables.get(name);
      if (table === undefined || context.backup.columns(table).length === 0) continue;
      const known = context.tables[name] ??= patchTable(table, context.backup) ?? NO_KEY;
      if (known === NO_KEY) {
        if (await holdsRows(context, table, ofTable)) withoutKey.add(name);
        delete context.tables[name];
        continue;
      }
      await addNeeds(context, table, known.columns, ofTable, round + 1);
    }
  }
}

async function holdsRows({ backup, session }: ClosureContext, table: LivingTable, needs: readonly Need[]) {
  const loaded = await backup.load(table, needs.map(({ wanted }) => wanted));
  return (await session.run(`select 1 from ${loaded} limit 1;`)).length > 0;
}

async function addNeeds(
  { session, backup }: ClosureContext,
  table: LivingTable,
  columns: readonly string[],
  needs: readonly Need[],
  round: number,
): Promise<void> {
  const { key } = table;
  if (key === null) return;
  const loaded = await backup.load(table, needs.map(({ wanted }) => wanted));
  for (const [wanted, { foreignKey, role }] of needs.entries()) {
    const step: ClosureStep = {
      table,
      key,
      columns,
      backup: loaded,
      wanted,
      round,
      why: role === "parent"
        ? `parent of ${foreignKey.child} (${foreignKey.name})`
        : `child of ${foreignKey.parent} (${foreignKey.name})`,
    };
    await addMissing(session, step);
    if (role === "child" && foreignKey.onDelete === "n") {
      await addLostLinks(
        session,
        { ...step, why: `link to ${foreignKey.parent} (${foreignKey.name})` },
        foreignKey.columns,
      );
    }
  }
}

/** The columns that backup and living table both have; `null` without a key or a column of it. */
export function patchTable(table: LivingTable, backup: BackupRows): PatchTable | null {
  const stored = backup.columns(table);
  const columns = table.columns.map(({ name }) => name).filter((name) => stored.includes(name));
  const key = table.key?.columns ?? [];
  return key.length > 0 && key.every((name) => columns.includes(name)) ? { columns, key } : null;
}

/** What the rows need that were added in a round, by the table that has to be read. */
async function needsOf(context: ClosureContext, round: number): Promise<Map<string, Need[]>> {
  const { session, living } = context;
  const fresh = await session.run(
    `select distinct tab from pg_temp.revo_patch where round = ${round} and op <> 'd' order by tab;`,
  );
  const needs = new Map<string, Need[]>();
  const add = (name: string, need: Need) => needs.set(name, [...needs.get(name) ?? [], need]);
  for (const foreignKey of living.foreignKeys) {
    if (fresh.includes(foreignKey.child)) {
      const keys = await missingParents(context, foreignKey, round);
      if (keys.size > 0) {
        add(foreignKey.parent, {
          foreignKey,
          role: "parent",
          wanted: { columns: foreignKey.references, keys },
        });
      }
    }
    if (fresh.includes(foreignKey.parent)) {
      const keys = await recreatedParents(context, foreignKey, round);
      if (keys.size > 0) {
        add(foreignKey.child, { foreignKey, role: "child", wanted: { columns: foreignKey.columns, keys } });
      }
    }
  }
  return needs;
}

/** The parents of a round's rows that do not live. */
async function missingParents(
  context: ClosureContext,
  foreignKey: LivingForeignKey,
  round: number,
): Promise<Set<string>> {
  const [child, parent] = [foreignKey.child, foreignKey.parent].map((name) =>
    context.living.tables.get(name)
  );
  const { columns = [] } = context.tables[foreignKey.child] ?? {};
  if (!child || !parent || !foreignKey.columns.every((name) => columns.includes(name))) return new Set();
  return await keysOf(
    context.session,
    child,
    columns,
    foreignKey.columns,
    `p.op <> 'd' and p.round = ${round} and not exists (select from ${parent.sql} l where ${
      parentIs(foreignKey, child, columns)
    })`,
  );
}

/** The condition that a living row `l` is the parent of the patch's row `p`, after it is applied. */
export function parentIs(
  { columns: own, references, operators }: LivingForeignKey,
  child: LivingTable,
  columns: readonly string[],
): string {
  return own.map((name, i) =>
    `l.${identifier(references[i] ?? "")} ${operators[i]} ${valueOf(child, "p.after", columns, name)}`
  ).join(" and ");
}

async function recreatedParents(
  context: ClosureContext,
  { parent: name, references }: LivingForeignKey,
  round: number,
): Promise<Set<string>> {
  const parent = context.living.tables.get(name);
  const { columns = [] } = context.tables[name] ?? {};
  if (!parent || !references.every((each) => columns.includes(each))) return new Set();
  return await keysOf(context.session, parent, columns, references, `p.op = 'i' and p.round = ${round}`);
}

async function keysOf(
  session: Session,
  table: LivingTable,
  columns: readonly string[],
  wanted: readonly string[],
  condition: string,
): Promise<Set<string>> {
  const values = wanted.map((name) => `p.after[${columns.indexOf(name) + 1}]`);
  const lines = await session.run(
    `select distinct json_build_array(${values.join(", ")})::text from pg_temp.revo_patch p
      where p.tab = ${literal(table.name)} and ${condition}
        and ${values.map((value) => `${value} is not null`).join(" and ")};`,
  );
  return new Set(lines.map((line) => joined(JSON.parse(line))));
}
