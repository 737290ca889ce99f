/** The review of a take: the patch and what there is to know of it. Nothing but temporary tables is written. */
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import type { Target } from "@backup/target.ts";
import type { RowSource } from "../look/row_source.ts";
import type { Session } from "../postgres/session.ts";
import { literal } from "../postgres/sql_text.ts";
import { BackupRows, joined, type Wanted } from "./backup_rows.ts";
import { addClosure, patchTable } from "./closure.ts";
import { compareAsked } from "./compare.ts";
import type { Living, LivingTable, UniqueRule } from "./living.ts";
import {
  changedRows,
  findTakeObstacles,
  obstacleName,
  requiredColumns,
  type TakeObstacle,
} from "./obstacles.ts";
import { ASKED, type Change, newHeader, type PatchHeader } from "./patch.ts";
import { countPatch, type Counts, createPatchTable, loadPatch } from "./patch_table.ts";
import type { Choices, TakeScope } from "./scope.ts";

export interface Review {
  header: PatchHeader;
  counts: Counts;
  /** Changed rows in which a column has another value, by `schema.table`, then by column. */
  columns: Record<string, Record<string, number>>;
  /** Rows that were not asked for, with why they come along. */
  along: { table: string; why: string; rows: number }[];
  obstacles: TakeObstacle[];
  /** Triggers that will not fire. */
  triggers: { table: string; name: string }[];
  /** What is no obstacle and has to be known. */
  notices: string[];
}

export interface ReviewContext {
  session: Session;
  living: Living;
}

export interface SourceOrder {
  target: Target;
  /** Of the backup. */
  key: string;
  source: RowSource;
  scope: TakeScope & { choices: Choices };
}

/**
 * Makes the patch from a backup, in the table of the session.
 * @throws {BackupError} `invalid_payload` for a table that cannot be taken, `take_too_large`, errors of the archive
 */
export async function reviewBackup(context: ReviewContext, order: SourceOrder): Promise<Review> {
  const { session, living } = context;
  const { source, scope, target, key } = order;
  const backup = new BackupRows(source, session);
  const table = livingTable(living, scope.table);
  const asked = patchTable(table, backup);
  if (table.key === null || asked === null) throw untakable(table, backup);
  await createPatchTable(session);
  const loaded = await backup.load(table, [wantedRows(scope, table.key)]);
  const isWhole = scope.keys === null && scope.search === null;
  const unknown = await unknownKeys(session, scope, loaded);
  await compareAsked(
    session,
    { table, key: table.key, columns: asked.columns, backup: loaded },
    scope.choices,
    isWhole,
  );
  const tables = { [table.name]: asked };
  const { withoutKey } = await addClosure({ session, living, backup, tables });
  const review = await describe(context, newHeader({ target, source: key, tables }));
  const stored = backup.columns(table);
  const gone = stored.filter((name) => !asked.columns.includes(name));
  const added = table.columns.map(({ name }) => name).filter((name) => !stored.includes(name));
  const deletes = (review.counts[table.name]?.deleted ?? 0) > 0;
  const refused = [
    ...withoutKey.map((name) => ofTable("no_key", name, null)),
    ...deletes ? added.map((name) => ofTable("column_unsaved", table.name, name)) : [],
  ];
  return {
    ...review,
    header: { ...review.header, refused: refused.map(obstacleName) },
    obstacles: [...refused, ...review.obstacles],
    notices: [
      ...unknown > 0 ? [`${unknown} of the keys are not in the backup`] : [],
      ...gone.length > 0 ? [`${table.name} does not have these columns any more: ${gone.join(", ")}`] : [],
      ...added.length > 0
        ? [`the backup does not have these columns of ${table.name}: ${added.join(", ")}`]
        : [],
      ...review.notices,
    ],
  };
}

/** Puts a stored patch into the table of the session. @throws {BackupError} `take_review_invalid` */
export async function reviewStored(
  context: ReviewContext,
  header: PatchHeader,
  changes: AsyncIterable<Change>,
): Promise<Review> {
  await loadPatch(context.session, changes);
  const review = await describe(context, header);
  if (review.obstacles.some(({ kind }) => STRUCTURAL.includes(kind))) return review;
  const changed = await changedRows({ ...context, tables: header.tables });
  return { ...review, obstacles: [...changed, ...review.obstacles] };
}

const STRUCTURAL: readonly TakeObstacle["kind"][] = ["no_key", "column_unknown"];

/** Of the patch in the table of the session. */
async function describe(context: ReviewContext, header: PatchHeader): Promise<Review> {
  const { session, living } = context;
  const counts = await countPatch(session);
  const tables = Object.fromEntries(
    Object.entries(header.tables).filter(([name]) => counts[name] !== undefined).sort(([a], [b]) =>
      a < b ? -1 : 1
    ),
  );
  const known = Object.keys(tables).flatMap((name) => living.tables.get(name) ?? []);
  return {
    header: { ...header, tables },
    counts,
    columns: await changedColumns(session, tables),
    along: z.array(alongSchema).parse(await session.rows(ALONG)),
    obstacles: [
      ...await findTakeObstacles({ ...context, tables }),
      ...await requiredColumns({ ...context, tables }),
    ],
    triggers: known.flatMap((table) =>
      [...new Set(table.triggers.filter(({ mode }) => mode !== "R").map(({ name }) => name))]
        .map((name) => ({ table: table.name, name }))
    ),
    notices: known.filter(({ unnamedRules }) => unnamedRules.length > 0).map(({ name, unnamedRules }) =>
      `the server alone judges these rules of ${name}: ${unnamedRules.join(", ")}`
    ),
  };
}

const alongSchema = z.object({ table: z.string(), why: z.string(), rows: z.number() });

const ALONG = `select json_build_object('table', tab, 'why', why, 'rows', count(*)) from pg_temp.revo_patch
  where why not in (${literal(ASKED)}, 'undo') group by tab, why order by tab, why;`;

async function changedColumns(session: Session, tables: PatchHeader["tables"]): Promise<Review["columns"]> {
  const rows = z.array(z.tuple([z.string(), z.number(), z.number()])).parse(
    await session.rows(
      `select json_build_array(p.tab, i, count(*))
         from pg_temp.revo_patch p, lateral generate_subscripts(p.after, 1) i
        where p.op = 'u' and p.after[i] is distinct from p.before[i] group by p.tab, i order by p.tab, i;`,
    ),
  );
  const columns: Review["columns"] = {};
  for (const [table, at, count] of rows) {
    (columns[table] ??= {})[tables[table]?.columns[at - 1] ?? ""] = count;
  }
  return columns;
}

function livingTable(living: Living, name: string): LivingTable {
  const named = [...living.tables.values()].filter((table) =>
    table.name === name || table.name.slice(table.name.indexOf(".") + 1) === name
  );
  const [table] = named;
  if (table !== undefined && named.length === 1) return table;
  throw new BackupError(
    "invalid_payload",
    named.length === 0
      ? `Cannot find the table ${name} in the database`
      : `Cannot tell which table ${name} is: ${named.map((each) => each.name).join(", ")}`,
    { hint: "A table that is gone as a whole comes back with a restore." },
  );
}

function untakable(table: LivingTable, backup: BackupRows): BackupError {
  const why = backup.columns(table).length === 0
    ? "the backup does not hold it"
    : table.key === null
    ? "it has no key by which a row is found again"
    : "the backup does not have its key";
  return new BackupError("invalid_payload", `Cannot take rows of ${table.name}: ${why}`, {
    hint: "Look into the backup, or restore it into dev.",
  });
}

function wantedRows({ keys, search }: TakeScope, key: UniqueRule): Wanted {
  if (search !== null) return { search };
  if (keys === null) return { all: true };
  if (keys.some((each) => each.length !== key.columns.length)) {
    throw new BackupError(
      "invalid_payload",
      `Cannot take rows: a key has the columns ${key.columns.join(", ")}`,
      {
        hint: 'Keys of several columns are given as [["7", "a"], ["9", "b"]].',
      },
    );
  }
  return { columns: key.columns, keys: new Set(keys.map(joined)) };
}

/** How many of the keys that were asked for no row of the backup has. */
async function unknownKeys(session: Session, { keys }: TakeScope, loaded: string): Promise<number> {
  if (keys === null) return 0;
  const [found] = await session.run(`select count(*) from ${loaded};`);
  return new Set(keys.map(joined)).size - Number(found);
}

function ofTable(kind: TakeObstacle["kind"], table: string, name: string | null): TakeObstacle {
  return { kind, table, name, rows: 0, keys: [] };
}
