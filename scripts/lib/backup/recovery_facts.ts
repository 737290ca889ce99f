/**
 * Facts of a backup for its recovery instructions. A manifest of version 2 states them; for an older manifest (a local
 * backup) they are read from the archive's table of contents as far as it holds them.
 */
import { type AnyManifest, isProving, type Manifest } from "@backup/vault/manifest.ts";
import { EXCLUDED_SCHEMAS } from "@backup/vault/platform.ts";
import type { ArchiveToc } from "../archive/archive_toc.ts";
import { unquoted } from "../postgres/sql_text.ts";

const NAME = `(?:"(?:[^"]|"")+"|[^\\s;",.()]+)`;
const GRANTEE = new RegExp(`\\b(?:TO|FROM|ROLE) (${NAME})`, "g");
const POLICY_ROLES = new RegExp(
  `^CREATE POLICY ${NAME} ON ${NAME}\\.${NAME}(?: AS [A-Z]+)?(?: FOR [A-Z]+)? TO (${NAME}(?:, ${NAME})*)`,
);

/** Every role that an archive names: those of the manifest, the owners, and the roles in privileges and policies. */
export function rolesOf(manifest: AnyManifest, { entries }: ArchiveToc): string[] {
  const granted = entries.filter(({ kind }) => kind === "ACL" || kind === "DEFAULT ACL")
    .flatMap(({ definition }) => [...definition.matchAll(GRANTEE)].map(([, name = ""]) => name));
  const inPolicies = entries.filter(({ kind }) => kind === "POLICY")
    .flatMap(({ definition }) => POLICY_ROLES.exec(definition)?.[1]?.match(new RegExp(NAME, "g")) ?? []);
  const named = [
    ...isProving(manifest) ? manifest.roles : [],
    ...entries.map(({ owner }) => owner),
    ...[...granted, ...inPolicies].map(unquoted),
  ];
  const isOwn = (name: string) => name !== "" && name !== "PUBLIC" && !name.startsWith("pg_");
  return [...new Set(named.filter(isOwn))].sort();
}

/** The database that was backed up; holds no secret. */
export function sourceOf(manifest: AnyManifest): string {
  if (!isProving(manifest)) return manifest.target;
  const { database, host, project_ref } = manifest.source;
  return `${database} em ${host}${project_ref ? ` (projeto ${project_ref})` : ""}`;
}

/** The program that wrote the backup. */
export function producerOf(manifest: AnyManifest): string {
  if (isProving(manifest)) return `${manifest.tool.name} ${manifest.tool.version}`;
  return manifest.kind === "supabase_db_backup_local" ? "backup_db_local.sh" : "uma ferramenta anterior";
}

/** The amount of content; without rows when the manifest does not state them. */
export function contentOf(manifest: AnyManifest, { entries }: ArchiveToc): string {
  if (manifest.mode !== "full") return "só a estrutura, sem linhas";
  if (isProving(manifest)) return `${manifest.tables_total} tabelas, ${manifest.rows_total} linhas`;
  return `${entries.filter(({ kind }) => kind === "TABLE DATA").length} tabelas`;
}

const EXTENSION_SCHEMA = new RegExp(` WITH SCHEMA (${NAME})`);

/** Extensions that the target needs; an archive holds no versions of them. */
export function extensionsOf(manifest: AnyManifest, { entries }: ArchiveToc): Manifest["extensions"] {
  if (isProving(manifest)) return manifest.extensions;
  return entries.filter(({ kind }) => kind === "EXTENSION").map(({ tag, definition }) => (
    { name: tag, schema: unquoted(EXTENSION_SCHEMA.exec(definition)?.[1] ?? ""), version: "" }
  ));
}

/** Ids of entries that only Supabase's server can create: its own extensions, and the event triggers of its superuser. */
export function platformEntries(manifest: AnyManifest, toc: ArchiveToc): number[] {
  const platform: readonly string[] = EXCLUDED_SCHEMAS;
  const { entries } = toc;
  const own = extensionsOf(manifest, toc).filter(({ schema }) => platform.includes(schema)).map(({ name }) =>
    `EXTENSION ${name}`
  );
  const watching = entries.filter(({ kind, owner }) =>
    kind === "EVENT TRIGGER" && owner.startsWith("supabase_")
  )
    .map(({ tag }) => `EVENT TRIGGER ${tag}`);
  const named = new Set([...own, ...watching]);
  return entries.filter(({ kind, tag }) => named.has(kind === "COMMENT" ? tag : `${kind} ${tag}`))
    .map(({ dumpId }) => dumpId);
}
