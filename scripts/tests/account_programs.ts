/**
 * `gh` and `npx supabase` for tests of pages: found first on the PATH, and answered by the test. Other uses of `npx` are
 * the real one's.
 */
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Octokit } from "@octokit/rest";
import { z } from "zod";
import { migrate, readMigrations } from "../dev/migrate.ts";
import { binaries, sql } from "./engine_fixture.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { program } from "./fake_programs.ts";

export interface Accounts {
  /** GitHub, once there is one. */
  github?: { url: string; token: string; owner: string; repo: string };
  /** The database of the linked project. */
  linked: Connection;
}

const callSchema = z.object({ cwd: z.string(), args: z.array(z.string()) });

/** Writes the programs into a folder. @param accounts may change between the calls */
export async function startAccountPrograms(folder: string, accounts: Accounts) {
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const { cwd, args } = callSchema.parse(JSON.parse(text));
    const answer = request.url === "/gh" ? runWorkflow(args, accounts) : push(cwd, args, accounts);
    await answer.then(
      (said) => response.end(said),
      (error) => response.writeHead(400).end(`${error.message}\n`),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const call = (name: string) =>
    `exec node -e '
      const body = JSON.stringify({ cwd: process.cwd(), args: process.argv.slice(1) });
      fetch("${url}/${name}", { method: "POST", body }).then(async (it) => {
        process.stdout.write(await it.text());
        process.exitCode = it.ok ? 0 : 1;
      })' -- "$@"`;
  const npx = execFileSync("bash", ["-c", "command -v npx"], { encoding: "utf8" }).trim();
  await program(folder, "gh", call("gh"));
  await program(folder, "npx", `case $1 in supabase@*) ${call("supabase")} ;; *) exec ${npx} "$@" ;; esac`);
  return {
    path: join(folder),
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** `gh workflow run FILE [-f NAME=VALUE]…` */
async function runWorkflow(args: readonly string[], { github }: Accounts): Promise<string> {
  const [workflow, run, workflow_id = "", ...flags] = args;
  if (github === undefined || workflow !== "workflow" || run !== "run") {
    throw new Error(`gh ${args.join(" ")}?`);
  }
  const inputs = Object.fromEntries(
    flags.filter((it) => it !== "-f").map((it) => [it.split("=")[0], it.slice(it.indexOf("=") + 1)]),
  );
  const { owner, repo, url, token } = github;
  const { actions } = new Octokit({ baseUrl: url, auth: token }).rest;
  await actions.createWorkflowDispatch({ owner, repo, workflow_id, ref: "main", inputs });
  return `✓ Created workflow_dispatch event for ${workflow_id} at main\n`;
}

/**
 * `supabase@VERSION db push [--include-all]`: a migration below the newest applied one is refused without the flag, as
 * Supabase CLI 2.117.0 does (tried).
 */
async function push(cwd: string, [, ...args]: readonly string[], { linked }: Accounts): Promise<string> {
  const [db, command, ...flags] = args;
  if (db !== "db" || command !== "push") throw new Error(`supabase ${args.join(" ")}?`);
  const migrations = await readMigrations(join(cwd, "supabase", "migrations"));
  const applied = new Set(await sql(linked, "select version from supabase_migrations.schema_migrations;"));
  const newest = [...applied].sort().at(-1) ?? "";
  const below = migrations.filter(({ version }) => !applied.has(version) && version < newest);
  if (below.length > 0 && !flags.includes("--include-all")) {
    throw new Error("Rerun the command with --include-all flag to apply these migrations");
  }
  const versions = await migrate(binaries.path("psql"), linked, migrations);
  return versions.map((version) => `Applying migration ${version}\n`).join("");
}
