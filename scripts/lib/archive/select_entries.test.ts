import { expect, test } from "vitest";
import type { TocEntry } from "./archive_toc.ts";
import { selectEntries, type SelectionContext, selectPlatformStructure } from "./select_entries.ts";

const context: SelectionContext = {
  keepOps: true,
  installedExtensions: new Set(["pgcrypto"]),
  availableExtensions: new Set(["pgcrypto", "pg_trgm"]),
  keptSchemas: new Set(),
};

function entry(
  kind: string,
  schema: string | null,
  tag: string,
  owner = "postgres",
  definition = "",
): TocEntry {
  return {
    dumpId: 7,
    kind,
    schema,
    tag,
    owner,
    definition,
    copyStatement: "",
    dependencies: [],
    drop: "",
    section: 2,
    hasData: false,
    tablespace: "",
    accessMethod: "",
  };
}

function taken(item: TocEntry, changes: Partial<SelectionContext> = {}): boolean {
  const selection = selectEntries([item], { ...context, ...changes });
  return selection.main.length + selection.largeObjects.length === 1;
}

const onSignUp =
  "CREATE TRIGGER t AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.novo_perfil();";
const ofStorage =
  "CREATE TRIGGER t BEFORE DELETE ON storage.objects FOR EACH STATEMENT EXECUTE FUNCTION storage.protect_delete();";

test.each([
  entry("TABLE", "public", "pedidos"),
  entry("TABLE DATA", "Nome estranho", "a b"),
  entry("SCHEMA", null, "auditoria"),
  entry("ACL", null, "SCHEMA public", "pg_database_owner"),
  entry("DEFAULT ACL", "public", "DEFAULT PRIVILEGES FOR TABLES"),
  entry("TABLE DATA", "auth", "users", "supabase_auth_admin"),
  entry("TABLE DATA", "storage", "objects", "supabase_storage_admin"),
  entry("POLICY", "storage", "objects fotos", "supabase_storage_admin"),
  entry("TRIGGER", "auth", "users t", "supabase_auth_admin", onSignUp),
  entry("PUBLICATION", null, "supabase_realtime"),
  entry("BLOBS", null, "BLOBS", ""),
  entry("EXTENSION", null, "pg_trgm", "", "CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA extensions;"),
  entry("EXTENSION", null, "postgis", "", "CREATE EXTENSION IF NOT EXISTS postgis WITH SCHEMA public;"),
])("takes $kind $schema $tag", (item) => expect(taken(item)).toBe(true));

test.each([
  entry("SCHEMA", null, "auth", "supabase_admin"),
  entry("SCHEMA", null, "public", "pg_database_owner"),
  entry("TABLE", "auth", "users", "supabase_auth_admin"),
  entry("TABLE DATA", "auth", "schema_migrations", "supabase_auth_admin"),
  entry("TABLE DATA", "storage", "migrations", "supabase_storage_admin"),
  entry("TABLE DATA", "realtime", "messages", "supabase_realtime_admin"),
  entry("SEQUENCE SET", "auth", "refresh_tokens_id_seq", "supabase_auth_admin"),
  entry("TRIGGER", "storage", "objects t", "supabase_storage_admin", ofStorage),
  entry("TABLE", "vault", "secrets", "supabase_admin"),
  entry("TABLE", "restore_old_1_public", "pedidos"),
  entry("DEFAULT ACL", "public", "DEFAULT PRIVILEGES FOR TABLES", "supabase_admin"),
  entry("ACL", "public", "FUNCTION similarity(text, text)", "supabase_admin"),
  entry("EVENT TRIGGER", null, "pgrst_drop_watch", "supabase_admin"),
  entry("EXTENSION", null, "pgcrypto", "", "CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA extensions;"),
  entry(
    "EXTENSION",
    null,
    "pg_graphql",
    "",
    "CREATE EXTENSION IF NOT EXISTS pg_graphql WITH SCHEMA graphql;",
  ),
  entry("COMMENT", null, "EXTENSION pgcrypto", ""),
])("leaves $kind $schema $tag", (item) => expect(taken(item)).toBe(false));

test.each([
  entry("TABLE", "public", "ops_db_backups"),
  entry("ACL", "public", "FUNCTION ops_db_backups_list(text, integer)"),
  entry("COMMENT", "public", "COLUMN ops_db_backups.id"),
  entry("CONSTRAINT", "public", "ops_db_backups ops_db_backups_pkey"),
])("$kind $tag stays as it is where the target has it, and is made where not", (item) => {
  expect(taken(item)).toBe(false);
  expect(taken(item, { keepOps: false })).toBe(true);
});

test("rows of the catalog never come from an archive", () => {
  expect(taken(entry("TABLE DATA", "public", "ops_db_backups"), { keepOps: false })).toBe(false);
});

test("the platform's structure is its schemas without rows and without the project's triggers", () => {
  const entries = [
    entry("SCHEMA", null, "auth", "supabase_admin"),
    entry("TABLE", "auth", "users", "supabase_auth_admin"),
    entry("TABLE DATA", "auth", "users", "supabase_auth_admin"),
    entry("TRIGGER", "auth", "users t", "supabase_auth_admin", onSignUp),
    entry("TRIGGER", "storage", "objects t", "supabase_storage_admin", ofStorage),
    entry("TABLE", "public", "pedidos"),
  ].map((item, i) => ({ ...item, dumpId: i }));
  expect(selectPlatformStructure(entries)).toEqual([0, 1, 4]);
});
