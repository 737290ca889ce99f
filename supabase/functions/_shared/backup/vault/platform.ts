/**
 * The schemas that Supabase owns and recreates. One list for the dump, the restore and the fingerprint.
 * Source: the exclude lists of the Supabase CLI's `db dump`, and the schemas of a hosted project.
 */

/**
 * Platform schemas whose *rows* (and our policies and triggers on them) belong to the project:
 * public has foreign keys into them. Their structure belongs to the platform.
 */
export const DATA_ONLY_SCHEMAS = ["auth", "storage", "realtime"] as const;

/**
 * Tables of `auth` with open sessions and sign-ins in progress. A backup holds none of their rows: they are
 * credentials, and a restore would make ended sessions valid again, or production's valid in dev. A restore returns the
 * target's own rows for the users that the backup knows.
 * Source: the migrations of https://github.com/supabase/auth.
 */
export const AUTH_SESSION_TABLES = [
  "sessions",
  "refresh_tokens",
  "mfa_amr_claims",
  "mfa_challenges",
  "one_time_tokens",
  "flow_state",
  "saml_relay_states",
  "oauth_authorizations",
  "oauth_client_states",
  "webauthn_challenges",
] as const;

/** Tables of {@link DATA_ONLY_SCHEMAS} whose rows a backup contains; the platform writes the others itself. */
export const PLATFORM_ROWS: Readonly<
  Record<(typeof DATA_ONLY_SCHEMAS)[number], { only?: readonly string[]; except?: readonly string[] }>
> = {
  auth: { except: ["schema_migrations", ...AUTH_SESSION_TABLES] },
  storage: { only: ["buckets", "objects"] },
  realtime: { only: [] },
};

const VOLATILE = /^auth\.(?!users$|identities$)/;

/**
 * Whether the platform adds and removes the rows of a table by itself: sessions, tokens, the log of sign-ins.
 * @param table quoted `schema.table`
 */
export function isVolatileTable(table: string): boolean {
  return VOLATILE.test(table);
}

/**
 * The counts of the tables whose rows a restore loads. An older manifest also counts {@link AUTH_SESSION_TABLES}.
 * @param rows by `schema.table`
 */
export function restoredRows(rows: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(rows).filter(([key]) => !AUTH_SESSION_TABLES.some((table) => key === `auth.${table}`)),
  );
}

/**
 * Contains the extensions, whose `CREATE EXTENSION` a plain pg_restore can only run if the schema exists: it is in
 * the archive for servers without it, and left unchanged where it exists.
 */
export const EXTENSIONS_SCHEMA = "extensions";

/** Platform schemas that a backup excludes completely. */
export const EXCLUDED_SCHEMAS = [
  "_analytics",
  "_realtime",
  "_supavisor",
  "cron",
  "dbdev",
  "etl",
  "graphql",
  "graphql_public",
  "net",
  "pgbouncer",
  "pgmq",
  "pgsodium",
  "pgsodium_masks",
  "pgtle",
  "repack",
  "supabase_functions",
  "tiger",
  "tiger_data",
  "topology",
  "vault",
] as const;

/**
 * The platform's own roles, which own its objects. A project may have a role of its own with the same prefix. Valid as a
 * regular expression of JavaScript and of PostgreSQL, as {@link PLATFORM_ROLES}.
 * Source: `reserved_roles` of supautils in https://github.com/supabase/postgres, and its migrations.
 */
export const ADMIN_ROLES =
  "^supabase_(admin|auth_admin|etl_admin|functions_admin|privileged_role|read_only_user|" +
  "realtime_admin|replication_admin|storage_admin|superuser)$";

/** Roles that Supabase reserves. */
export const PLATFORM_ROLES =
  "^(anon|authenticated|authenticator|dashboard_user|pgbouncer|service_role|cli_login_.*|pgsodium_.*|pgtle_admin|pg_.*)$|" +
  ADMIN_ROLES;

/** Every schema of the platform. */
export const PLATFORM_SCHEMAS: readonly string[] = [
  ...DATA_ONLY_SCHEMAS,
  EXTENSIONS_SCHEMA,
  ...EXCLUDED_SCHEMAS,
];

/** Schemas of this prefix hold the old content of a restored target until it is removed. */
export const OLD_CONTENT_PREFIX = "restore_old_";

/**
 * Objects of `public` with this prefix belong to the catalog. A restore leaves them unchanged: the history is never
 * restored to an earlier state, and its rows are rebuilt from the vault, not from archives.
 */
export const OPS_OBJECT_PREFIX = "ops_db_backup";
