/** Which tables have rows of companies: those with a column `empresa_id`, and those with a required foreign key to one. */
import { z } from "zod";

/** In every table of Revo whose rows are of a company. */
const COMPANY_COLUMN = "empresa_id";

export const relationSchema = z.object({
  /** Quoted `schema.table`. */
  name: z.string(),
  schema: z.string(),
  /** Has a column `empresa_id`. */
  company: z.boolean(),
  keys: z.array(z.object({
    parent: z.string(),
    /** None of its columns may be null. */
    required: z.boolean(),
    /** Quoted columns: its own, the parent's. */
    pairs: z.array(z.tuple([z.string(), z.string()])),
  })),
  /** Of a view: what it reads. */
  reads: z.array(z.string()),
});
export type Relation = z.infer<typeof relationSchema>;

/** How a relation's rows of one company are selected. */
export interface Scope {
  relation: Relation;
  /** The column with the company; `null` where only a parent's row has it. */
  column: string | null;
  /** An SQL condition on a row `alias`: it belongs to `company`, an SQL expression. */
  belongs(alias: string, company: string): string;
}

/** The table of the companies themselves: what the columns `empresa_id` refer to. */
export function companiesTable(relations: readonly Relation[]): { name: string; column: string } | null {
  for (const { keys } of relations) {
    for (const { parent, pairs } of keys) {
      const [own, column] = pairs[0] ?? [];
      if (pairs.length === 1 && own === COMPANY_COLUMN && column !== undefined) {
        return { name: parent, column };
      }
    }
  }
  return null;
}

/** The relations whose rows belong to companies, directly or through the fewest parents. */
export function companyScopes(relations: readonly Relation[]): Map<string, Scope> {
  const companies = companiesTable(relations);
  const scopes = new Map<string, Scope>();
  for (const relation of relations) {
    const column = relation.company
      ? COMPANY_COLUMN
      : relation.name === companies?.name
      ? companies.column
      : null;
    if (column === null) continue;
    const belongs = (alias: string, company: string) => `${alias}.${column} = ${company}`;
    scopes.set(relation.name, { relation, column, belongs });
  }
  for (let added = scopes.size; added > 0;) {
    const next = relations.flatMap((relation) =>
      scopes.has(relation.name) ? [] : throughParent(relation, scopes)
    );
    for (const scope of next) scopes.set(scope.relation.name, scope);
    added = next.length;
  }
  return scopes;
}

function throughParent(relation: Relation, scopes: ReadonlyMap<string, Scope>): Scope[] {
  const key = relation.keys.find(({ parent, required }) => required && scopes.has(parent));
  const scope = key && scopes.get(key.parent);
  if (!scope) return [];
  const belongs = (alias: string, company: string) => {
    const parent = `${alias}p`;
    const matches = key.pairs.map(([own, other]) => `${parent}.${other} = ${alias}.${own}`).join(" and ");
    return `exists (select from ${key.parent} ${parent} where ${matches} and ${
      scope.belongs(parent, company)
    })`;
  };
  return [{ relation, column: null, belongs }];
}

/** Names of the relations that must not be readable without an account: data of companies, and of people with accounts. */
export function privateRelations(relations: readonly Relation[]): Set<string> {
  const companies = companiesTable(relations);
  const found = new Set(
    relations.filter(({ name, schema, company }) => company || schema === "auth" || name === companies?.name)
      .map(({ name }) => name),
  );
  for (let size = -1; size !== found.size;) {
    size = found.size;
    for (const { name, keys, reads } of relations) {
      if (keys.some(({ parent }) => found.has(parent)) || reads.some((read) => found.has(read))) {
        found.add(name);
      }
    }
  }
  return found;
}
