/**
 * Reads measures of the business. A measure that is wrong, writes or is slow costs nothing else: each is read inside a
 * block that catches its error, under a savepoint that is rolled back in any case, with its settings and its locks.
 */
import { z } from "zod";
import { sha256Hex } from "@backup/vault/canonical.ts";
import {
  type FailedMeasure,
  type Measure,
  MEASURED_COMPANIES,
  measureSchema,
} from "@backup/vault/measures.ts";
import type { Measured } from "@backup/vault/measures.ts";
import { PROJECT_PATH } from "./database_facts.ts";
import type { MeasureDefinition } from "./measure_definitions.ts";
import type { SqlSession } from "./sql_session.ts";
import { literal } from "./sql_text.ts";

export interface MeasureOptions {
  /** How long one measure may take, in milliseconds. @default 30 s */
  timeoutMs?: number;
}

const TIMEOUT_MS = 30_000;
/** A table that is locked exclusively is not waited for longer. */
const LOCK_TIMEOUT_MS = 1000;

const amount = z.tuple([z.string(), z.string().nullable(), z.string().nullable()]);
const outcomeSchema = z.union([
  z.object({
    total: amount,
    companies: z.array(z.tuple([z.string().nullable(), ...amount.def.items])).nullable(),
  }),
  z.object({ code: z.string(), message: z.string() }),
]);

/**
 * Needs an open transaction, whose snapshot is measured; the transaction is as it was afterwards. It sees all rows: with a
 * role that row level security limits, a measure fails instead of counting less.
 * @throws {BackupError} the session was lost or ended
 */
export async function readMeasures(
  session: SqlSession,
  definitions: readonly MeasureDefinition[],
  { timeoutMs = TIMEOUT_MS }: MeasureOptions = {},
): Promise<Measured> {
  const measured: Measured = { measures: [], failed: [] };
  for (const definition of definitions) {
    const read = definition.problem === null
      ? await readOne(session, definition, timeoutMs)
      : { name: definition.name, detail: definition.problem };
    if ("detail" in read) measured.failed.push(read);
    else measured.measures.push(read);
  }
  return measured;
}

async function readOne(
  session: SqlSession,
  { name, query }: MeasureDefinition,
  timeoutMs: number,
): Promise<Measure | FailedMeasure> {
  const lines = await session.run(`savepoint revo_measure;
    set local transaction_read_only = on;
    set local row_security = off;
    set local timezone = 'UTC';
    set local datestyle = 'ISO, YMD';
    set local lock_timeout = ${LOCK_TIMEOUT_MS};
    ${PROJECT_PATH}
    set local statement_timeout = ${timeoutMs};
    ${catching(measuring(query))}
    select pg_catalog.current_setting('revo.measure');
    rollback to savepoint revo_measure;
    release savepoint revo_measure;`);
  const outcome = outcomeSchema.safeParse(JSON.parse(lines.at(-1) ?? "null"));
  if (!outcome.success) return { name, detail: "it has not the columns company, number, sum, newest" };
  if ("code" in outcome.data) return { name, detail: detailOf(outcome.data) };
  const { total, companies } = outcome.data;
  const measure = measureSchema.safeParse({
    name,
    sql_sha256: await sha256Hex(query),
    ...amountOf(total),
    companies: companies?.map(([company, ...value]) => ({ company, ...amountOf(value) })) ?? null,
  });
  return measure.data ?? { name, detail: "a number, a sum or a time of it is not a finite value" };
}

function amountOf([n, sum, newest]: z.infer<typeof amount>) {
  return { n: Number(n), sum, newest };
}

/** Rows of the same company are added up, so that a query need not group them. */
function measuring(query: string): string {
  return `with found as materialized (
      select e::text as e, coalesce(sum(n::numeric), 0)::text as n, sum(s::numeric) as s, max(m) as m, sum(n::numeric) as counted
        from (${query}\n) measure(e, n, s, m) group by 1)
    select json_build_object(
      'total', (select json_build_array(coalesce(sum(counted), 0)::text, sum(s)::text, to_jsonb(max(m)) #>> '{}') from found),
      'companies', case when (select count(*) from found) <= ${MEASURED_COMPANIES} then
        (select coalesce(json_agg(json_build_array(e, n, s::text, to_jsonb(m) #>> '{}') order by e collate "C"), '[]')
           from found) end)`;
}

/** `others` does not include a cancelled query, which the time-out makes. */
function catching(query: string): string {
  return `do ${
    literal(`declare outcome text; begin
    begin
      execute ${literal(query)} into outcome;
    exception when query_canceled or assert_failure or others then
      outcome := json_build_object('code', sqlstate, 'message', sqlerrm);
    end;
    perform set_config('revo.measure', outcome, true);
  end`)
  };`;
}

/** Classes of SQLSTATE whose messages name objects and no values. */
const NAMES_OBJECTS = /^(25006|42)/;
const TIMED_OUT = "57014";
const LOCKED = "55P03";

/** Messages of other classes may quote a row's content. */
function detailOf({ code, message }: { code: string; message: string }): string {
  if (code === TIMED_OUT) return `${code}: it takes too long`;
  if (code === LOCKED) return `${code}: a table is locked`;
  return NAMES_OBJECTS.test(code) ? `${code}: ${message}` : `SQLSTATE ${code}`;
}
