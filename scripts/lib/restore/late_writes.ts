/**
 * What others wrote to a target between the snapshot of its safety copy and the lock of its content: it is neither in the
 * copy nor in what is restored. It is counted by row versions, which need no statistics of the server.
 */
import { z } from "zod";
import type { TakenBackup } from "../backup/take_backup.ts";
import type { Connection } from "../postgres/connection.ts";
import { sqlFile } from "../postgres/database_facts.ts";
import { Session } from "../postgres/session.ts";
import type { SqlSession } from "../postgres/sql_session.ts";
import { identifier, literal } from "../postgres/sql_text.ts";

export interface WrittenTable {
  /** As a manifest names it. */
  table: string;
  /** Rows that were inserted or changed. At most: what committed just before the snapshot may be among them. */
  written: number;
  /** Rows of the copy that were changed or deleted. */
  gone: number;
}

/** What was written, and where the old content stays because of it. */
export interface KeptContent {
  tables: WrittenTable[];
  /** How the names of its schemas begin. */
  prefix: string;
  /** UTC, ISO 8601. */
  until: string;
}

const KEPT_HOURS = 24;
const XIDS = 2n ** 32n;

const carriedSchema = z.array(z.tuple([z.number(), z.string(), z.boolean()]));
const countedSchema = z.array(z.tuple([z.number(), z.number(), z.number()]));

export class LateWrites {
  #tables: { oid: number; key: string; isPlatform: boolean }[] = [];
  #found: WrittenTable[] = [];
  #prefix = "";

  constructor(private readonly copy: Pick<TakenBackup, "firstMissing" | "manifest">) {}

  /** Under the lock, before anything moves. @param session with the restore's transaction */
  async readLocked(session: SqlSession): Promise<void> {
    const found = carriedSchema.parse(
      await session.rows(
        `select json_build_array(oid::bigint, format('%I.%I', nspname, relname),
                nspname = any (current_setting('revo.data_only_schemas')::text[]))
           from (${await sqlFile("carried_tables.sql")}) carried order by nspname, relname;`,
      ),
    );
    this.#tables = found.map(([oid, key, isPlatform]) => ({ oid, key, isPlatform }));
    const platform = this.#tables.filter(({ isPlatform }) => isPlatform);
    this.#found = await this.#count(session, platform.map(({ oid, key }) => ({ oid, name: key })));
  }

  /** Keeps the platform's late rows with the old content, before they are removed where they are. */
  async moveAside(session: SqlSession): Promise<void> {
    this.#prefix = z.string().parse(
      await session.value(
        "select to_json(current_setting('revo.old_content_prefix') || txid_current() || '_');",
      ),
    );
    for (const { table } of this.#found.filter(({ written }) => written > 0)) {
      const aside = `${identifier(`${this.#prefix}public`)}.${identifier(table)}`;
      await session.run(`create table ${aside} as select * from only ${table} where ${this.#isLate};`);
    }
  }

  /**
   * Counts in the old content, after COMMIT; if anything was written, the content is marked as kept.
   * @returns `null` when nothing was written
   */
  async keepWritten(connection: Connection, signal?: AbortSignal): Promise<KeptContent | null> {
    const session = await Session.open({ connection, signal });
    try {
      await session.run("set search_path = ''; set row_security = off; set client_min_messages = error;");
      const names = z.array(z.tuple([z.number(), z.string()])).parse(
        await session.rows(
          `select json_build_array(oid::bigint, oid::regclass::text) from pg_catalog.pg_class
            where oid = any ('{${
            this.#tables.filter(({ isPlatform }) => !isPlatform).map(({ oid }) => oid)
          }}');`,
        ),
      );
      const tables = [
        ...this.#found,
        ...await this.#count(session, names.map(([oid, name]) => ({ oid, name }))),
      ];
      if (tables.length === 0) return null;
      const until = z.string().parse(await session.value(keepStatements(this.#prefix)));
      return { tables, prefix: this.#prefix, until };
    } finally {
      await session.close();
    }
  }

  /** @returns tables that were written to */
  async #count(
    session: SqlSession,
    tables: readonly { oid: number; name: string }[],
  ): Promise<WrittenTable[]> {
    const keys = new Map(this.#tables.map(({ oid, key }) => [oid, key]));
    if (tables.length === 0) return [];
    const counts = tables.map(({ oid, name }) =>
      `(select json_build_array(${oid}, count(*), count(*) filter (where ${this.#isLate})) from only ${name})`
    );
    return countedSchema.parse(await session.rows(`select unnest(array[${counts.join(", ")}]);`)).flatMap(
      ([oid, rows, written]) => {
        const table = keys.get(oid) ?? "";
        const copied = this.copy.manifest.rows[table] ?? 0;
        const gone = Math.max(0, copied - (rows - written));
        return written + gone > 0 ? [{ table, written, gone }] : [];
      },
    );
  }

  /** Of a row: its transaction may not be in the copy. Ages compare ids of transactions across their wrap-around. */
  get #isLate(): string {
    return `pg_catalog.age(xmin) <= pg_catalog.age('${BigInt(this.copy.firstMissing) % XIDS}'::xid)`;
  }
}

/** The mark that cleanup.sql reads. */
function keepStatements(prefix: string): string {
  const until =
    `pg_catalog.to_char(pg_catalog.timezone('UTC', pg_catalog.now() + interval '${KEPT_HOURS} hours'),
    'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;
  return `do $$ declare name text; begin
    for name in select nspname from pg_catalog.pg_namespace where starts_with(nspname, ${
    literal(prefix)
  }) loop
      execute format('comment on schema %I is %L', name, 'revo-backups: kept until ' || ${until});
    end loop;
  end $$;
  select to_json(${until});`;
}

/** One sentence for logs. */
export function describeKept({ tables, prefix, until }: KeptContent): string {
  const each = tables.map(({ table, written, gone }) =>
    `${table}: ${written} inserted or changed, ${gone} changed or deleted`
  );
  return `written after the safety copy was read, and in no backup: ${each.join("; ")}. ` +
    `The old content stays in the schemas ${prefix}… until ${until}`;
}
