/** Gives the loaded objects the owners that the archive states, as far as the role of the restore may act for them. */
import type { TocEntry } from "../archive/archive_toc.ts";
import { identifier, literal } from "../postgres/sql_text.ts";

/** The DROP statement of an object that has an owner of its own names it as ALTER does. */
const OWNED =
  /^DROP ((?:SCHEMA|TABLE|VIEW|MATERIALIZED VIEW|SEQUENCE|FOREIGN TABLE|FUNCTION|PROCEDURE|AGGREGATE|TYPE|DOMAIN|COLLATION|CONVERSION|OPERATOR|OPERATOR CLASS|OPERATOR FAMILY|STATISTICS|TEXT SEARCH CONFIGURATION|TEXT SEARCH DICTIONARY|SERVER) [^]*);\s*$/;

/**
 * @param taken dump ids of the loaded entries
 * @param roles that the role of the restore may act for, without itself
 * @returns SQL, empty when every object has its owner already
 */
export function ownerStatements(
  entries: readonly TocEntry[],
  taken: ReadonlySet<number>,
  roles: ReadonlySet<string>,
): string {
  const others = entries.filter(({ dumpId, owner }) => taken.has(dumpId) && roles.has(owner));
  // a sequence goes with its table: after it there is nothing to change
  const ordered = [
    ...others.filter(({ kind }) => kind !== "SEQUENCE"),
    ...others.filter(({ kind }) => kind === "SEQUENCE"),
  ];
  const changes = ordered.flatMap(({ drop, owner, schema }) => {
    const object = OWNED.exec(drop)?.[1];
    return object === undefined
      ? []
      : [{ schema, owner, sql: `alter ${object} owner to ${identifier(owner)};` }];
  });
  if (changes.length === 0) return "";
  // a new owner needs CREATE on the schema at that moment; the archive's own privileges follow later
  const rooms = new Map(
    changes.flatMap(({ schema, owner }) =>
      schema === null ? [] : [[JSON.stringify([schema, owner]), { schema, owner }] as const]
    ),
  );
  const forEach = (verb: (schema: string, owner: string) => string) =>
    [...rooms.values()].map(({ schema, owner }) =>
      `if (select pg_catalog.pg_get_userbyid(nspowner) from pg_catalog.pg_namespace where nspname = ${
        literal(schema)
      }) <> ${literal(owner)} then ${verb(identifier(schema), identifier(owner))} end if;`
    );
  const statements = [
    "begin",
    ...forEach((schema, owner) => `grant create on schema ${schema} to ${owner};`),
    ...changes.map(({ sql }) => sql),
    ...forEach((schema, owner) => `revoke create on schema ${schema} from ${owner};`),
    "end",
  ];
  // as a literal, which no text of the archive ends; the archive may have changed how one is read
  return `set local standard_conforming_strings = on;\ndo ${literal(statements.join("\n"))};`;
}
