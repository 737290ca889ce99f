/** Extracts from GitHub's OpenAPI description what the local GitHub serves. See README.md in this folder. */
import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { gzipSync } from "node:zlib";
import { z } from "zod";

const json = z.json();
type Json = z.infer<typeof json>;

const descriptionSchema = z.object({
  openapi: z.string(),
  info: z.object({ title: z.string(), version: z.string(), license: json.optional() }),
  paths: z.record(z.string(), z.record(z.string(), json)),
  components: z.record(z.string(), z.record(z.string(), json)),
});

const REPOSITORY = "/repos/{owner}/{repo}";
const ACTIONS = `${REPOSITORY}/actions`;
/** Methods by path, several separated by a blank. */
const ENDPOINTS: Readonly<Record<string, string>> = {
  "/user": "get",
  "/rate_limit": "get",
  [REPOSITORY]: "get",
  [`${ACTIONS}/workflows`]: "get",
  [`${ACTIONS}/workflows/{workflow_id}`]: "get",
  [`${ACTIONS}/workflows/{workflow_id}/dispatches`]: "post",
  [`${ACTIONS}/workflows/{workflow_id}/enable`]: "put",
  [`${ACTIONS}/workflows/{workflow_id}/disable`]: "put",
  [`${ACTIONS}/workflows/{workflow_id}/runs`]: "get",
  [`${ACTIONS}/runs`]: "get",
  [`${ACTIONS}/runs/{run_id}`]: "get",
  [`${ACTIONS}/runs/{run_id}/jobs`]: "get",
  [`${ACTIONS}/runs/{run_id}/logs`]: "get",
  [`${ACTIONS}/runs/{run_id}/cancel`]: "post",
  [`${ACTIONS}/jobs/{job_id}`]: "get",
  [`${ACTIONS}/jobs/{job_id}/logs`]: "get",
  [`${ACTIONS}/secrets`]: "get",
  [`${REPOSITORY}/environments/{environment_name}/secrets`]: "get",
  [`${REPOSITORY}/issues`]: "get post",
  [`${REPOSITORY}/issues/{issue_number}`]: "get patch",
  [`${REPOSITORY}/issues/{issue_number}/comments`]: "get post",
  [`${REPOSITORY}/labels`]: "get post",
  [`${REPOSITORY}/labels/{name}`]: "get",
};
const DROPPED = new Set(["examples", "example", "externalDocs", "tags"]);

/** A copy without descriptions; the references in it are added to `needed`. */
function strip(value: Json, needed: Set<string>): Json {
  if (Array.isArray(value)) return value.map((each) => strip(each, needed));
  if (typeof value !== "object" || value === null) return value;
  if (typeof value.$ref === "string") needed.add(value.$ref);
  const kept = Object.entries(value).filter(([key, each]) =>
    // A property may be named `description` or `tags` too; then it is a schema.
    typeof each === "object" && !Array.isArray(each) && each !== null && "type" in each ||
    !DROPPED.has(key) && !(key === "description" && typeof each === "string")
  );
  return Object.fromEntries(kept.map(([key, each]) => [key, strip(each, needed)]));
}

const [file = ""] = process.argv.slice(2);
const description = descriptionSchema.parse(JSON.parse(await readFile(file, "utf8")));
const needed = new Set<string>();
const paths = Object.fromEntries(
  Object.entries(ENDPOINTS).map(([path, methods]) => {
    const operations = methods.split(" ").map((method) => {
      const operation = description.paths[path]?.[method];
      if (operation === undefined) throw new Error(`Cannot find ${method} ${path} in ${file}`);
      return [method, strip(operation, needed)];
    });
    return [path, Object.fromEntries(operations)];
  }),
);
const components: Record<string, Record<string, Json>> = {};
for (const reference of needed) { // grows during the iteration
  const [, , section = "", name = ""] = reference.split("/");
  const component = description.components[section]?.[name];
  if (component === undefined) throw new Error(`Cannot find ${reference} in ${file}`);
  (components[section] ??= {})[name] = strip(component, needed);
}
const subset = { openapi: description.openapi, info: description.info, paths, components };
await writeFile(new URL("github.json.gz", import.meta.url), gzipSync(JSON.stringify(subset), { level: 9 }));
