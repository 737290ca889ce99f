/**
 * Gives rows of a backup back to the living database. Reviews without `TAKE_APPLY`, and writes nothing then.
 *
 *     R2_KEY=newest TAKE_TABLE=clientes TAKE_KEYS=17,42 TAKE_REVIEW=volta.jsonl deno task take
 *     TAKE_REVIEW=volta.jsonl TAKE_APPLY=<hash> CONFIRM_TAKE=TAKE_PROD REASON="migração errada" deno task take
 *
 * Environment: docs/environment.md. Exit codes: docs/exit-codes.md.
 */
import { randomUUID } from "node:crypto";
import process from "node:process";
import type { z } from "zod";
import { BackupError, toBackupError } from "@backup/errors.ts";
import { isReason } from "@backup/reason.ts";
import { isSourceConfirmed, isTakeConfirmed } from "@backup/target.ts";
import { parseArchiveKey } from "@backup/vault/object_key.ts";
import { Catalog } from "./lib/catalog/catalog.ts";
import { personalColumns } from "./lib/look/personal_columns.ts";
import { openRows } from "./lib/look/row_source.ts";
import { Session } from "./lib/postgres/session.ts";
import { connectionOf } from "./lib/postgres/target_connection.ts";
import { ownEnvironment, readEnvironment } from "./lib/process/environment.ts";
import { runMain } from "./lib/run/main.ts";
import { type Output, progressOn } from "./lib/run/output.ts";
import { requesterOf } from "./lib/run/requester.ts";
import { applyReview, withoutValues } from "./lib/take/apply_review.ts";
import { takeAuditEntry, type TakeRecord } from "./lib/take/audit_entry.ts";
import { takeEnvironment } from "./lib/take/environment.ts";
import { readLiving, SETTINGS } from "./lib/take/living.ts";
import type { Change } from "./lib/take/patch.ts";
import { readPatch } from "./lib/take/patch_table.ts";
import { readReverse } from "./lib/take/reverse_patch.ts";
import { type Review, reviewBackup, reviewStored } from "./lib/take/review.ts";
import { readReview, writeReview } from "./lib/take/review_file.ts";
import { scopeOf } from "./lib/take/scope.ts";
import { countLines, reviewLines, SHOWN_ROWS } from "./lib/take/take_text.ts";
import { vaultOf } from "./lib/vault/environment.ts";
import { newestBackup } from "./lib/vault/newest_backup.ts";
import { readSignedManifest, requireTrusted } from "./lib/vault/trust.ts";

type TakeEnvironment = z.infer<typeof takeEnvironment>;

await runMain(async (signal, output) => {
  const env = readEnvironment(takeEnvironment, ownEnvironment());
  if (process.env.GITHUB_ACTIONS === "true") {
    throw new BackupError("missing_environment", "Cannot take rows on GitHub: the log would keep them");
  }
  if (env.TAKE_APPLY === undefined) await review(env, output, signal);
  else await apply(env, env.TAKE_APPLY, output, signal);
});

async function review(env: TakeEnvironment, output: Output, signal: AbortSignal): Promise<void> {
  if (env.TAKE_SHOW && !isReason(env.REASON)) {
    throw new BackupError("missing_environment", "Cannot show personal columns without a reason", {
      hint: "Say why with --reason: it is recorded.",
    });
  }
  const session = await Session.open({ connection: connectionOf(env.TARGET, ownEnvironment()), signal });
  try {
    // one snapshot; it is rolled back with its temporary tables
    await session.run("begin isolation level repeatable read;");
    await session.run(SETTINGS);
    const found = await reviewed(env, session, output, signal);
    const file = env.TAKE_REVIEW;
    const hash = file === undefined
      ? null
      : await writeReview(file, found.header, readPatch(session), new Date());
    const shown = await firstChanges(session);
    await record(env, output, {
      step: "reviewed",
      target: env.TARGET,
      source: found.header.source,
      hash,
      counts: found.counts,
      obstacles: found.obstacles.length,
      personalColumns: env.TAKE_SHOW ? "shown" : "covered",
    });
    const isPersonal = personalColumns();
    const lines = reviewLines(found, shown, (table, column) => !env.TAKE_SHOW && isPersonal(table, column));
    for (const line of lines) output.print(line);
    output.print("");
    output.print(
      hash === null
        ? "nothing was written; with --review FILE the patch can be applied"
        : `nothing was written; to apply within 30 minutes: --review FILE --apply ${hash}`,
    );
    const { header: { source }, counts, columns, along, triggers } = found;
    const obstacles = found.obstacles.map(({ kind, table, name, rows }) => ({ kind, table, name, rows }));
    output.setResult({ step: "reviewed", source, hash, tables: counts, columns, along, obstacles, triggers });
  } finally {
    await session.kill();
  }
}

async function reviewed(
  env: TakeEnvironment,
  session: Session,
  output: Output,
  signal: AbortSignal,
): Promise<Review> {
  const vault = vaultOf(env, { signal });
  const living = await readLiving(session);
  const context = { session, living };
  const allowed = env.ALLOW_UNSIGNED ?? null;
  if (env.TAKE_UNDO !== undefined) {
    const { header, changes } = await readReverse(vault, { key: env.TAKE_UNDO, target: env.TARGET, allowed });
    return await reviewStored(context, header, changes());
  }
  const scope = scopeOf({
    table: env.TAKE_TABLE,
    keys: env.TAKE_KEYS,
    search: env.TAKE_SEARCH,
    choices: { missing: env.TAKE_MISSING, changed: env.TAKE_CHANGED, new: env.TAKE_NEW },
  });
  if (env.R2_KEY === undefined) {
    throw new BackupError("invalid_payload", "Cannot take rows: no backup is named", {
      hint: "Give its key, or `newest`.",
    });
  }
  const key = env.R2_KEY === "newest" ? await newestBackup(vault, env.TARGET) : env.R2_KEY;
  output.print(key);
  const source = parseArchiveKey(key).target;
  if (!isSourceConfirmed({ source, target: env.TARGET }, env.CONFIRM_SOURCE)) {
    throw new BackupError(
      "source_confirmation_required",
      `Cannot take rows: ${key} is a backup of ${source}`,
      {
        hint: `Pass CONFIRM_SOURCE=${source} if its rows are wanted in ${env.TARGET}.`,
      },
    );
  }
  const { manifest, trust } = await readSignedManifest(vault, key);
  requireTrusted(vault, key, trust, allowed);
  const progress = progressOn(output);
  const rows = await openRows(vault, key, manifest, (done) => progress.bytes(done, manifest?.bytes ?? null));
  if (!rows.isIndexed) {
    output.print("it has no index: all of it is read, for each step of what comes along again");
  }
  try {
    return await reviewBackup(context, { target: env.TARGET, key, source: rows, scope });
  } catch (error) {
    throw withoutValues(error);
  }
}

async function firstChanges(session: Session): Promise<Change[]> {
  const shown: Change[] = [];
  for await (const change of readPatch(session)) {
    if (shown.push(change) === SHOWN_ROWS) break;
  }
  return shown;
}

async function apply(env: TakeEnvironment, hash: string, output: Output, signal: AbortSignal): Promise<void> {
  const { TARGET: target, TAKE_REVIEW: path } = env;
  if (path === undefined) {
    throw new BackupError("invalid_payload", "Cannot apply: the file of the review is not named", {
      hint: "Name it with --review.",
    });
  }
  if (!isTakeConfirmed(target, env.CONFIRM_TAKE)) {
    throw new BackupError(
      "confirmation_required",
      "Cannot write rows of prod: the confirmation is missing or wrong",
      {
        hint: "Pass CONFIRM_TAKE=TAKE_PROD.",
      },
    );
  }
  if (target === "prod" && !isReason(env.REASON)) {
    throw new BackupError("missing_environment", "Cannot write rows of prod without a reason", {
      hint: "Say why with --reason: it is recorded.",
    });
  }
  const now = () => new Date();
  const file = await readReview(path, { hash, target, now: now() });
  const vault = vaultOf(env, { signal });
  const requester = requesterOf(env, randomUUID);
  const about = { target, source: file.header.source, hash };
  await record(env, output, { ...about, step: "begun", counts: {} }, requester);
  const progress = progressOn(output);
  const context = { connection: connectionOf(target, ownEnvironment()), vault, progress, now, signal };
  const taken = await applyReview(context, { review: file, hash, requester }).catch(async (error) => {
    const { code } = toBackupError(error);
    const step = code === "take_outcome_unknown" ? "unknown" : "failed";
    await recorded({ ...about, step, counts: {}, code });
    throw error;
  });
  await recorded({ ...about, step: "done", counts: taken.counts, undo: taken.undo });
  for (const line of countLines(taken.counts)) output.print(line);
  for (const sequence of taken.sequences) output.print(`set forward: ${sequence}`);
  output.print(`done; writers of these tables waited ${(taken.lockedMs / 1000).toFixed(1)} s at most`);
  output.print(`to take it back: npm run backups -- take --target ${target} --undo ${taken.undo}`);
  output.setResult({
    step: "done",
    ...about,
    tables: taken.counts,
    undo: taken.undo,
    locked_ms: taken.lockedMs,
  });

  /** What was written, or rolled back, is so without its record, too. */
  async function recorded(entry: TakeRecord): Promise<void> {
    await record(env, output, entry, requester).catch((error) =>
      output.printError(`the end of the take is not in the audit: ${toBackupError(error).message}`)
    );
  }
}

async function record(
  env: TakeEnvironment,
  output: Output,
  entry: TakeRecord,
  requester = requesterOf(env, randomUUID),
): Promise<void> {
  if (!ownEnvironment().SUPABASE_DB_URL_PROD) {
    return output.print("not recorded: SUPABASE_DB_URL_PROD is not set");
  }
  const catalog = new Catalog({ connection: connectionOf("prod", ownEnvironment()) });
  try {
    await catalog.appendAudit(takeAuditEntry(requester, entry, env.REASON ?? null));
  } finally {
    await catalog.close();
  }
}
