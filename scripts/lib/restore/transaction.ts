/**
 * The one transaction of a restore: old content moved aside, the stage moved in (stage.ts), the rest of the archive loaded,
 * everything checked, then COMMIT.
 * Before COMMIT no other session sees a change; after any error the server rolls back.
 * Each object that is moved or created stays locked until the end, so the server's lock table limits their number
 * (lock_table.ts).
 */
import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import type { ClientTools } from "../postgres/client_tools.ts";
import type { Connection } from "../postgres/connection.ts";
import { applySettings } from "../postgres/database_facts.ts";
import { restoreSql } from "./restore_sql.ts";
import type { Gzip } from "../process/gzip.ts";
import { LOCK_TIMEOUT_MS } from "../postgres/lock_holders.ts";
import type { PipelineInput } from "../process/pipeline.ts";
import { withTemporaryFolder } from "../process/temporary_folder.ts";
import type { Progress } from "../run/progress.ts";
import type { PsqlSession } from "../postgres/psql.ts";
import { sqlstateOf } from "../postgres/session.ts";
import { identifier, literal } from "../postgres/sql_text.ts";
import { type Expectation, type Verified, verifyContent } from "./verify.ts";
import type { TocEntry } from "../archive/archive_toc.ts";
import { type EscapedStatement, escapedStatement } from "../archive/escaped_texts.ts";
import { type LoadPass, loadPasses } from "../archive/load_passes.ts";
import { inBatches } from "../archive/statement_batches.ts";
import type { Selection } from "../archive/select_entries.ts";
import { explainOnTarget } from "./failure.ts";
import type { LateWrites } from "./late_writes.ts";
import { lockContent } from "./lock_content.ts";
import { load, prepare, type RunStatements } from "./load.ts";
import { type PrivilegeSource, sourceTable } from "./privilege_source.ts";
import { Salvage } from "./salvage.ts";
import type { FetchedArchive } from "../vault/fetch_backup.ts";
import type { LoadedStage } from "./stage.ts";
import { countStaged } from "./stage_counts.ts";
import { type ArchivedKey, foreignKeys } from "./unvalidated_keys.ts";
import { ownerStatements } from "./owners.ts";

export interface RestoreDeps {
  connection: Connection;
  tools: ClientTools;
  gzip: Gzip;
  progress: Progress;
  /** How long to wait for the locks of the target's tables. Default: {@link LOCK_TIMEOUT_MS}. */
  lockTimeoutMs?: number;
  signal?: AbortSignal;
}

export interface LoadOrder {
  archive: FetchedArchive;
  /** What is loaded already, beside the old content; `null`: nothing. */
  stage: LoadedStage | null;
  selection: Selection;
  expected: Expectation;
  /** The archive holds no privileges (made the old way): objects get those of the target's objects of the same name. */
  keepPrivileges: boolean;
  /** With `keepPrivileges`: another backup whose privileges take precedence over the target's. */
  privilegeSource: PrivilegeSource | null;
  entries: readonly TocEntry[];
  /** Roles that the archive names and the target lacks: made without login. */
  missingRoles: readonly string[];
  /** Owners that the role of the restore may act for, or will when it has made them. */
  ownRoles: ReadonlySet<string>;
  /** Schemas that stay in place with their extensions, while their other content is moved aside. */
  keptSchemas: ReadonlySet<string>;
  /** Foreign keys with orphans: added after the rows, without a validation. */
  unvalidatedKeys: readonly ArchivedKey[];
  /** Passes over what fails and lists it, instead of ending the restore. */
  salvage: boolean;
  /** Ends every session of the target's users, instead of those of users that the backup does not know. */
  endSessions: boolean;
  /** Runs after the checks, so that a copy of production does not act (scripts/quarantine.sql); `null`: nothing does. */
  quarantine: string | null;
  /** Counts what was written since the safety copy; `null`: there is none. */
  lateWrites: LateWrites | null;
}

/** For those who waited behind an attempt to lock the content. */
const LOCK_PAUSE_MS = 5_000;
/** SQLSTATEs of shutdown or termination: the outcome of a COMMIT in progress is unknown. */
const SERVER_SHUTDOWN = /^57P/;

/**
 * @param session holds the target's lock
 * @returns what was checked; the transaction is committed then.
 * @throws {BackupError} the target is as it was, except after `restore_outcome_unknown`: the connection broke
 * during COMMIT.
 */
export function restoreInTransaction(
  deps: RestoreDeps,
  session: PsqlSession,
  order: LoadOrder,
): Promise<Loaded> {
  return withTemporaryFolder("restore", (folder) => restoreThrough(deps, session, order, folder));
}

/** @param folder for the list of entries and the FIFO between pg_restore and psql. */
async function restoreThrough(
  deps: RestoreDeps,
  session: PsqlSession,
  order: LoadOrder,
  folder: string,
): Promise<Loaded> {
  const release = randomBytes(32).toString("hex");
  const { lockTimeoutMs = LOCK_TIMEOUT_MS } = deps;
  let phase = "";
  const enter = (name: string) => deps.progress.phase(phase = name);
  try {
    enter("statements");
    const passes = await planPasses(deps, order, folder);
    const transaction = await begin(session, release, lockTimeoutMs);
    // what no other session can reach is counted before anyone waits
    const counted = await countStaged(session, order.stage?.tables ?? []);
    enter("lock");
    await lockContent(deps, session, Math.min(lockTimeoutMs, LOCK_PAUSE_MS));
    const lockedAt = performance.now();
    await order.lateWrites?.readLocked(session);
    enter("move_aside");
    await session.run(setKeptSchemas(order.keptSchemas));
    if (order.keepPrivileges) await session.run(await restoreSql("restore_save_privileges.sql"));
    for (const file of ["detach", "move_aside", "reset_privileges", "keep_sessions"]) {
      await session.run(await restoreSql(`restore_${file}.sql`));
    }
    await order.lateWrites?.moveAside(session);
    await session.run(await restoreSql("restore_empty_platform.sql"));
    if (order.endSessions) await session.run("truncate restore_sessions;");
    for (const role of order.missingRoles) await session.run(createRole(role, order.ownRoles.has(role)));
    if (order.privilegeSource) {
      await session.run(sourceTable(order.privilegeSource) + await restoreSql("restore_use_privileges.sql"));
    }
    const catalog = await session.run(await restoreSql("ops_state.sql"));
    enter("load");
    const salvage = order.salvage ? new Salvage(session) : null;
    await loadAll(deps, session, folder, order, passes, salvage);
    await session.run(`set local lock_timeout = ${lockTimeoutMs};`); // pg_restore has removed the limit
    const sessions = sessionsSchema.parse(
      await session.value(await restoreSql("restore_return_sessions.sql")),
    );
    enter("check");
    await session.run("set local session_replication_role = origin;");
    await applySettings(session);
    const closed = order.keepPrivileges
      ? z.array(z.string()).parse(await session.rows(await restoreSql("restore_apply_privileges.sql")))
      : null;
    const open = order.keepPrivileges
      ? z.record(z.string(), z.number()).parse(
        await session.value(await restoreSql("restore_open_objects.sql")),
      )
      : null;
    requireUntouched(catalog, await session.run(await restoreSql("ops_state.sql")), order.selection);
    const verified = await verifyContent(session, order.expected, salvage?.differ, counted);
    let quarantined: QuarantineChange[] | null = null;
    if (order.quarantine !== null) {
      enter("quarantine");
      quarantined = quarantineSchema.parse(await session.rows(order.quarantine))
        .map(([object, done]) => ({ object, done }));
    }
    enter("commit");
    await requireSameTransaction(session, transaction);
    await commit(session, release, order.expected);
    const lockedSeconds = (performance.now() - lockedAt) / 1000;
    const salvaged = salvage?.losses ?? null;
    return { ...verified, lockedSeconds, closed, open, sessions, quarantined, salvaged };
  } catch (error) {
    await session.kill(); // it would keep its locks, on the stage too
    throw await explainOnTarget(deps.connection, error, phase);
  }
}

/** The facts of a committed restore. */
export interface Loaded extends Verified {
  /** How long others waited for the target's content. */
  lockedSeconds: number;
  /**
   * Of an archive without privileges: objects without an object of the same name on the target or in the source of
   * privileges, which only their owner may use. `null`: the archive has privileges.
   */
  closed: string[] | null;
  /** Of such an archive: the number of the project's objects that anon, authenticated and service_role may use. */
  open: Record<string, number> | null;
  sessions: z.infer<typeof sessionsSchema>;
  /** What scripts/quarantine.sql changed after the checks; `null`: it did not run. */
  quarantined: QuarantineChange[] | null;
  /** What a salvage could not bring back as it was, each as a sentence; `null`: it was a restore. */
  salvaged: readonly string[] | null;
}

/** A change of scripts/quarantine.sql: the object and, in pt-BR, what was done to it. */
export interface QuarantineChange {
  object: string;
  done: string;
}

const quarantineSchema = z.array(z.tuple([z.string(), z.string()]));

/** Sessions of the target's users: open before the restore, and open still. */
const sessionsSchema = z.object({ before: z.number(), kept: z.number() });

/** @returns the id of the transaction. */
async function begin(session: PsqlSession, release: string, lockTimeoutMs: number): Promise<string> {
  const hash = createHash("sha256").update(release).digest("hex");
  const variables = `\\set release_hash ${hash}\n\\set lock_timeout ${lockTimeoutMs}\n`;
  await session.run(variables + await restoreSql("restore_begin.sql"));
  await applySettings(session);
  return z.string().parse(await session.value(TRANSACTION_ID));
}

const TRANSACTION_ID = "select to_json(pg_catalog.pg_current_xact_id()::text);";

/** A ROLLBACK in the archive or in scripts/quarantine.sql ends the transaction, and with it what was loaded before. */
async function requireSameTransaction(session: PsqlSession, transaction: string): Promise<void> {
  if (await session.value(TRANSACTION_ID) === transaction) return;
  throw new BackupError(
    "archive_rejected",
    "Cannot commit the restore: something that it ran ended its transaction",
    { hint: "Look for ROLLBACK in the archive's definitions and in scripts/quarantine.sql." },
  );
}

/** A pass, divided by how it is loaded. */
interface PlannedPass extends LoadPass {
  /** Entries that stream through pg_restore and psql; of a pass with `statements` those with rows alone. */
  dumpIds: number[];
  /** What runs the other entries. */
  statements: string | null;
  ownTexts: EscapedStatement[];
}

/** Foreign keys that the restore adds itself. */
function ownKeys({ entries, selection, unvalidatedKeys, salvage }: LoadOrder): readonly ArchivedKey[] {
  if (!salvage) return unvalidatedKeys;
  const taken = new Set(selection.main);
  return foreignKeys(entries).filter((key) => taken.has(key.dumpId));
}

/** What of the archive is not staged. */
function inputOf({ archive, stage }: LoadOrder): PipelineInput {
  return stage?.archiveFile ?? archive.open();
}

/** Before anything is locked: what of the archive needs nothing of the target is read here. */
async function planPasses(deps: RestoreDeps, order: LoadOrder, folder: string): Promise<PlannedPass[]> {
  const { entries, selection, stage, salvage } = order;
  const later = new Set(ownKeys(order).map(({ dumpId }) => dumpId));
  const main = selection.main.filter((id) => !later.has(id) && !stage?.dumpIds.has(id));
  const escaped = new Map(entries.flatMap((entry) => {
    const statement = escapedStatement(entry);
    return statement === null ? [] : [[entry.dumpId, statement] as const];
  }));
  const withRows = new Set(entries.filter(({ hasData }) => hasData).map(({ dumpId }) => dumpId));
  const plan = async (pass: LoadPass): Promise<PlannedPass> => {
    const ownTexts = pass.dumpIds.flatMap((id) => escaped.get(id) ?? []);
    const dumpIds = pass.dumpIds.filter((id) => !escaped.has(id));
    // a salvage passes over single statements; pg_restore divides large objects
    const isStreamed = (id: number) => salvage || pass.name === "large_objects" || withRows.has(id);
    const others = dumpIds.filter((id) => !isStreamed(id));
    const statements = others.length === 0
      ? null
      : await prepare(deps, folder, inputOf(order), { ...pass, dumpIds: others });
    return { ...pass, dumpIds: dumpIds.filter(isStreamed), statements, ownTexts };
  };
  // side by side; none of them may outlive the folder
  const settled = await Promise.allSettled(loadPasses(entries, { ...selection, main }).map(plan));
  const [failed] = settled.filter(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
  return settled.flatMap((each) => each.status === "fulfilled" ? [each.value] : []);
}

/** Loads the archive's passes, and between them what an archive does not do by itself. */
async function loadAll(
  deps: RestoreDeps,
  session: PsqlSession,
  folder: string,
  order: LoadOrder,
  passes: readonly PlannedPass[],
  salvage: Salvage | null,
): Promise<void> {
  const { entries, selection, stage, ownRoles } = order;
  const taken = new Set(selection.main);
  const keys = ownKeys(order);
  const run: RunStatements = salvage?.run ?? ((sql, onLine) => session.run(sql, onLine));
  const addKeys = salvage?.addKeys ?? (async () => {
    for (const { unvalidated } of keys) await session.run(unvalidated);
  });
  const runEscaped = async (statements: readonly EscapedStatement[], isFirst: boolean) => {
    const sql = statements.filter((each) => each.isFirst === isFirst).map((each) => each.sql).join("\n");
    if (sql !== "") await run(sql, () => {});
  };
  for (const { ownTexts, statements, ...pass } of passes) {
    // the platform grants access to its extensions by an event trigger
    if (pass.name === "extensions") await session.run("set local session_replication_role = origin;");
    // the archive's schemas exist, and nothing that depends on a table
    if (pass.name === "structure" && stage) await session.run(stage.swapIn);
    if (pass.name === "content") await session.run(await restoreSql("restore_set_path.sql"));
    if (pass.name === "content") await salvage?.dropChecks();
    if (pass.name === "privileges") {
      const owners = ownerStatements(entries, taken, ownRoles);
      await run(salvage ? owners : inBatches(owners), () => {});
    }
    await runEscaped(ownTexts, true);
    const dumpIds = await salvage?.withoutRefusedRows(entries, pass.dumpIds) ?? pass.dumpIds;
    if (dumpIds.length > 0) await load(deps, run, folder, inputOf(order), { ...pass, dumpIds }, stage?.rows);
    if (statements !== null) await run(statements, () => {});
    await runEscaped(ownTexts, false);
    if (pass.name === "structure" && stage) await session.run(stage.addDefaults);
    if (pass.name === "content") {
      await addKeys(keys);
      await salvage?.restoreChecks();
      await salvage?.closePolicies(entries.filter(({ dumpId }) => taken.has(dumpId)));
    }
    if (pass.name === "extensions") await session.run("set local session_replication_role = replica;");
  }
  await session.run(await restoreSql("restore_reset_path.sql"));
}

/** @param isOwner the role of the restore has to give objects to it */
function createRole(role: string, isOwner: boolean): string {
  const name = identifier(role);
  return `create role ${name} nologin;${isOwner ? ` grant ${name} to current_user;` : ""}`;
}

function setKeptSchemas(schemas: ReadonlySet<string>): string {
  const names = [...schemas].map(literal).join(", ");
  return `do $$ begin perform set_config('revo.kept_schemas', (array[${names}]::text[])::text, true); end $$;`;
}

/** A function of the archive that runs during the load, in a materialized view for example, must not write to the catalog. */
function requireUntouched(
  before: readonly string[],
  after: readonly string[],
  { createsOps }: Selection,
): void {
  if (createsOps || before.join("\n") === after.join("\n")) return;
  throw new BackupError(
    "archive_rejected",
    "Cannot accept the archive: something in it wrote to the backup catalog",
    {
      hint: "Look at what its functions do before trusting this backup.",
    },
  );
}

/** setval() is not undone by ROLLBACK, so it comes last; and a platform sequence is never set to a lower value. */
async function commit(session: PsqlSession, release: string, expected: Expectation): Promise<void> {
  await session.run(
    [`notify pgrst, 'reload schema';`, advanceSequences(expected), `set local revo.release = '${release}';`]
      .join("\n"),
  );
  // this schema exists from COMMIT until the cleanup: it shows the outcome when the response to COMMIT is lost
  const [trace = ""] = await session.run(
    "select current_setting('revo.old_content_prefix') || txid_current() || '_public';",
  );
  let tag = "";
  try {
    await session.run("\\set QUIET off\ncommit;\n\\set QUIET on", (line) => tag = line);
  } catch (cause) {
    const state = sqlstateOf(cause);
    if (state !== null && !SERVER_SHUTDOWN.test(state)) throw cause; // the server refused and rolled back
    throw new BackupError(
      "restore_outcome_unknown",
      "the connection ended while the server was asked to commit",
      {
        cause,
        hint:
          `If the target has the schema ${trace} now, all of it was restored; if not, nothing was changed.`,
      },
    );
  }
  if (tag !== "COMMIT") {
    throw new BackupError("restore_failed", `the server answered '${tag}' instead of COMMIT`);
  }
}

function advanceSequences(expected: Expectation): string {
  const calls = Object.entries(expected.platformSequences).map(([name, value]) =>
    `if to_regclass(${literal(name)}) is not null then
       execute ${
      literal(
        `select setval('${name.replaceAll("'", "''")}', greatest((select last_value from ${name}), ${
          BigInt(value)
        }))`,
      )
    };
     end if;`
  );
  return `do $advance$ begin ${calls.join("\n")} end $advance$;`;
}
