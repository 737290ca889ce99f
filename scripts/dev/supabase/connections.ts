/**
 * @supabase/lite's connections with Supabase's role model. By default lite serves requests as the role that it
 * connected as until it finds a table with row-level security, and then grants everything to all API roles.
 */
import { type IntrospectResult } from "@supabase/lite";
import { createPostgresConnection, PostgresConnection } from "@supabase/lite/postgres";
import type { PostgresType } from "postgres";
import { toPostgrestError } from "./db_errors.ts";

/** Object identifiers of PostgreSQL's types. */
const OID = { json: 114, jsonb: 3802, timestamp: 1114, timestamptz: 1184 } as const;
const POOL = 10;

/** Timestamps as PostgREST writes them, JSON arguments encoded once. */
const TYPES: Record<string, PostgresType> = {
  json: jsonType(OID.json),
  jsonb: jsonType(OID.jsonb),
  timestamp: timeType(OID.timestamp),
  timestamptz: timeType(OID.timestamptz),
};

function jsonType(oid: number): PostgresType {
  const serialize = (value: unknown) => typeof value === "string" ? value : JSON.stringify(value);
  return { to: oid, from: [oid], serialize, parse: (text: string): unknown => JSON.parse(text) };
}

function timeType(oid: number): PostgresType {
  const parse = (text: string) => text.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00");
  return { to: oid, from: [oid], serialize: (value: unknown) => value, parse };
}

function connectionConfig(url: string, max: number) {
  return { url, postgresOptions: { max, onnotice: () => {}, types: TYPES } };
}

/** The auth server's: as the owner of schema auth, without a role switch or a grant. */
export function connectAuth(url: string): PostgresConnection {
  return fixRoleSwitching(createPostgresConnection(connectionConfig(url, POOL)), "inactive");
}

/** Reads the catalogue; `authenticator` itself can read no table in information_schema, as it inherits nothing. */
export function connectCatalogueReader(url: string): PostgresConnection {
  return fixRoleSwitching(createPostgresConnection(connectionConfig(url, 1)), "inactive");
}

/** The REST server's: as `authenticator`, with the role of the token in every request. */
export class RestConnection extends PostgresConnection {
  readonly #catalogue: PostgresConnection;
  #lastKnown: IntrospectResult | null = null;
  #asking: Promise<IntrospectResult> | null = null;

  constructor(url: string, catalogue: PostgresConnection) {
    super(connectionConfig(url, POOL));
    this.#catalogue = catalogue;
    fixRoleSwitching(this, "active");
  }

  /**
   * While the database is unreachable the last schema is kept, as PostgREST keeps its cache; lite's own result would
   * be an empty schema, and a 404 for every request.
   */
  override async introspect(options?: { useCache?: boolean }): Promise<IntrospectResult> {
    const found = await (options?.useCache ? this.#askOnce() : this.#catalogue.introspect(options));
    if (found.tables.length > 0 || found.columns.length > 0 || this.#lastKnown === null) {
      this.#lastKnown = found;
    }
    return this.#lastKnown;
  }

  /** While nothing is cached every request needs the schema: one query serves all that wait for it. */
  #askOnce(): Promise<IntrospectResult> {
    return this.#asking ??= this.#catalogue.introspect({ useCache: true }).finally(() => this.#asking = null);
  }

  override clearSchemaCache(): Promise<void> {
    return this.#catalogue.clearSchemaCache();
  }

  override normalizeDbError(error: unknown): unknown {
    return toPostgrestError(super.normalizeDbError(error));
  }
}

/**
 * Fixes the answer to lite's query "does any table have row-level security?": `active` sets the role in every
 * request, either answer keeps lite from granting anything.
 * @throws {Error} when this version of lite has a different query.
 */
function fixRoleSwitching(connection: PostgresConnection, state: "active" | "inactive"): PostgresConnection {
  if (!("rlsState" in connection)) {
    throw new Error("This version of @supabase/lite is not the one that is known");
  }
  Object.defineProperty(connection, "rlsState", { value: state, writable: false });
  return connection;
}
