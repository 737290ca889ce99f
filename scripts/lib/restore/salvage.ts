/**
 * The emergency mode of a restore: brings what can be brought, and lists the rest. A statement that fails is undone by a
 * savepoint; a constraint that rows break comes back without validation.
 */
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import type { TocEntry } from "../archive/archive_toc.ts";
import type { FailedStatement, PsqlSession } from "../postgres/psql.ts";
import { literal } from "../postgres/sql_text.ts";
import { restoreSql } from "./restore_sql.ts";
import { type ArchivedKey, QUOTED_NAME } from "./unvalidated_keys.ts";

const checksSchema = z.array(z.tuple([z.string(), z.string()]));

export class Salvage {
  /** What could not be brought back as it was, each as a sentence. */
  readonly losses: string[] = [];

  /** @param session with the open transaction of the restore */
  constructor(private readonly session: PsqlSession) {}

  /** Runs statements and lists those that fail. */
  readonly run = async (sql: string, onLine?: (line: string) => void): Promise<void> => {
    const failed = await this.session.runPassingOver(sql, onLine);
    this.losses.push(...failed.map(describe));
  };

  /**
   * The dump ids without the rows of tables that cannot take them, which are listed. psql would run the rows as statements
   * after a COPY that the server refuses, so that each is tried without rows first.
   */
  async withoutRefusedRows(entries: readonly TocEntry[], dumpIds: readonly number[]): Promise<number[]> {
    const wanted = new Set(dumpIds);
    const copies = entries.filter(({ dumpId, copyStatement }) => wanted.has(dumpId) && copyStatement !== "");
    const failed = await this.session.runPassingOver(
      copies.map(({ copyStatement }) => `${copyStatement.trimEnd()}\n\\.\n`).join(""),
    );
    this.losses.push(...failed.map(describe));
    const left = copies.filter(({ copyStatement }) =>
      failed.some(({ statement }) => statement.startsWith(copyStatement.trim()))
    );
    if (left.length !== failed.length) {
      throw new BackupError(
        "restore_failed",
        "Cannot salvage: psql names no statement for an error of a COPY",
        {
          details: { failed },
        },
      );
    }
    const without = new Set(left.map(({ dumpId }) => dumpId));
    return dumpIds.filter((id) => !without.has(id));
  }

  /** Adds foreign keys after the rows: unvalidated where a row refers to a missing one. */
  readonly addKeys = async (keys: readonly ArchivedKey[]): Promise<void> => {
    for (const key of keys) {
      const { statement, unvalidated, relation, constraint } = key;
      const [broken] = await this.session.runPassingOver(statement);
      if (broken === undefined) continue;
      const [failed] = await this.session.runPassingOver(unvalidated);
      const name = `foreign key ${constraint} of ${relation}`;
      if (failed === undefined) this.losses.push(`${name}: restored NOT VALID, ${broken.message}`);
      else if (!await this.#addToPartitions(key)) this.losses.push(`${name}: left out, ${failed.message}`);
    }
  };

  /** A key of a partitioned table cannot be unvalidated: each partition gets its own. @returns `false`: there is none */
  async #addToPartitions({ relation, constraint, statement, unvalidated }: ArchivedKey): Promise<boolean> {
    const leaves = z.array(z.string()).parse(
      await this.session.rows(
        `select to_json(format('%I.%I', n.nspname, c.relname))
           from pg_catalog.pg_partition_tree(to_regclass(${literal(relation)})) t
           join pg_catalog.pg_class c on c.oid = t.relid
           join pg_catalog.pg_namespace n on n.oid = c.relnamespace
          where t.isleaf and t.level > 0 order by c.relname;`,
      ),
    );
    for (const leaf of leaves) {
      const of = (text: string) =>
        text.replace(/^ALTER TABLE (?:ONLY )?/, "ALTER TABLE ").replace(relation, leaf);
      const [broken] = await this.session.runPassingOver(of(statement));
      const [failed] = broken === undefined ? [] : await this.session.runPassingOver(of(unvalidated));
      const state = broken === undefined
        ? "restored on this partition"
        : failed === undefined
        ? `restored on this partition NOT VALID, ${broken.message}`
        : `left out, ${failed.message}`;
      this.losses.push(`foreign key ${constraint} of ${relation}, ${leaf}: ${state}`);
    }
    return leaves.length > 0;
  }

  /** Takes off the checks of tables and domains before the rows are loaded, since one row would end its whole table. */
  async dropChecks(): Promise<void> {
    await this.session.run(await restoreSql("salvage_drop_checks.sql"));
  }

  /** Puts the checks back, unvalidated where a row breaks one. */
  async restoreChecks(): Promise<void> {
    const found = checksSchema.parse(await this.session.rows(await restoreSql("salvage_restore_checks.sql")));
    this.losses.push(...found.map(([name, outcome]) => `check ${name}: ${outcome}`));
  }

  /**
   * A restrictive policy that did not come back would leave open what it closes: one of its name that admits no row stands
   * in for it.
   */
  async closePolicies(entries: readonly TocEntry[]): Promise<void> {
    for (const { relation, name, statement } of restrictivePolicies(entries)) {
      const isMissing = await this.session.value(
        `select to_json(count(*) = 1 and not bool_or(exists (select from pg_catalog.pg_policy p
                          where p.polrelid = c.oid and pg_catalog.quote_ident(p.polname) = ${literal(name)})))
           from pg_catalog.pg_class c where c.oid = to_regclass(${literal(relation)});`,
      );
      if (isMissing !== true) continue;
      await this.session.run(statement);
      this.losses.push(`policy ${name} of ${relation}: replaced by one that admits no row`);
    }
  }

  /** Lists differences from the backup, which end a restore. */
  readonly differ = (what: string, differences: readonly string[]): void => {
    this.losses.push(...differences.map((each) => `${what}: ${each}`));
  };
}

const RESTRICTIVE = new RegExp(
  `^CREATE POLICY (${QUOTED_NAME}) ON (${QUOTED_NAME}\\.${QUOTED_NAME}) AS RESTRICTIVE `,
);

function restrictivePolicies(entries: readonly TocEntry[]) {
  return entries.filter(({ kind }) => kind === "POLICY").flatMap(({ definition }) => {
    const [, name = "", relation = ""] = RESTRICTIVE.exec(definition) ?? [];
    const statement = `create policy ${name} on ${relation} as restrictive using (false);`;
    return name === "" ? [] : [{ name, relation, statement }];
  });
}

/** Where a statement may begin to show an address, a key or a password. */
const CONFIDENTIAL = /\b(?:EXECUTE (?:FUNCTION|PROCEDURE)|OPTIONS|PASSWORD|AS|DEFAULT|VALUES)\b|\(/;
const SHOWN = 120;

/** The head of a statement, without what may be confidential, and the server's message. */
function describe({ statement, message }: FailedStatement): string {
  const [head = ""] = statement.split(CONFIDENTIAL, 1);
  return `${head.replaceAll(/\s+/g, " ").trim().slice(0, SHOWN)}: ${message}`;
}
