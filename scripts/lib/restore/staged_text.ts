/**
 * Rewrites a statement of pg_dump so that it makes its object in another schema, if the statement is one that cannot do
 * anything else. It runs outside of the restore's transaction, so that what it does is not undone: a text passes only
 * if each of its tokens is known to be harmless. Everything else belongs into the transaction.
 */
import { NAME } from "../archive/tokens.ts";
import { unquoted } from "../postgres/sql_text.ts";
import { type LateDefault, withoutDefaults } from "./late_defaults.ts";
import { type StagedToken, stagedTokens } from "./staged_tokens.ts";

/** What the schema of a table or a type becomes, quoted; `null` for what stays where it is. */
export type Renamed = (schema: string, name: string) => string | null;

const NAMES = `${NAME}(?:, ${NAME})*`;
const QUALIFIED = `(${NAME})\\.(${NAME})`;

const TABLE = new RegExp(`^CREATE TABLE ${QUALIFIED} (\\(\\n[^]*\\n\\));\\n$`);
const ENUM = new RegExp(`^CREATE TYPE ${QUALIFIED} (AS ENUM \\(\\n(?: {4}'(?:[^'\\\\]|'')*',?\\n)*\\));\\n$`);
const DOMAIN = new RegExp(`^CREATE DOMAIN ${QUALIFIED} AS ([^]*);\\n$`);
const COPY = new RegExp(`^COPY ${QUALIFIED} (\\(${NAMES}\\) FROM stdin);\\n$`);
const KEY = new RegExp(
  `^ALTER TABLE ONLY ${QUALIFIED}\\n    (ADD CONSTRAINT ${NAME} (?:PRIMARY KEY|UNIQUE(?: NULLS NOT DISTINCT)?) ` +
    `\\((${NAMES})\\)(?: INCLUDE \\(${NAMES}\\))?(?: DEFERRABLE(?: INITIALLY DEFERRED)?)?);\\n$`,
);
const INDEX = new RegExp(
  `^(CREATE (?:UNIQUE )?INDEX ${NAME} ON) ${QUALIFIED} (USING (?:btree|hash|gin|gist|brin|spgist) [^]*);\\n$`,
);
const FOREIGN_KEY = new RegExp(
  `^ALTER TABLE ONLY ${QUALIFIED}\\n    (ADD CONSTRAINT (${NAME}) FOREIGN KEY \\(${NAMES}\\) REFERENCES) ` +
    `${QUALIFIED}(\\((${NAMES})\\)(?: MATCH FULL)?(?: ON (?:UPDATE|DELETE) (?:CASCADE|RESTRICT|SET NULL|SET DEFAULT))*` +
    `(?: DEFERRABLE(?: INITIALLY DEFERRED)?)?);\\n$`,
);

/** Words before a parenthesis: keywords, types, and functions that compute a value from their arguments alone. */
const CALLABLE = new Set(
  ("check any all and or not when then else is where with default key unique include case in array " +
    "btree hash gin gist brin spgist " +
    "numeric varying character timestamp time bit interval char varchar generated always as identity " +
    "lower upper length char_length octet_length btrim ltrim rtrim abs round coalesce now gen_random_uuid timezone " +
    "to_tsvector setweight jsonb_typeof array_length cardinality num_nulls num_nonnulls date_trunc nullif")
    .split(" "),
);

/** Types whose values are names of objects: the server stores what has the name when the row is loaded. */
const NAMING_TYPES = new Set(
  ("regclass regcollation regconfig regdictionary regnamespace regoper regoperator regproc regprocedure regrole regtype")
    .split(" "),
);

/** The constant that names one of PostgreSQL's text search configurations: others have a schema. */
function isOwnConfiguration(tokens: readonly StagedToken[], at: number): boolean {
  const [value, cast, type] = tokens.slice(at - 2, at + 1);
  return type?.text === "regconfig" && cast?.text === "::" && /^'[a-z]+'$/.test(value?.text ?? "");
}

/**
 * The type of a column with what its extension takes in parentheses, for example `extensions.vector(3)`. A column's name stands before
 * it, which stands before no function.
 */
function isModifiedType(tokens: readonly StagedToken[], at: number, renamed: Renamed): boolean {
  const [column, schema, dot, type] = tokens.slice(at - 3, at + 1);
  if (column?.name === undefined || schema?.name === undefined || dot?.text !== ".") return false;
  if (renamed(unquoted(schema.text), unquoted(type?.text ?? "")) === null) return false;
  const end = tokens.findIndex(({ text }, i) => i > at && text === ")");
  return tokens.slice(at + 2, end).every(({ number, name, text }) =>
    number !== undefined || name !== undefined || text === ","
  );
}

/** A table of 1,600 columns, the most that PostgreSQL takes, has 200 kB. */
const LONGEST_TEXT = 2 ** 20;

/**
 * @param text a list of columns with their constraints, or what an index is on
 * @param renamed what the schema of a table or type becomes; `null` for what the text may not name
 * @param isOneList nothing follows the parenthesis that the text begins with
 * @returns the text with its names replaced, `null` when something in it is not known to be harmless
 */
function rewritten(text: string, renamed: Renamed, isOneList = false): string | null {
  if (text.length > LONGEST_TEXT) return null;
  const tokens = stagedTokens(text);
  const solid = tokens.filter(({ blank }) => blank === undefined);
  let depth = 0;
  for (const [i, { text, name, word, literal, operator, other }] of solid.entries()) {
    const [before, after] = [solid[i - 1]?.text, solid[i + 1]?.text];
    if (text === "(") depth++;
    if (text === ")") depth--;
    if (depth < 0 || other !== undefined) return null;
    if (isOneList && depth === 0 && i < solid.length - 1) return null;
    // a comment hides what follows it, and a backslash in E'…' may hide where it ends
    if (operator !== undefined && /--|\/\*/.test(operator)) return null;
    if (literal !== undefined && before === "E") return null;
    const called = name ?? word;
    if (called === undefined) continue;
    if (after === "(" && !CALLABLE.has(called.toLowerCase()) && !isModifiedType(solid, i, renamed)) {
      return null;
    }
    if (NAMING_TYPES.has(unquoted(called)) && !isOwnConfiguration(solid, i)) return null;
    if (/^(?:select|execute|operator)$/i.test(called)) return null;
  }
  return depth === 0 ? replaceQualified(tokens, renamed) : null;
}

/** A name with a schema stands without blanks around its dot. A collation of PostgreSQL's own keeps its schema. */
function replaceQualified(tokens: readonly StagedToken[], renamed: Renamed): string | null {
  let out = "";
  for (let i = 0; i < tokens.length; i++) {
    const [token, dot, name] = [tokens[i], tokens[i + 1], tokens[i + 2]];
    if (token === undefined || token.text === ".") return null;
    if (dot?.text !== ".") {
      out += token.text;
      continue;
    }
    if (token.name === undefined || name?.name === undefined || tokens[i + 3]?.text === ".") return null;
    const isCollation = tokens[i - 2]?.text === "COLLATE" && token.text === "pg_catalog";
    const schema = isCollation ? "pg_catalog" : renamed(unquoted(token.text), unquoted(name.text));
    if (schema === null) return null;
    out += `${schema}.${name.text}`;
    i += 2;
  }
  return out;
}

/** A statement that makes or fills something of one table or type. */
export interface StagedText {
  schema: string;
  name: string;
  sql: string;
}

/** A type with fixed values. */
export function stagedEnum(definition: string, renamed: Renamed): StagedText | null {
  const [, schema = "", name = "", values = ""] = ENUM.exec(definition) ?? [];
  return made(schema, name, renamed, (at) => `CREATE TYPE ${at} ${values}`);
}

/** A type of PostgreSQL or a staged one with checks of its values, which name nothing else. */
export function stagedDomain(definition: string, renamed: Renamed, types: Renamed): StagedText | null {
  const [, schema = "", name = "", rest = ""] = DOMAIN.exec(definition) ?? [];
  const body = rewritten(rest, types);
  return body === null ? null : made(schema, name, renamed, (at) => `CREATE DOMAIN ${at} AS ${body}`);
}

export interface StagedTableText extends StagedText {
  /** Defaults that the table gets in the transaction: rows of an archive have a value for each column. */
  defaults: string[];
  /** Whether the server computes something for each row. */
  computes: boolean;
}

/** A table whose columns and constraints name nothing but types of PostgreSQL and staged ones; its defaults may. */
export function stagedTable(definition: string, renamed: Renamed, types: Renamed): StagedTableText | null {
  const [, schema = "", name = "", columns = ""] = TABLE.exec(definition) ?? [];
  if (columns.length > LONGEST_TEXT) return null;
  const { rest, late } = withoutDefaults(columns, (value) => rewritten(`(${value})`, types, true) !== null);
  const body = rewritten(rest, types, true);
  const table = body === null ? null : made(schema, name, renamed, (at) => `CREATE TABLE ${at} ${body}`);
  return table && {
    ...table,
    defaults: late.map((each) => defaultStatement(`${schema}.${name}`, each)),
    computes: /CHECK|GENERATED/.test(rest),
  };
}

function defaultStatement(table: string, { column, value }: LateDefault): string {
  return `ALTER TABLE ONLY ${table} ALTER COLUMN ${column} SET DEFAULT ${value};`;
}

export function stagedCopy(statement: string, renamed: Renamed): StagedText | null {
  const [, schema = "", name = "", rest = ""] = COPY.exec(statement) ?? [];
  return made(schema, name, renamed, (at) => `COPY ${at} ${rest}`);
}

/** A primary key or a unique constraint. @returns also its columns, sorted */
export function stagedKey(definition: string, renamed: Renamed): StagedText & { columns: string } | null {
  const [, schema = "", name = "", rest = "", columns = ""] = KEY.exec(definition) ?? [];
  const text = made(schema, name, renamed, (at) => `ALTER TABLE ONLY ${at} ${rest}`);
  return text && { ...text, columns: sortedNames(columns) };
}

export function stagedIndex(definition: string, renamed: Renamed, types: Renamed): StagedText | null {
  const [, head = "", schema = "", name = "", rest = ""] = INDEX.exec(definition) ?? [];
  const body = rewritten(rest, types);
  return body === null ? null : made(schema, name, renamed, (at) => `${head} ${at} ${body}`);
}

/** `sql` adds the key and looks at the rows. In two steps: */
export interface StagedForeignKey extends StagedText {
  /** Adds the key without looking at the rows. */
  unvalidated: string;
  /** Looks at the rows; leaves the referenced table free for other keys. */
  validate: string;
  /** The referenced table, and the referenced columns, sorted. */
  to: { schema: string; name: string; columns: string };
}

/** A foreign key that is valid in the archive. */
export function stagedForeignKey(definition: string, renamed: Renamed): StagedForeignKey | null {
  const match = FOREIGN_KEY.exec(definition);
  const [
    ,
    schema = "",
    name = "",
    head = "",
    constraint = "",
    toSchema = "",
    toName = "",
    tail = "",
    columns = "",
  ] = match ?? [];
  const to = made(toSchema, toName, renamed, (at) => at);
  const key = to &&
    made(schema, name, renamed, (at) => `ALTER TABLE ONLY ${at} ${head} ${to.sql}${tail}`);
  const validate = key &&
    made(schema, name, renamed, (at) => `ALTER TABLE ${at} VALIDATE CONSTRAINT ${constraint}`);
  if (!to || !key || !validate) return null;
  return {
    ...key,
    unvalidated: `${key.sql} NOT VALID`,
    validate: validate.sql,
    to: { schema: to.schema, name: to.name, columns: sortedNames(columns) },
  };
}

function made(
  schema: string,
  name: string,
  renamed: Renamed,
  sql: (at: string) => string,
): StagedText | null {
  if (name === "") return null;
  const [plainSchema, plainName] = [unquoted(schema), unquoted(name)];
  const to = renamed(plainSchema, plainName);
  return to === null ? null : { schema: plainSchema, name: plainName, sql: sql(`${to}.${name}`) };
}

function sortedNames(list: string): string {
  return [...list.matchAll(new RegExp(NAME, "g"))].map(([name]) => unquoted(name)).sort().join("\0");
}
