/** The repository as a release sees it. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { manifestV2Schema } from "@backup/vault/manifest.ts";
import { TOOL_VERSION } from "../../lib/run/tool_version.ts";
import { ROOT } from "../root.ts";
import { type Api, apiSchema, currentApi } from "./api_schema.ts";
import type { ReleaseFacts } from "./check.ts";
import { type MigrationTexts, releasedSchema } from "./migrations.ts";
import { parseChangelog } from "./versions.ts";

export const RELEASED_FILE = join(ROOT, "supabase", "released.json");
export const API_FILE = join(ROOT, "docs", "api.schema.json");
const MIGRATIONS = join(ROOT, "supabase", "migrations");
const versionSchema = z.object({ version: z.string() });

export async function readFacts(): Promise<ReleaseFacts> {
  const text = (...path: string[]) => readFile(join(ROOT, ...path), "utf8");
  const versionIn = async (name: string) => versionSchema.parse(JSON.parse(await text(name))).version;
  return {
    versions: {
      "package.json": await versionIn("package.json"),
      "package-lock.json": await versionIn("package-lock.json"),
      "scripts/lib/run/tool_version.ts": TOOL_VERSION,
    },
    changelog: parseChangelog(await text("CHANGELOG.md")),
    released: releasedSchema.parse(JSON.parse(await readFile(RELEASED_FILE, "utf8"))),
    migrations: await readMigrationTexts(),
    api: { published: apiSchema.parse(JSON.parse(await readFile(API_FILE, "utf8"))), current: currentApi() },
    manifestSchemaIsCurrent: await text("docs", "manifest.schema.json") === manifestSchemaText(),
  };
}

/** docs/manifest.schema.json as it has to be. */
export function manifestSchemaText(): string {
  return textOf({
    title: "Manifest of a backup of Revo ERP",
    ...z.toJSONSchema(manifestV2Schema, { io: "input" }),
  });
}

export async function readMigrationTexts(): Promise<MigrationTexts> {
  const names = (await readdir(MIGRATIONS)).filter((name) => name.endsWith(".sql")).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(MIGRATIONS, name), "utf8")])),
  );
}

/** A published JSON file, as it is written. */
export function textOf(value: Api | object): string {
  return JSON.stringify(value, null, 2) + "\n";
}
