/** Moves a stage into the place of the old content. */
import { inBatches } from "../archive/statement_batches.ts";
import { identifier, literal } from "../postgres/sql_text.ts";
import { restoreSql } from "./restore_sql.ts";
import type { StagePlan } from "./stage_plan.ts";

/** A staged table or type, as SQL names it. */
export function stagedName(
  { schemas }: StagePlan,
  { schema, name }: { schema: string; name: string },
): string {
  return `${identifier(schemas.get(schema) ?? "")}.${identifier(name)}`;
}

/** Text for the transaction, after the old content has been moved aside and the archive's schemas were made. */
export async function swapStatements(plan: StagePlan): Promise<string> {
  const { schemas, types, tables } = plan;
  const move = (kind: string) => (object: { schema: string; name: string }) =>
    `alter ${kind} ${stagedName(plan, object)} set schema ${identifier(object.schema)};`;
  const names = [...schemas.values()];
  return inBatches([
    (await restoreSql("stage_privileges.sql")).replaceAll(
      ":schemas",
      textArray(names),
    ),
    ...types.map(move("type")),
    ...tables.map(move("table")),
    // without CASCADE: what was forgotten is an error
    ...names.map((name) => `drop schema ${identifier(name)};`),
  ].join("\n"));
}

/** A constant of SQL. */
export function textArray(texts: readonly string[]): string {
  return `array[${texts.map(literal).join(", ")}]::text[]`;
}
