/** Two backups of prod that can be restored, beside the sample history, and a loss between them to find. */
import { Octokit } from "@octokit/rest";
import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import { backUp, signIn } from "../admin_client.ts";
import { REPOSITORY } from "../github_part.ts";
import type { Stack } from "../stack_types.ts";

/** Rows that somebody deletes by mistake. */
const LOST_ROWS = 25;

/** @throws {Error} when a backup does not succeed. */
export async function makeRealBackups(stack: Stack, log: (line: string) => void): Promise<void> {
  const client = await signIn(stack);
  const quiet = () => {};
  const { bytes } = await backUp(client, "antes-da-limpeza", quiet);
  const sql = postgres(stack.databases.prod, { max: 1, onnotice: () => {} });
  try {
    await sql`
      delete from public.itens_pedido
       where ctid in (select ctid from public.itens_pedido limit ${LOST_ROWS})`;
  } finally {
    await sql.end();
  }
  await backUp(client, "depois-da-limpeza", quiet);
  await untilGitHubRests(stack);
  log(
    `two real backups of prod, ${bytes} bytes each; between them ${LOST_ROWS} rows of public.itens_pedido were deleted`,
  );
}

/** GitHub ends a run a moment after its script did: its line would follow the stack's last one, `ready`. */
async function untilGitHubRests({ urls, github }: Stack): Promise<void> {
  const { actions } = new Octokit({ baseUrl: urls.github, auth: github.token }).rest;
  const [owner = "", repo = ""] = REPOSITORY.split("/");
  for (;;) {
    const { data } = await actions.listWorkflowRunsForRepo({ owner, repo });
    if (data.workflow_runs.every(({ status }) => status === "completed")) return;
    await sleep(50);
  }
}
