/**
 * The embedded stack: every part of production, real or the vendor's own simulator, on this machine alone.
 * `run_folder.ts` ends every process and removes every file, however the stack ends.
 */
import type { SupabaseServer } from "../lib/server/supabase.ts";
import { demoEnvironment, environmentFileText } from "./demo_environment.ts";
import { GitHubPart } from "./github_part.ts";
import { openRunFolder } from "./run_folder.ts";
import { type SeededUsers, seedErp } from "./seed/seed.ts";
import {
  makePlan,
  Parts,
  type Plan,
  startApi,
  startDatabase,
  startDoors,
  startScreen,
  startVault,
  workflowSecretsOf,
} from "./stack_parts.ts";
import type { DatabaseName, Stack, StackOptions } from "./stack_types.ts";

export { REPOSITORY } from "./github_part.ts";
export type { Stack, StackOptions } from "./stack_types.ts";

const DEFAULT_ROWS = 200_000;

/** The stop functions of all stacks of this process, also those still starting. */
const running = new Set<() => Promise<void>>();

/** Ends every stack of this process; a start in progress then fails. */
export async function stopStacks(): Promise<void> {
  await Promise.all([...running].map((stop) => stop()));
}

/**
 * Starts everything; resolves when all parts answer.
 * @throws {Error} naming the part that did not start; nothing is left then.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const started = performance.now();
  const run = await openRunFolder(options.log);
  const parts = new Parts(options.log);
  const stop = once(async () => {
    await parts.stopAll();
    await run.remove();
    running.delete(stop);
  });
  running.add(stop);
  try {
    const plan = await makePlan(options, run);
    const databases = startDatabase(plan, parts);
    const api = databases.then((server) => startApi(plan, parts, server));
    const [server, users, github] = await Promise.all([
      databases,
      databases.then((server) => seed(options, plan, server, api)),
      databases.then(async (server) => {
        const github = githubPart(plan, server);
        await startDoors(plan, parts, github);
        return github;
      }),
      api,
      startVault(plan, parts),
      startScreen(plan, parts),
    ]);
    if (options.environmentFile !== undefined) {
      const variables = demoEnvironment(plan, databasesOf(server), server.url("supabase_admin", "prod"));
      run.writeOutside(options.environmentFile, environmentFileText(variables));
    }
    options.log(`the stack is ready after ${((performance.now() - started) / 1000).toFixed(1)} s`);
    return handleOf({ plan, parts, server, github, users, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

function databasesOf(server: SupabaseServer): Stack["databases"] {
  const url = (name: DatabaseName) => server.url("postgres", name);
  return { prod: url("prod"), dev: url("dev"), verify: url("verify") };
}

function githubPart(plan: Plan, server: SupabaseServer): GitHubPart {
  const { run, ports, githubToken: token, binaries, keys, log } = plan;
  const secrets = workflowSecretsOf(plan, databasesOf(server));
  return new GitHubPart({
    run,
    port: ports.github,
    token,
    secrets,
    backupPublicKey: keys.backupPublic,
    binaries,
    log,
  });
}

async function seed(
  options: StackOptions,
  plan: Plan,
  server: SupabaseServer,
  authReady: Promise<void>,
): Promise<SeededUsers | null> {
  if (options.seed === false) return null;
  const { prod, dev } = databasesOf(server);
  return await seedErp({
    prodUrl: prod,
    devUrl: dev,
    supabaseUrl: plan.urls.supabase,
    publishableKey: plan.keys.publishable,
    rows: options.rows ?? DEFAULT_ROWS,
    history: options.history ?? false,
    authReady,
    log: options.log,
  });
}

interface Started {
  plan: Plan;
  parts: Parts;
  server: SupabaseServer;
  github: GitHubPart;
  users: SeededUsers | null;
  stop: () => Promise<void>;
}

function handleOf({ plan, parts, server, github, users, stop }: Started): Stack {
  const databases = databasesOf(server);
  return {
    dir: plan.run.path,
    urls: plan.urls,
    databases,
    keys: plan.keys,
    r2: plan.vault,
    get users(): SeededUsers {
      if (users === null) throw new Error("This stack was started without its seed: it has no users");
      return users;
    },
    workflowSecrets: workflowSecretsOf(plan, databases),
    github: {
      token: plan.githubToken,
      get faults() {
        return github.running.faults;
      },
      get journal() {
        return github.running.journal;
      },
      pids: () => github.running.pids(),
    },
    superuserUrl: (database) => server.url("supabase_admin", database),
    startPart: (name) => parts.get(name).start(),
    stopPart: (name) => parts.get(name).stop(),
    async restartPart(name) {
      await parts.get(name).stop();
      await parts.get(name).start();
    },
    stop,
  };
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => done ??= work();
}
