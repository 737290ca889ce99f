/** A fingerprint taken apart by what its facts are about, so that each fault is one check's. */
import { z } from "zod";
import { parseLine } from "../postgres/database_facts.ts";

export interface Aspects {
  /** Objects, definitions, owners, privileges. */
  schema: string[];
  /** Row level security of each table, and every policy. */
  security: string[];
  /** Whether each materialized view is filled. */
  views: string[];
}

const record = z.record(z.string(), z.unknown());

/** Every fact of the lines goes into one aspect; validity of indexes into none: rg03 looks at it. */
export function splitAspects(lines: readonly string[]): Aspects {
  const aspects: Aspects = { schema: [], security: [], views: [] };
  for (const line of lines) {
    const [area, kind, name, all] = parseLine(line);
    const write = (facts: object) => JSON.stringify([area, kind, name, facts]);
    if (kind === "policy") aspects.security.push(line);
    else if (kind === "relation") {
      const { rls, force_rls, populated, ...schema } = record.parse(all);
      aspects.schema.push(write(schema));
      aspects.security.push(write({ rls, force_rls }));
      if (typeof populated === "boolean") aspects.views.push(write({ populated }));
    } else if (kind === "index") {
      const { valid: _, ...schema } = record.parse(all);
      aspects.schema.push(write(schema));
    } else aspects.schema.push(write(record.parse(all)));
  }
  return aspects;
}
