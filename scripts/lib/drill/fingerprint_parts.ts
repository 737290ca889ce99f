/** A fingerprint divided by the subject of its facts, so that each fault fails one check. */
import { z } from "zod";
import { parseFingerprintLine } from "../postgres/database_facts.ts";

export interface FingerprintParts {
  /** Objects, definitions, owners, privileges. */
  schema: string[];
  /** Row level security of each table, and every policy. */
  security: string[];
  /** Whether each materialized view is filled. */
  views: string[];
}

const record = z.record(z.string(), z.unknown());

/** Every fact of the lines goes into one part, except the validity of indexes, which rg03 checks. */
export function splitFingerprint(lines: readonly string[]): FingerprintParts {
  const parts: FingerprintParts = { schema: [], security: [], views: [] };
  for (const line of lines) {
    const [area, kind, name, all] = parseFingerprintLine(line);
    const write = (facts: object) => JSON.stringify([area, kind, name, facts]);
    if (kind === "policy") parts.security.push(line);
    else if (kind === "relation") {
      const { rls, force_rls, populated, ...schema } = record.parse(all);
      parts.schema.push(write(schema));
      parts.security.push(write({ rls, force_rls }));
      if (typeof populated === "boolean") parts.views.push(write({ populated }));
    } else if (kind === "index") {
      const { valid: _, ...schema } = record.parse(all);
      parts.schema.push(write(schema));
    } else parts.schema.push(write(record.parse(all)));
  }
  return parts;
}
