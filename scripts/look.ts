/**
 * Looks into a backup of the vault. Restores nothing; rows are written to the terminal alone, or sealed for the screen.
 *
 *     R2_KEY=newest deno task look                                   # its tables
 *     R2_KEY=newest LOOK_TABLE=clientes LOOK_PAGE=3 deno task look
 *     R2_KEY=newest LOOK_SEARCH=PV00012345 deno task look
 *
 *     LOOK_PRIVATE_KEY=… REQUEST_ID=… deno task look                  # on GitHub: the look of a screen
 *
 * Environment: docs/environment.md. Exit codes: docs/exit-codes.md.
 */
import { randomUUID } from "node:crypto";
import process from "node:process";
import { BackupError } from "@backup/errors.ts";
import { LookHolder } from "@backup/look/seal.ts";
import { isReason } from "@backup/reason.ts";
import { Catalog } from "./lib/catalog/catalog.ts";
import { answerSealed } from "./lib/look/answer_sealed.ts";
import { auditEntryOf } from "./lib/look/audit_entry.ts";
import { lookEnvironment, sealedLookEnvironment } from "./lib/look/environment.ts";
import { look, type LookAnswer, type LookOrder } from "./lib/look/look.ts";
import { lookLines } from "./lib/look/look_text.ts";
import { personalColumns } from "./lib/look/personal_columns.ts";
import { openRows } from "./lib/look/row_source.ts";
import { connectionOf } from "./lib/postgres/target_connection.ts";
import { ownEnvironment, readEnvironment } from "./lib/process/environment.ts";
import { runInterruptible } from "./lib/run/main.ts";
import { type Output, progressOn } from "./lib/run/output.ts";
import { requesterOf } from "./lib/run/requester.ts";
import { vaultOf } from "./lib/vault/environment.ts";
import { newestBackup } from "./lib/vault/newest_backup.ts";
import { isTrusted, readSignedManifest } from "./lib/vault/trust.ts";

await runInterruptible(async (output) => {
  if (ownEnvironment().LOOK_PRIVATE_KEY) return await answerScreen(output);
  if (process.env.GITHUB_ACTIONS === "true") {
    throw new BackupError(
      "missing_environment",
      "Cannot look into a backup on GitHub without LOOK_PRIVATE_KEY: the log would keep its rows",
      { hint: "docs/production.md: the keys of looks." },
    );
  }
  await lookOnTerminal(output);
});

/** Prints nothing of the request or the answer. */
async function answerScreen(output: Output): Promise<void> {
  const env = readEnvironment(sealedLookEnvironment, ownEnvironment());
  const holder = await LookHolder.of(env.LOOK_PRIVATE_KEY);
  const progress = progressOn(output);
  const catalog = new Catalog({ connection: connectionOf("prod", ownEnvironment()) });
  try {
    await answerSealed(env.REQUEST_ID, {
      catalog,
      vault: vaultOf(env),
      holder,
      isPersonal: personalColumns(),
      onBytes: (done, expected) => progress.bytes(done, expected),
    });
  } finally {
    await catalog.close();
  }
  output.print("answered: the answer is sealed for the tab that asked");
  output.setResult({ request_id: env.REQUEST_ID });
}

async function lookOnTerminal(output: Output): Promise<void> {
  const env = readEnvironment(lookEnvironment, ownEnvironment());
  if (env.LOOK_SHOW && !isReason(env.REASON)) {
    throw new BackupError("missing_environment", "Cannot show personal columns without a reason", {
      hint: "Say why with --reason: it is recorded.",
    });
  }
  const vault = vaultOf(env);
  const key = env.R2_KEY === "newest" ? await newestBackup(vault, env.TARGET) : env.R2_KEY;
  output.print(key);
  const { manifest, trust } = await readSignedManifest(vault, key);
  if (!isTrusted(vault, trust)) {
    output.print("no key of this installation signed it: anybody may have written its rows");
  }
  const progress = progressOn(output);
  const source = await openRows(
    vault,
    key,
    manifest,
    (done) => progress.bytes(done, manifest?.bytes ?? null),
  );
  if (!source.isIndexed) output.print("it has no index: a page or a search reads all of it");
  const order = { table: env.LOOK_TABLE ?? null, page: env.LOOK_PAGE, search: env.LOOK_SEARCH ?? null };
  const answer = await look(source, order);
  await record(key, order, answer);
  const isPersonal = personalColumns();
  for (const line of lookLines(answer, (table, column) => !env.LOOK_SHOW && isPersonal(table, column))) {
    output.print(line);
  }
  output.setResult({
    r2_key: key,
    tables: answer.tables,
    hits: answer.hits,
    rows: answer.found.map(({ table: { schema, table }, rows }) => ({ schema, table, count: rows.length })),
  });

  async function record(key: string, order: LookOrder, answer: LookAnswer): Promise<void> {
    if (env.SUPABASE_DB_URL_PROD === undefined) {
      return output.print("not recorded: SUPABASE_DB_URL_PROD is not set");
    }
    const catalog = new Catalog({ connection: connectionOf("prod", ownEnvironment()) });
    try {
      const requester = requesterOf(env, randomUUID);
      const about = {
        reason: env.REASON ?? null,
        isShown: env.LOOK_SHOW,
        secret: env.R2_SECRET_ACCESS_KEY,
      };
      await catalog.appendAudit(auditEntryOf(key, requester, order, answer, about));
    } finally {
      await catalog.close();
    }
  }
}
