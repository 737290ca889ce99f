/**
 * Runs the inputs of cases/: each is a project of one kind, as SQL in sections. `-- @project` (the default) and
 * `-- @admin` make the source, as its owner and as the platform's superuser; `-- @platform` makes the source and every
 * target; `-- @target` the targets with other content; `-- @check` is a query that a restore does not change.
 */
import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { toBackupError } from "@backup/errors.ts";
import type { Manifest } from "@backup/vault/manifest.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import type { SupabaseServer } from "../lib/server/supabase.ts";
import { planRestore } from "../lib/restore/plan.ts";
import type { RestoreOrder } from "../lib/restore/restore_order.ts";
import { drillOf } from "./drill_fixture.ts";
import {
  backUp,
  contentOf,
  createProject,
  engine,
  fixture,
  restore,
  sql,
  startServer,
} from "./engine_fixture.ts";
import { type MemoryVault, memoryVault } from "./vault_content.ts";

const FOLDER = new URL("./cases/", import.meta.url);

export const caseNames: readonly string[] = readdirSync(FOLDER).map((file) => file.replace(/\.sql$/, ""))
  .sort();

/** Whether a target of this input has content of its own kind. */
export function hasOtherContent(input: string): boolean {
  return /^-- @target$/m.test(readFileSync(new URL(`${input}.sql`, FOLDER), "utf8"));
}

/** Servers of the sources and of the targets, so that a target lacks the roles of its source. */
export interface CaseServers {
  source: SupabaseServer;
  target: SupabaseServer;
  stop(): Promise<void>;
}

export async function startServers(): Promise<CaseServers> {
  const [source, target] = await Promise.all([startServer(), startServer()]);
  return {
    source: source.server,
    target: target.server,
    stop: async () => void await Promise.all([source.stop(), target.stop()]),
  };
}

type Section = "project" | "admin" | "platform" | "target" | "check";

/** One case, backed up. */
export interface Case {
  manifest: Manifest;
  /** Restores into a new project of another server. @returns the difference from the source, if any */
  restoreFresh(): Promise<string>;
  /** Restores over other content. */
  restoreOver(): Promise<string>;
  restoreItself(): Promise<string>;
  /** Restores into a new project with the confirmation that keys with orphans come back unvalidated. */
  restoreWithOrphans(): Promise<string>;
  /** Obstacles of a plan for a new project, or for the source itself. */
  obstacles(into: "fresh" | "itself"): Promise<string[]>;
  /** Failed checks, and the reason why `restored` was skipped. */
  drill(): Promise<string>;
}

/** @param name of the project. @param inputs it holds them all */
export async function openCase(
  { source, target }: CaseServers,
  name: string,
  inputs: readonly string[],
): Promise<Case> {
  const texts = await Promise.all(inputs.map((input) => readFile(new URL(`${input}.sql`, FOLDER), "utf8")));
  const sections = texts.flatMap(sectionsOf);
  const store = memoryVault();
  const own = await createProject(source, name);
  await apply(source, name, sections, ["platform", "admin", "project"]);
  const { keys: { archive }, manifest } = await backUp(store.vault, own);
  const leftOut =
    manifest.warnings?.filter(({ kind }) => kind === "left_out").map(({ name }) => name.slice(7)) ?? [];
  const contentOfProject = async (on: Connection) =>
    (await contentOf(on)).split("\n").filter((line) =>
      !NOT_CARRIED.test(line) && !leftOut.some((s) => line.startsWith(`${s}.`))
    );
  const content = await contentOfProject(own);
  const checks = sections.filter(([kind]) => kind === "check").map(([, text]) => text).join("\n");
  const checked = async (on: Connection) => (await sql(on, checks)).join("\n");
  const before = await checked(own);
  const into = async (suffix: string): Promise<Connection> => {
    const connection = await createProject(target, `${name}_${suffix}`);
    await apply(target, connection.database, sections, ["platform"]);
    return connection;
  };
  const load = async (connection: Connection, options: Partial<RestoreOrder> = {}): Promise<string> => {
    try {
      const { warnings } = await restore(store.vault, connection, archive, options);
      const differences = [...differenceOf(content, await contentOfProject(connection)), ...warnings];
      const after = await checked(connection);
      return [...differences, ...after === before ? [] : [`${before} became ${after}`]].join("; ") || "equal";
    } catch (thrown) {
      const { code, message } = toBackupError(thrown);
      return `${code}: ${message}`;
    }
  };
  return {
    manifest,
    restoreFresh: async () => await load(await into("fresh")),
    restoreOver: async () => {
      const connection = await into("over");
      await sql(connection, await fixture("other_content.sql"));
      await apply(target, connection.database, sections, ["target"]);
      return await load(connection);
    },
    restoreItself: () => load(own),
    restoreWithOrphans: async () => await load(await into("confirmed"), { allowOrphans: true }),
    obstacles: async (where) =>
      await obstaclesOf(store, where === "itself" ? own : await into("plan"), archive),
    drill: () => drillText(target, store, archive),
  };
}

function sectionsOf(text: string): (readonly [Section, string])[] {
  const parts = text.split(/^-- @(?=(?:project|admin|platform|target|check)$)/m);
  return parts.map((part, i): readonly [Section, string] => {
    if (i === 0) return ["project", part];
    const end = part.indexOf("\n");
    return [part.slice(0, end) as Section, part.slice(end)];
  }).filter(([, sql]) => sql.replaceAll(/^--.*$/gm, "").trim() !== "");
}

async function apply(
  server: SupabaseServer,
  database: string,
  sections: readonly (readonly [Section, string])[],
  kinds: readonly Section[],
): Promise<void> {
  for (const [kind, text] of sections.filter(([kind]) => kinds.includes(kind))) {
    const role = kind === "admin" || kind === "platform" ? "supabase_admin" : "postgres";
    await sql(server.connection(role, database), `set client_min_messages = warning;\n${text}`);
  }
}

/** Hashes of rows in schemas of the platform that no backup holds, and the owner of schema public, which stays. */
const NOT_CARRIED = /^(cron|supabase_functions|vault)\.|^\["public", "schema"/;

/** Lines of content that only one side has. */
function differenceOf(expected: readonly string[], found: readonly string[]): string[] {
  const gone = expected.filter((line) => !found.includes(line)).map((line) => `- ${line}`);
  return [...gone, ...found.filter((line) => !expected.includes(line)).map((line) => `+ ${line}`)];
}

async function obstaclesOf({ vault }: MemoryVault, connection: Connection, key: string): Promise<string[]> {
  const { obstacles } = await planRestore(
    { ...engine(vault, connection), pastRestores: () => Promise.resolve([]) },
    { target: "dev", key, allowSchemaOnly: false },
  );
  return obstacles.map((obstacle) => JSON.stringify(obstacle));
}

async function drillText(server: SupabaseServer, { vault }: MemoryVault, key: string): Promise<string> {
  const { receipt } = await drillOf({ server, store: { vault } }, key);
  // a drill takes this right, which roles of its server have in common
  await sql(server.connection("supabase_admin", "postgres"), "alter role postgres createrole;");
  // the permission functions are Revo's
  const failed = receipt.checks.filter(({ name, verdict }) =>
    verdict === "FAIL" && name !== "permission_functions_exist"
  );
  const restored = receipt.checks.find(({ name }) => name === "restored");
  if (failed.length > 0) return failed.map(({ name, detail }) => `FAIL ${name}: ${detail}`).join("; ");
  return restored?.verdict === "PASS" ? "PASS" : `${restored?.verdict}: ${restored?.detail}`;
}
