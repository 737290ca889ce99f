/** The parts of the stack and the order of their start. */
import { FUNCTION_NAME } from "@backup/api.ts";
import type { PostgresBinaries } from "../lib/postgres/binaries.ts";
import type { SupabaseServer } from "../lib/server/supabase.ts";
import { startDatabases } from "./database_part.ts";
import { functionPart } from "./functions/function_part.ts";
import { GitHubPart, REPOSITORY } from "./github_part.ts";
import { type Keys, makeKeys, randomText } from "./keys.ts";
import { choosePorts, type Ports } from "./ports.ts";
import { providePostgres } from "./postgres_install.ts";
import { makeVaultAccess, r2Part, type VaultAccess } from "./r2/r2_part.ts";
import type { RunFolder } from "./run_folder.ts";
import { DATABASES, type PartName, type Stack, type StackOptions } from "./stack_types.ts";
import { supabasePart } from "./supabase/supabase_part.ts";
import { screenPart } from "./web/screen_part.ts";

export interface Part {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** In the order of shutdown: a part ends before the parts that it needs. */
const END_ORDER: readonly (PartName | "screen")[] = [
  "github",
  "screen",
  "function",
  "supabase",
  "r2",
  "postgres",
];

/** Settings that are fixed before anything starts. */
export interface Plan {
  run: RunFolder;
  log: (line: string) => void;
  web: "dev" | "built" | "none";
  watch: boolean;
  binaries: PostgresBinaries;
  ports: Ports;
  urls: Stack["urls"];
  keys: Keys;
  vault: VaultAccess;
  githubToken: string;
}

/** @throws {BackupError} `missing_tool` when PostgreSQL is missing and cannot be installed. */
export async function makePlan(options: StackOptions, run: RunFolder): Promise<Plan> {
  const { log, web = "dev", watch = false } = options;
  const binaries = await providePostgres(log);
  const ports = await choosePorts(options.ports ?? "free");
  return {
    run,
    log,
    web,
    watch,
    binaries,
    ports,
    urls: urlsOf(ports, web !== "none"),
    keys: makeKeys(),
    vault: makeVaultAccess(ports.r2),
    githubToken: `github_pat_${randomText(40)}`,
  };
}

function urlsOf(ports: Ports, hasScreen: boolean): Stack["urls"] {
  const url = (port: number) => `http://127.0.0.1:${port}`;
  return {
    screen: hasScreen ? url(ports.screen) : null,
    supabase: url(ports.supabase),
    github: url(ports.github),
    r2: url(ports.r2),
  };
}

/** The started parts by name. */
export class Parts {
  readonly #parts = new Map<PartName | "screen", Part>();
  readonly #log: (line: string) => void;

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /** @throws {Error} for a part that this stack does not have. */
  get(name: PartName): Part {
    const part = this.#parts.get(name);
    if (!part) throw new Error(`This stack has no part ${name}`);
    return part;
  }

  add(name: PartName | "screen", part: Part): void {
    this.#parts.set(name, part);
  }

  async start(name: PartName | "screen", part: Part): Promise<void> {
    this.add(name, part);
    await part.start();
  }

  async stopAll(): Promise<void> {
    for (const name of END_ORDER) await this.#parts.get(name)?.stop();
  }

  /** Called when a part exits by itself. */
  endOf(name: PartName | "screen"): (said: string) => void {
    return (said) => this.#log(`${name} ended unexpectedly: ${said}`);
  }

  /** Runs the work, then logs its name and duration. */
  async step<T>(what: string, work: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    const result = await work();
    this.#log(`${what} (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
    return result;
  }
}

export function startDatabase({ run, ports, binaries }: Plan, parts: Parts): Promise<SupabaseServer> {
  return parts.step(`PostgreSQL ${binaries.version}: ${DATABASES.join(", ")}, migrated`, async () => {
    const onUnexpectedEnd = parts.endOf("postgres");
    const server = await startDatabases({ run, port: ports.postgres, binaries, onUnexpectedEnd });
    parts.add("postgres", { start: () => server.start(), stop: () => server.stop() });
    return server;
  });
}

export function startVault({ run, ports, vault }: Plan, parts: Parts): Promise<void> {
  const part = r2Part({ run, port: ports.r2, access: vault, onUnexpectedEnd: parts.endOf("r2") });
  return parts.step("R2 simulator", () => parts.start("r2", part));
}

/** Resolves at once without a screen. */
export async function startScreen({ web, run, ports, urls, keys }: Plan, parts: Parts): Promise<void> {
  if (web === "none") return;
  const options = {
    run,
    port: ports.screen,
    mode: web,
    supabaseUrl: urls.supabase,
    publishableKey: keys.publishable,
    lookPublicKey: keys.lookPublic,
    onUnexpectedEnd: parts.endOf("screen"),
  };
  await parts.step(web === "built" ? "screen, built" : "screen", async () => {
    await parts.start("screen", await screenPart(options));
  });
}

/** Auth and REST on prod; the databases must be running. */
export async function startApi(plan: Plan, parts: Parts, server: SupabaseServer): Promise<void> {
  const part = supabasePart({
    run: plan.run,
    port: plan.ports.supabase,
    server,
    database: "prod",
    keys: plan.keys,
    siteUrl: plan.urls.screen ?? plan.urls.supabase,
    edgeFunction: { name: FUNCTION_NAME, port: plan.ports.function },
    onUnexpectedEnd: parts.endOf("supabase"),
  });
  await parts.step("auth and REST", () => parts.start("supabase", part));
}

/** GitHub, and the function that calls it. */
export async function startDoors(plan: Plan, parts: Parts, github: GitHubPart): Promise<void> {
  const edge = functionPart({
    run: plan.run,
    port: plan.ports.function,
    supabaseUrl: plan.urls.supabase,
    publishableKey: plan.keys.publishable,
    secretKey: plan.keys.secret,
    github: { url: plan.urls.github, token: plan.githubToken, repository: REPOSITORY },
    allowedOrigins: plan.urls.screen === null ? [] : [plan.urls.screen],
    vault: plan.vault,
    lookPublicKey: plan.keys.lookPublic,
    onOutput: plan.watch ? plan.log : undefined,
    onUnexpectedEnd: parts.endOf("function"),
  });
  await parts.step("GitHub and function", async () => {
    await Promise.all([parts.start("github", github), parts.start("function", edge)]);
  });
}

/** The repository's secrets on GitHub, as docs/environment.md lists them. */
export function workflowSecretsOf(
  { vault, keys }: Plan,
  databases: Stack["databases"],
): Record<string, string> {
  return {
    R2_ENDPOINT: vault.endpoint,
    R2_BUCKET: vault.bucket,
    R2_ACCESS_KEY_ID: vault.accessKeyId,
    R2_SECRET_ACCESS_KEY: vault.secretAccessKey,
    BACKUP_SIGNING_KEY: keys.backupSigning,
    LOOK_PRIVATE_KEY: keys.lookPrivate,
    SUPABASE_DB_URL_PROD: databases.prod,
    SUPABASE_DB_URL_DEV: databases.dev,
    SUPABASE_DB_URL_VERIFY: databases.verify,
  };
}
