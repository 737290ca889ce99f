/**
 * The embedded stack: every part of production, real or the vendor's own simulator, on this machine alone.
 * Nothing outlives it: `run_folder.ts` sees to that, whatever dies.
 */
import { BackupError } from "../../supabase/functions/_shared/backup/errors.ts";
import { FUNCTION_NAME } from "../../supabase/functions/_shared/backup/api.ts";
import { startDatabases } from "./database_part.ts";
import { functionPart } from "./functions/function_part.ts";
import { GitHubPart, REPOSITORY } from "./github_part.ts";
import { makeKeys, randomText } from "./keys.ts";
import { choosePorts, type Ports } from "./ports.ts";
import { providePostgres } from "./postgres_install.ts";
import { makeVaultAccess, r2Part } from "./r2/r2_part.ts";
import { openRunFolder, type RunFolder } from "./run_folder.ts";
import { type SeededUsers, seedErp } from "./seed/seed.ts";
import { type DatabaseName, DATABASES, type PartName, type Stack, type StackOptions } from "./stack_types.ts";
import { supabasePart } from "./supabase/supabase_part.ts";
import { screenPart } from "./web/screen_part.ts";

export { REPOSITORY } from "./github_part.ts";
export type { Stack, StackOptions } from "./stack_types.ts";

const DEFAULT_ROWS = 200_000;

interface Part {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** In the order of their end: nobody outlives what it needs. */
const END_ORDER: readonly (PartName | "screen")[] = [
  "github",
  "screen",
  "function",
  "supabase",
  "r2",
  "postgres",
];

/** How to end each stack of this process, also one that is still starting. */
const running = new Set<() => Promise<void>>();

/** Ends every stack of this process; a start under way fails then. */
export async function stopStacks(): Promise<void> {
  await Promise.all([...running].map((stop) => stop()));
}

/**
 * Starts everything; resolves when the whole of it answers.
 * @throws {Error} naming the part that did not start; nothing is left then.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const run = await openRunFolder(options.log);
  const parts = new Map<PartName | "screen", Part>();
  const stop = once(async () => {
    for (const name of END_ORDER) await parts.get(name)?.stop();
    await run.remove();
    running.delete(stop);
  });
  running.add(stop);
  try {
    return await build(options, run, parts, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(
  options: StackOptions,
  run: RunFolder,
  parts: Map<PartName | "screen", Part>,
  stop: () => Promise<void>,
): Promise<Stack> {
  const { log, web = "dev" } = options;
  const started = performance.now();
  const step = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const begun = performance.now();
    const result = await work();
    log(`${what} (${seconds(begun)} s)`);
    return result;
  };
  const ended = (name: string) => (said: string) => log(`${name} ended unexpectedly: ${said}`);
  const start = async (name: PartName | "screen", part: Part) => {
    parts.set(name, part);
    await part.start();
  };

  const binaries = await providePostgres(log);
  const ports = await choosePorts(options.ports ?? "free");
  const urls = urlsOf(ports, web !== "none");
  const keys = makeKeys();
  const access = makeVaultAccess(ports.r2);
  const edgeFunction = { name: FUNCTION_NAME, port: ports.function };

  const databases = step(`PostgreSQL ${binaries.version}: ${DATABASES.join(", ")}, migrated`, async () => {
    const server = await startDatabases({
      run,
      port: ports.postgres,
      binaries,
      onUnexpectedEnd: ended("postgres"),
    });
    parts.set("postgres", { start: () => server.start(), stop: () => server.stop() });
    return server;
  });
  const vault = step(
    "R2 simulator",
    () => start("r2", r2Part({ run, port: ports.r2, access, onUnexpectedEnd: ended("r2") })),
  );
  const screen = web === "none"
    ? null
    : step(web === "built" ? "screen built" : "screen prepared", () =>
      screenPart({
        run,
        port: ports.screen,
        mode: web,
        supabaseUrl: urls.supabase,
        publishableKey: keys.publishable,
        onUnexpectedEnd: ended("screen"),
      }));
  const [server] = await Promise.all([databases, vault, screen]);

  await step("auth and REST", () =>
    start(
      "supabase",
      supabasePart({
        run,
        port: ports.supabase,
        server,
        database: "prod",
        keys,
        siteUrl: urls.screen ?? urls.supabase,
        edgeFunction,
        onUnexpectedEnd: ended("supabase"),
      }),
    ));

  const databaseUrls = {
    prod: server.url("postgres", "prod"),
    dev: server.url("postgres", "dev"),
    verify: server.url("postgres", "verify"),
  };
  const workflowSecrets = {
    R2_ENDPOINT: access.endpoint,
    R2_BUCKET: access.bucket,
    R2_ACCESS_KEY_ID: access.accessKeyId,
    R2_SECRET_ACCESS_KEY: access.secretAccessKey,
    SUPABASE_DB_URL_PROD: databaseUrls.prod,
    SUPABASE_DB_URL_DEV: databaseUrls.dev,
    SUPABASE_DB_URL_VERIFY: databaseUrls.verify,
  };
  const token = `github_pat_${randomText(40)}`;
  const github = new GitHubPart({ run, port: ports.github, token, secrets: workflowSecrets, binaries, log });
  const others = step("GitHub, function and screen", async () => {
    await start("github", github);
    await start(
      "function",
      functionPart({
        run,
        port: ports.function,
        supabaseUrl: urls.supabase,
        publishableKey: keys.publishable,
        github: { url: urls.github, token, repository: REPOSITORY },
        allowedOrigins: urls.screen === null ? [] : [urls.screen],
        onUnexpectedEnd: ended("function"),
      }),
    );
    const built = await screen;
    if (built) await start("screen", built);
  });
  const seeded = options.seed === false ? null : step("ERP data and users", () =>
    seedErp({
      prodUrl: databaseUrls.prod,
      devUrl: databaseUrls.dev,
      supabaseUrl: urls.supabase,
      publishableKey: keys.publishable,
      rows: options.rows ?? DEFAULT_ROWS,
      log,
    }));
  const [users] = await Promise.all([seeded, others]);
  log(`the stack is ready after ${seconds(started)} s`);

  const partOf = (name: PartName) => {
    const part = parts.get(name);
    if (!part) throw new BackupError("internal_server_error", `This stack has no part ${name}`);
    return part;
  };
  return {
    dir: run.path,
    urls,
    databases: databaseUrls,
    keys,
    r2: access,
    get users(): SeededUsers {
      if (users === null) throw new Error("This stack was started without its seed: it has no users");
      return users;
    },
    workflowSecrets,
    github: {
      token,
      get faults() {
        return github.running.faults;
      },
      get journal() {
        return github.running.journal;
      },
    },
    superuserUrl: (database: DatabaseName) => server.url("supabase_admin", database),
    startPart: (name) => partOf(name).start(),
    stopPart: (name) => partOf(name).stop(),
    async restartPart(name) {
      await partOf(name).stop();
      await partOf(name).start();
    },
    stop,
  };
}

function urlsOf(ports: Ports, hasScreen: boolean) {
  const url = (port: number) => `http://127.0.0.1:${port}`;
  return {
    screen: hasScreen ? url(ports.screen) : null,
    supabase: url(ports.supabase),
    github: url(ports.github),
    r2: url(ports.r2),
  };
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => done ??= work();
}
