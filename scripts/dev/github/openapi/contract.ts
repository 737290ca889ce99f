/** For tests: whether a response is one that GitHub's OpenAPI description allows. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { Ajv } from "ajv";
import { default as addFormats } from "ajv-formats";
import { z } from "zod";

const responseSchema = z.looseObject({
  content: z.record(z.string(), z.looseObject({ schema: z.json() })).optional(),
});
const subsetSchema = z.looseObject({
  paths: z.record(
    z.string(),
    z.record(z.string(), z.looseObject({ responses: z.record(z.string(), z.json()) })),
  ),
});
const errorSchema = z.object({ message: z.string(), documentation_url: z.url(), status: z.string() });

const subset = z.json().parse(
  JSON.parse(gunzipSync(readFileSync(new URL("github.json.gz", import.meta.url))).toString("utf8")),
);
const { paths } = subsetSchema.parse(subset);
const ajv = new Ajv({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema({ $id: "github", ...z.record(z.string(), z.json()).parse(toJsonSchema(subset)) });

type Json = z.infer<ReturnType<typeof z.json>>;

/** OpenAPI 3.0 has `nullable` where JSON Schema has the type `null`. */
function toJsonSchema(value: Json): Json {
  if (Array.isArray(value)) return value.map(toJsonSchema);
  if (typeof value !== "object" || value === null) return value;
  const { nullable, ...rest } = value;
  const plain = Object.fromEntries(Object.entries(rest).map(([key, each]) => [key, toJsonSchema(each)]));
  return nullable === true ? { anyOf: [plain, { type: "null" }] } : plain;
}

/** The path of the description that a URL matches, `null` for none: the one with the most fixed parts. */
export function describedPath(pathname: string): string | null {
  const matches = Object.keys(paths).filter((path) =>
    new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`).test(pathname)
  );
  return matches.sort((a, b) => a.split("{").length - b.split("{").length)[0] ?? null;
}

/**
 * The problems of a response, `[]` for none. Errors that the description does not contain must have the format that
 * all of GitHub's errors have.
 * @param path as in the description, with its `{…}`
 */
export function contractFaults(method: string, path: string, status: number, body: unknown): string[] {
  const operation = paths[path]?.[method.toLowerCase()];
  if (operation === undefined) return [`${method} ${path} is not in the description`];
  if (status >= 400) {
    return errorSchema.safeParse(body).error?.issues.map(({ message, path }) => `${path}: ${message}`) ?? [];
  }
  const response = operation.responses[String(status)];
  if (response === undefined) return [`${method} ${path} never answers ${status}`];
  if (responseSchema.parse(response).content === undefined) return [];
  const pointer = [
    path,
    method.toLowerCase(),
    "responses",
    String(status),
    "content",
    "application/json",
    "schema",
  ];
  const escaped = pointer.map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1")));
  const validate = ajv.compile({ $ref: `github#/paths/${escaped.join("/")}` });
  if (validate(body)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
