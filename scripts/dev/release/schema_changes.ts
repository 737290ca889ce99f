/** Whether a JSON schema still means to old callers what it meant: the few words of JSON Schema that zod writes. */
import { z } from "zod";

/** What is looked at of a schema; the rest (formats, patterns, lengths, the fields of alternatives) is not. */
export interface Schema {
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
}

export const schemaSchema: z.ZodType<Schema> = z.lazy(() =>
  z.looseObject({
    type: z.union([z.string(), z.array(z.string())]).optional(),
    enum: z.array(z.unknown()).optional(),
    properties: z.record(z.string(), schemaSchema).optional(),
    required: z.array(z.string()).optional(),
    items: schemaSchema.optional(),
    anyOf: z.array(schemaSchema).optional(),
  })
);

/** `request`: an old caller writes it, and ours read it. `answer`: ours write it, and an old caller reads it. */
export type Side = "request" | "answer";

/** What an old caller would stumble over, each with the place in the schema. */
export function breakingChanges(before: Schema, after: Schema, side: Side, place = ""): string[] {
  return [
    ...typeChanges(before, after, side, place),
    ...lostWords(before, after, side, place),
    ...(before.items && after.items ? breakingChanges(before.items, after.items, side, `${place}[]`) : []),
    ...fieldChanges(before, after, side, place),
  ];
}

/** Who writes it needs every type that there was; who reads it knows no other. */
function typeChanges(before: Schema, after: Schema, side: Side, place: string): string[] {
  const [was, is] = [typesOf(before), typesOf(after)];
  const [given, known] = side === "request" ? [was, is] : [is, was];
  const fits = known === null || given !== null && given.every((type) => known.includes(type));
  return fits
    ? []
    : [`${place || "it"} was ${was?.join(" or ") ?? "anything"} and is ${is?.join(" or ") ?? "anything"}`];
}

/** `null`: anything. */
function typesOf({ type, anyOf }: Schema): string[] | null {
  if (anyOf !== undefined) {
    const types = anyOf.map(typesOf);
    return types.includes(null) ? null : [...new Set(types.flatMap((its) => its ?? []))].toSorted();
  }
  return type === undefined ? null : [type].flat().toSorted();
}

/** A word that may no longer be written breaks who writes it; one that may newly come, who reads it has to bear. */
function lostWords(before: Schema, after: Schema, side: Side, place: string): string[] {
  if (side === "answer") return [];
  const still = wordsOf(after);
  if (still === null) return [];
  const lost = (wordsOf(before) ?? []).filter((word) => !still.includes(word));
  return lost.map((word) => `${place || "it"} may no longer be ${JSON.stringify(word)}`);
}

function wordsOf(schema: Schema): unknown[] | null {
  return schema.enum ?? (schema.const === undefined ? null : [schema.const]);
}

function fieldChanges(before: Schema, after: Schema, side: Side, place: string): string[] {
  const [old, now] = [before.properties ?? {}, after.properties ?? {}];
  const [wasNeeded, isNeeded] = [before.required ?? [], after.required ?? []];
  const at = (name: string) => place === "" ? name : `${place}.${name}`;
  const kept = Object.keys(old).filter((name) => name in now);
  const gone = Object.keys(old).filter((name) => !(name in now)).map((name) => `${at(name)} is gone`);
  const demanded = isNeeded.filter((name) => !wasNeeded.includes(name)).map((name) =>
    `${at(name)} is needed now`
  );
  const given = wasNeeded.filter((name) => name in now && !isNeeded.includes(name)).map((name) =>
    `${at(name)} may be left out now`
  );
  return [
    ...gone,
    ...(side === "request" ? demanded : given),
    ...kept.flatMap((name) => breakingChanges(old[name] ?? {}, now[name] ?? {}, side, at(name))),
  ];
}
