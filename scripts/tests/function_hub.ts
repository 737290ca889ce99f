/**
 * For tests: the function's GitHub side against the local GitHub, every response checked against GitHub's
 * description.
 */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type Config, readConfig } from "../../supabase/functions/ops-backups/env.ts";
import { createGitHub } from "../../supabase/functions/ops-backups/github.ts";
import type { GitHub } from "../../supabase/functions/ops-backups/ports.ts";
import { createPassOffice } from "../../supabase/functions/ops-backups/run_pass.ts";
import {
  ENVIRONMENT,
  type MemoryDatabase,
  MemorySilentRuns,
} from "../../supabase/functions/ops-backups/test_fakes.ts";
import {
  contractFaults,
  describedPath,
  OWNER,
  REPO,
  type TestGitHub,
  TOKEN,
} from "../dev/github/test_github.ts";

/** The real file up to its jobs: name, inputs, run-name, concurrency; then one job of one step. */
export async function withSteps(file: string, command: string): Promise<string> {
  const text = await readFile(new URL(`../../.github/workflows/${file}`, import.meta.url), "utf8");
  const head = text.slice(0, text.indexOf("\njobs:\n"));
  return `${head}\njobs:\n  work:\n    runs-on: ubuntu-24.04\n    steps:\n      - name: Work\n        run: ${command}\n`;
}

export function configOf(hub: TestGitHub, changes: Record<string, string> = {}): Config {
  const env: Record<string, string> = {
    ...ENVIRONMENT,
    GITHUB_API_URL: hub.github.url,
    GITHUB_REPO: `${OWNER}/${REPO}`,
    GITHUB_TOKEN: TOKEN,
    ...changes,
  };
  return readConfig((name) => env[name]);
}

/** @throws {Error} for a response that GitHub would not give. */
export const checkedFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const { pathname } = new URL(input instanceof Request ? input.url : input);
  const path = describedPath(pathname);
  if (path === null) throw new Error(`${pathname} is not in GitHub's description`);
  const isJson = response.headers.get("content-type")?.includes("json");
  if (response.status !== 204 && !isJson) return response; // a gateway's response, not GitHub's
  const body: unknown = isJson ? await response.clone().json() : undefined;
  const faults = contractFaults(init?.method ?? "GET", path, response.status, body);
  if (faults.length > 0) {
    throw new Error(`${path} ${response.status} breaks the contract: ${faults.join("; ")}`);
  }
  return response;
};

export function connect(hub: TestGitHub, changes: Record<string, string> = {}): GitHub {
  return createGitHub(configOf(hub, changes), { fetch: checkedFetch, now: () => new Date() });
}

export function dependencies(database: MemoryDatabase, github: GitHub) {
  return {
    database,
    github,
    silentRuns: new MemorySilentRuns(database),
    logFailure: (error: unknown): never => {
      throw error;
    },
    newId: () => crypto.randomUUID(),
    now: () => new Date(),
    sleep: (ms: number) => sleep(ms),
    passes: createPassOffice(TOKEN, () => new Date()),
  };
}

export function dispatches(hub: TestGitHub): number {
  return hub.github.journal.filter(({ path }) => path.endsWith("/dispatches")).length;
}
