/** Privileges for an archive that was made without any: those that the fingerprint of another backup states. */
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import { isProving } from "@backup/vault/manifest.ts";
import { parseArchiveKey } from "@backup/vault/object_key.ts";
import { parseFingerprintLine } from "../postgres/database_facts.ts";
import { jsonb } from "../postgres/sql_text.ts";
import { readFingerprintLines, readTrustedManifest } from "../vault/fetch_backup.ts";
import { newestBackup } from "../vault/newest_backup.ts";
import type { Vault } from "../vault/vault.ts";
import { OPS_AREA } from "./plan_objects.ts";

/** Chooses the newest backup that counts of the database that the archive is of. */
export const NEWEST = "newest";

/** A backup as the source of privileges. */
export interface PrivilegeSource {
  key: string;
  /** Roles that the backup names. */
  roles: readonly string[];
  /** Lines of its fingerprint. */
  lines: readonly string[];
}

/**
 * @param wanted key of a backup with a fingerprint, {@link NEWEST}, or `null`
 * @param key of the archive that is restored
 * @param hasPrivileges whether that archive holds privileges of its own: then no source is read
 * @throws {BackupError} `archive_rejected` when the backup has no fingerprint, `backup_unsigned`, `no_backup_found`.
 */
export async function readPrivilegeSource(
  vault: Vault,
  { wanted, key, hasPrivileges }: { wanted: string | null; key: string; hasPrivileges: boolean },
): Promise<PrivilegeSource | null> {
  if (wanted === null || hasPrivileges) return null;
  const source = wanted === NEWEST ? await newestBackup(vault, parseArchiveKey(key).target) : wanted;
  parseArchiveKey(source);
  const manifest = await readTrustedManifest(vault, source, null);
  if (!manifest || !isProving(manifest)) {
    throw new BackupError(
      "archive_rejected",
      `Cannot take privileges from ${source}: it is a backup of the old format, which does not state them`,
      { hint: "Name a backup that this tool made, or take one first." },
    );
  }
  const lines = await readFingerprintLines(vault, source, manifest);
  return { key: source, roles: manifest.roles, lines };
}

/** One privilege of a fingerprint: `grantee=PRIVILEGE[*]/grantor`. */
export interface StatedPrivilege {
  /** `PUBLIC` for everybody. */
  grantee: string;
  privilege: string;
  grantable: boolean;
}

const factsSchema = z.object({
  kind: z.string().nullish(),
  name: z.string().nullish(),
  acl: z.array(z.string()).nullish(),
});

/** The privileges that a line of a fingerprint states; `null` when its object has none of its own. */
export function statedPrivileges(facts: unknown): StatedPrivilege[] | null {
  const { acl } = factsSchema.parse(facts);
  return acl?.map((item) => {
    const [, grantee = "", privilege = "", star = ""] = /^(.*)=([A-Z ]+)(\*?)\/.*$/s.exec(item) ?? [];
    return { grantee, privilege, grantable: star === "*" };
  }) ?? null;
}

interface SourceRow {
  kind: string;
  schema: string;
  name: string;
  part: string;
  isCatalog: boolean;
  acl: StatedPrivilege[];
}

/** SQL that fills the table of the source's privileges, which `restore_use_privileges.sql` reads. */
export function sourceTable({ lines }: PrivilegeSource): string {
  return `create temp table restore_source on commit drop as
    select * from jsonb_to_recordset(${jsonb(lines.flatMap(sourceRows))})
      s(kind text, schema text, name text, part text, "isCatalog" boolean, acl jsonb);`;
}

function sourceRows(line: string): SourceRow[] {
  const [area, kind, name, all] = parseFingerprintLine(line);
  const acl = statedPrivileges(all);
  if (acl === null) return [];
  const facts = factsSchema.parse(all);
  const isCatalog = area === OPS_AREA;
  const of = { schema: isCatalog ? "public" : area, name, part: "", isCatalog, acl };
  switch (kind) {
    case "schema":
      return [{ ...of, kind: "schema" }];
    case "relation":
      return [{ ...of, kind: facts.kind === "S" ? "sequence" : "table" }];
    case "column":
      return [{
        ...of,
        kind: "column",
        name: name.slice(0, name.lastIndexOf(".")),
        part: facts.name ?? "",
      }];
    case "function":
      return [{ ...of, kind: "routine" }];
    case "type":
      return [{ ...of, kind: "type" }];
    case "default privileges": {
      // `role schema objects`: those of the role that made the backup become those of the role that restores
      const [, schema = "", part = ""] = /^\S+ (.+) (.)$/s.exec(name) ?? [];
      return [{ ...of, kind: "default", schema, part }];
    }
    default:
      return [];
  }
}
