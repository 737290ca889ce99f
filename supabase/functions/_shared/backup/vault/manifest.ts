/**
 * The manifest lets a restore rebuild the database and prove that nothing is missing or changed. It is written last,
 * after the archive was confirmed at the vault: an archive without one is no backup. docs/storage-format.md describes
 * the fields.
 */
import { z } from "zod";
import { BackupError } from "../errors.ts";
import { labelSchema } from "../label.ts";
import { modeSchema, targetSchema } from "../target.ts";
import { canonicalText, sha256Hex } from "./canonical.ts";
import { measureSchema } from "./measures.ts";
import { signatureSchema, type Signer } from "./signature.ts";
import { warningSchema } from "./warnings.ts";

export const MANIFEST_VERSION = 2;
export const MANIFEST_KINDS = ["supabase_db_backup", "supabase_db_backup_local"] as const;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().nonnegative();

/** Fields that manifests have had from the beginning; old clients read them under these names. */
const base = {
  kind: z.enum(MANIFEST_KINDS),
  target: targetSchema,
  mode: modeSchema,
  /** Start of the backup, UTC, to the second. */
  created_at_utc: z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/),
  /** Name of the archive, without its folder. */
  file: z.string().min(1),
  /** Of the archive as stored. */
  sha256,
  /** Size of the archive as stored. */
  bytes: count,
  git_sha: z.string().nullable(),
  /** Of an encrypted archive: the program, and the public keys whose secret halves open it. */
  encryption: z.object({ program: z.literal("age"), recipients: z.array(z.string()) }).optional(),
  /** Of the job that wrote it; absent without a key. */
  signature: signatureSchema.optional(),
};

export const legacyManifestSchema = z.object({ ...base, version: z.undefined().optional() });

export const sequenceValueSchema = z.object({ last_value: z.string(), is_called: z.boolean() });

export const manifestV2Schema = z.object({
  ...base,
  version: z.literal(MANIFEST_VERSION),
  tool: z.object({ name: z.string(), version: z.string() }),
  label: labelSchema,
  /** Size of the archive before compression. */
  raw_bytes: count,
  /** The compressing program, for example `igzip -1`. */
  compression: z.string(),
  duration_ms: count,
  server_version: z.string(),
  client_version: z.string(),
  /** Origin: host and database, and the Supabase project if the host names it. No secret. */
  source: z.object({ host: z.string(), database: z.string(), project_ref: z.string().nullable() }),
  requested_by: z.string(),
  request_id: z.guid(),
  run: z.object({ id: z.string(), url: z.string(), attempt: count }).nullable(),
  /** Exact rows per table in the dump's snapshot, keyed by quoted `schema.table`. Empty for `schema-only`. */
  rows: z.record(z.string(), count),
  tables_total: count,
  rows_total: count,
  /** Values as the archive sets them; keyed like `rows`. */
  sequences: z.record(z.string(), sequenceValueSchema),
  /** Last values of the platform's own sequences, never set backwards by a restore. */
  platform_sequences: z.record(z.string(), z.string()),
  /** Version of the newest migration that the database has recorded, `null` when it records none. */
  migration_head: z.string().nullable().optional(),
  extensions: z.array(z.object({ name: z.string(), schema: z.string(), version: z.string() })),
  /** Roles that own, are granted, or appear in policies; not themselves part of the archive. */
  roles: z.array(z.string()),
  /** Entries of the archive's table of contents by kind. */
  toc: z.record(z.string(), count),
  /** SHA-256 of the canonical text of every object per area; the text is stored beside the archive. */
  fingerprint: z.record(z.string(), sha256),
  /** Of the index beside the archive; absent without one. */
  index_sha256: sha256.optional(),
  /** Counts and sums of the business in the snapshot; absent without a definition, and in older backups. */
  measures: z.array(measureSchema).optional(),
  /** What the backup does not hold, and what would keep it from being restored; older backups do not say. */
  warnings: z.array(warningSchema).optional(),
  /** Hash of the manifest without this field (`canonicalText`); the first of version 2 have none. */
  manifest_sha256: sha256.optional(),
});
export type Manifest = z.infer<typeof manifestV2Schema>;
export type LegacyManifest = z.infer<typeof legacyManifestSchema>;
export type AnyManifest = Manifest | LegacyManifest;

/** Whether the manifest carries the proofs of version 2. */
export function isProving(manifest: AnyManifest): manifest is Manifest {
  return manifest.version === MANIFEST_VERSION;
}

/**
 * Parses a manifest of any known version.
 * @throws {BackupError} `manifest_too_new` for a later version, `manifest_invalid` for anything else, including
 * content that does not match the manifest's own hash.
 */
export async function parseManifest(text: string): Promise<AnyManifest> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new BackupError("manifest_invalid", "Cannot read the manifest: it is not JSON", { cause });
  }
  const version = typeof json === "object" && json !== null && "version" in json ? json.version : undefined;
  if (typeof version === "number" && version > MANIFEST_VERSION) {
    throw new BackupError(
      "manifest_too_new",
      `Cannot read a manifest of version ${version}: this tool knows up to ${MANIFEST_VERSION}`,
      { hint: "Update the tool, then restore." },
    );
  }
  const result = version === undefined
    ? legacyManifestSchema.safeParse(json)
    : manifestV2Schema.safeParse(json);
  if (!result.success) {
    const where = result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
    throw new BackupError("manifest_invalid", `Cannot use the manifest: ${where}`);
  }
  if (isProving(result.data)) await requireOwnHash(json, result.data.manifest_sha256);
  return result.data;
}

/** Hashes the input, not the parsed result: fields that this version does not know count too. */
async function requireOwnHash(json: unknown, expected: string | undefined): Promise<void> {
  if (expected === undefined) return;
  const found = await hashOf(json);
  if (found === expected) return;
  throw new BackupError(
    "manifest_invalid",
    `Cannot use the manifest: manifest_sha256 says ${expected}, its content has ${found}`,
    { hint: "It was changed after the backup. Use another backup." },
  );
}

/**
 * The manifest's bytes with its own hash: stable key order, one trailing newline.
 * @param key of the manifest in the vault
 * @param signer `null`: it is not signed
 */
export async function formatManifest(
  key: string,
  manifest: Manifest,
  signer: Signer | null,
): Promise<string> {
  return await sealManifest(await signManifest(key, manifest, signer));
}

/** The manifest with its signature. Parameters as of {@link formatManifest}. */
export async function signManifest(
  key: string,
  manifest: Manifest,
  signer: Signer | null,
): Promise<Manifest> {
  const fields = manifestV2Schema.parse(manifest);
  return signer ? await signer.signJson(key, fields) : fields;
}

/** The fields of any manifest as text, with the hash that {@link parseManifest} checks. */
export async function sealManifest(fields: object): Promise<string> {
  return JSON.stringify({ ...fields, manifest_sha256: await hashOf(fields) }, null, 2) + "\n";
}

function hashOf(manifest: unknown): Promise<string> {
  return sha256Hex(canonicalText(manifest, ["manifest_sha256"]));
}
