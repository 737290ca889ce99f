/**
 * Measures of the business: counts and sums that a company knows (orders, invoices, money), per company. A manifest has
 * those of the backup's snapshot; a plan compares them with the living database, a drill with the restored one.
 */
import { z } from "zod";
import { DECIMAL, signOf, subtractDecimals } from "./decimal.ts";

/** Measures of more companies keep the total alone. */
export const MEASURED_COMPANIES = 500;
/** Differences of more companies are stated as a number of companies. */
const LISTED_COMPANIES = 10;

const amountSchema = z.object({
  n: z.number().int().nonnegative(),
  /** Exact decimal; `null`: the measure has no sum. */
  sum: z.string().regex(DECIMAL).nullable(),
  /** `YYYY-MM-DD`, or an ISO 8601 time, without a zone where the column has none; `null`: none. */
  newest: z.string().regex(/^\d{4,}-\d{2}-\d{2}(T[\d:.]+([+-]\d{2}:\d{2})?)?$/).nullable(),
});
export type MeasuredAmount = z.infer<typeof amountSchema>;

export const measureSchema = z.object({
  name: z.string(),
  /** Of the query: measures of different queries are not compared. */
  sql_sha256: z.string().regex(/^[0-9a-f]{64}$/),
  ...amountSchema.shape,
  /** By key, never by name; `null`: more than {@link MEASURED_COMPANIES}. A company `null`: rows of none. */
  companies: z.array(z.object({ company: z.string().nullable(), ...amountSchema.shape })).nullable(),
});
export type Measure = z.infer<typeof measureSchema>;

/** A measure without a value, and why: an error code and names of objects, never a row's content. */
export interface FailedMeasure {
  name: string;
  detail: string;
}

/** The measures of one database at one moment. */
export interface Measured {
  measures: Measure[];
  failed: FailedMeasure[];
}

const changeSchema = z.object({
  /** What the target gains, negative what it loses. */
  n: z.number().int(),
  sum: z.string().nullable(),
});
export type MeasureChange = z.infer<typeof changeSchema>;

const comparedSchema = z.object({
  name: z.string(),
  backup: amountSchema,
  target: amountSchema,
  ...changeSchema.shape,
  /** Companies with a difference; none listed where there are many. `null`: not known by company. */
  companies: z.object({
    total: z.number(),
    listed: z.array(z.object({ company: z.string().nullable(), ...changeSchema.shape })),
  }).nullable(),
});
export type ComparedMeasure = z.infer<typeof comparedSchema>;

/**
 * `not_in_backup`: the backup was made before it, or could not measure it · `not_defined`: business.sql no longer has it ·
 * `changed`: another query now · `failed`: the other database could not be measured.
 */
const NOT_COMPARED = ["not_in_backup", "not_defined", "changed", "failed"] as const;

export const measureComparisonSchema = z.object({
  compared: z.array(comparedSchema),
  notCompared: z.array(z.object({
    name: z.string(),
    why: z.enum(NOT_COMPARED),
    detail: z.string().nullable(),
  })),
});
export type MeasureComparison = z.infer<typeof measureComparisonSchema>;

/**
 * What the target would gain or lose by becoming the backup, per measure, exactly.
 * @param backup `undefined`: its manifest has none
 */
export function compareMeasures(backup: readonly Measure[] | undefined, target: Measured): MeasureComparison {
  const stored = new Map((backup ?? []).map((measure) => [measure.name, measure]));
  const found = new Set([...target.measures, ...target.failed].map(({ name }) => name));
  const comparison: MeasureComparison = { compared: [], notCompared: [] };
  const omit = (name: string, why: typeof NOT_COMPARED[number], detail: string | null = null) =>
    comparison.notCompared.push({ name, why, detail });
  for (const measure of target.measures) {
    const before = stored.get(measure.name);
    if (before === undefined) omit(measure.name, "not_in_backup");
    else if (before.sql_sha256 !== measure.sql_sha256) omit(measure.name, "changed");
    else comparison.compared.push(compareOne(before, measure));
  }
  for (const { name, detail } of target.failed) {
    if (stored.has(name)) omit(name, "failed", detail);
    else omit(name, "not_in_backup");
  }
  for (const name of stored.keys()) if (!found.has(name)) omit(name, "not_defined");
  return comparison;
}

/** Whether a restore changes nothing that the measure sees. */
export function isSameMeasure({ n, sum, backup, target, companies }: ComparedMeasure): boolean {
  return n === 0 && (sum === null || signOf(sum) === 0) && backup.newest === target.newest &&
    (companies === null || companies.total === 0);
}

function compareOne(backup: Measure, target: Measure): ComparedMeasure {
  return {
    name: target.name,
    backup: amountSchema.parse(backup),
    target: amountSchema.parse(target),
    ...changeOf(backup, target),
    companies: backup.companies && target.companies && compareCompanies(backup.companies, target.companies),
  };
}

const NOTHING: MeasuredAmount = { n: 0, sum: null, newest: null };

function changeOf(backup: MeasuredAmount, target: MeasuredAmount): MeasureChange {
  const sum = backup.sum === null && target.sum === null
    ? null
    : subtractDecimals(backup.sum ?? "0", target.sum ?? "0");
  return { n: backup.n - target.n, sum };
}

function compareCompanies(
  backup: NonNullable<Measure["companies"]>,
  target: NonNullable<Measure["companies"]>,
): ComparedMeasure["companies"] {
  const amounts = (side: typeof backup) => new Map(side.map((amount) => [amount.company, amount]));
  const [before, now] = [amounts(backup), amounts(target)];
  const changed = [...new Set([...before.keys(), ...now.keys()])].flatMap((company) => {
    const [from, to] = [before.get(company) ?? NOTHING, now.get(company) ?? NOTHING];
    const change = changeOf(from, to);
    const isEqual = change.n === 0 && (change.sum === null || signOf(change.sum) === 0) &&
      from.newest === to.newest;
    return isEqual ? [] : [{ company, ...change }];
  });
  const listed = changed.length <= LISTED_COMPANIES ? changed.sort((a, b) => a.n - b.n) : [];
  return { total: changed.length, listed };
}
