/**
 * The receipt of a drill: what a restore of one backup proved, what it did not, and how long each phase took. It is
 * stored beside the backup (`receiptKey`), whatever the verdict. docs/drill.md describes the checks.
 */
import { z } from "zod";
import { signatureSchema } from "./signature.ts";

export const RECEIPT_VERSION = 1;
export const RECEIPT_KIND = "supabase_db_drill_receipt";

/**
 * Every check by name, in the order in which they are made, with its title for an admin.
 * Those from `permission_functions_exist` on are the assertions of `scripts/rg03_db_asserts.sql`.
 */
export const DRILL_CHECKS = {
  manifest: "Manifesto legível e íntegro",
  signature: "Assinatura do backup",
  stored_size: "Tamanho do arquivo no cofre",
  stored_fingerprint: "Impressão digital do banco no cofre",
  stored_hash: "Hash do arquivo no cofre",
  archive_readable: "Arquivo legível pelo pg_restore",
  freshness: "O backup mais novo é recente",
  restored: "Restauração até o fim",
  not_empty: "O backup tem dados",
  rows_per_table: "Linhas por tabela",
  sequence_values: "Valores das sequências",
  business_measures: "Medidas do negócio (pedidos, valores)",
  schema_and_privileges: "Objetos e privilégios",
  row_security: "RLS ligado, com as mesmas políticas",
  materialized_views: "Visões materializadas preenchidas",
  migration_head: "Última migração",
  anon_reads: "Leitura sem login",
  company_reads: "Leitura por empresa",
  index_contents: "Conteúdo dos índices",
  catalog_access: "Catálogo de backups como as migrações o criam",
  prod_managers: "Quem pode restaurar a produção",
  project_asserts: "Verificações próprias do ERP",
  permission_functions_exist: "Funções de permissão",
  backup_catalog_closed_to_anon: "Catálogo de backups fechado a quem não entrou",
  policies_are_in_force: "Políticas em vigor",
  indexes_are_valid: "Índices válidos",
  foreign_keys_without_orphans: "Chaves estrangeiras sem órfãos",
  sequences_ahead_of_their_columns: "Sequências à frente das colunas",
} as const;
export type DrillCheck = keyof typeof DRILL_CHECKS;

export const DRILL_CHECK_NAMES = Object.keys(DRILL_CHECKS) as DrillCheck[];

export const VERDICTS = ["PASS", "FAIL", "SKIPPED"] as const;
export const verdictSchema = z.enum(VERDICTS);
export type Verdict = z.infer<typeof verdictSchema>;

/** The result of one check. `name` is any text: a newer tool may have more checks. */
export const checkResultSchema = z.object({
  name: z.string(),
  verdict: verdictSchema,
  /** What was compared, what was found, or why it was skipped. English. */
  detail: z.string(),
  seconds: z.number().nonnegative(),
});
export type CheckResult = z.infer<typeof checkResultSchema>;

/** What the receipt does not prove, and why. */
export const notProvenSchema = z.object({ name: z.string(), why: z.string() });
export type NotProven = z.infer<typeof notProvenSchema>;

/** Seconds of each phase, in the order in which they were entered. */
export const phaseSecondsSchema = z.record(z.string(), z.number().nonnegative());

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const receiptSchema = z.object({
  version: z.literal(RECEIPT_VERSION),
  kind: z.literal(RECEIPT_KIND),
  /** Of the archive that was drilled. */
  r2_key: z.string(),
  /** Hash of the archive in its manifest; `null` without a readable manifest. */
  sha256: sha256.nullable(),
  /** When the drill began; the same second as in the receipt's key. */
  drilled_at_utc: z.string(),
  /** Of the throwaway server. */
  server_version: z.string(),
  tool: z.object({ name: z.string(), version: z.string() }),
  git_sha: z.string().nullable(),
  run: z.object({ id: z.string(), url: z.string(), attempt: z.number().int() }).nullable(),
  checks: z.array(checkResultSchema),
  not_proven: z.array(notProvenSchema),
  seconds: phaseSecondsSchema,
  total_seconds: z.number().nonnegative(),
  /** The newest full backup of the same database; `null` when the vault holds none. */
  freshness: z.object({
    newest_key: z.string(),
    newest_created_at: z.string(),
    age_seconds: z.number(),
  }).nullable(),
  /** Of the drill that wrote it; absent without a key. */
  signature: signatureSchema.optional(),
});
export type Receipt = z.infer<typeof receiptSchema>;

/** The summary of a receipt that the catalog keeps with its backup. */
export const proofSchema = z.object({
  receipt_key: z.string(),
  drilled_at: z.string(),
  passed: z.number().int(),
  failed: z.number().int(),
  skipped: z.number().int(),
  seconds: phaseSecondsSchema,
  total_seconds: z.number(),
});
export type Proof = z.infer<typeof proofSchema>;

/** The result of a drill in the history, whatever the verdict. */
export const drillResultSchema = z.object({
  receipt_key: z.string(),
  checks: z.array(checkResultSchema),
  not_proven: z.array(notProvenSchema),
  seconds: phaseSecondsSchema,
});
export type DrillResult = z.infer<typeof drillResultSchema>;

/** Names of the failed checks. */
export function failedChecks(checks: readonly CheckResult[]): string[] {
  return checks.filter(({ verdict }) => verdict === "FAIL").map(({ name }) => name);
}

/** Whether the backup was tried at all: a drill whose own server lacked something stores a receipt, and proves nothing. */
export function isTried(checks: readonly CheckResult[]): boolean {
  return checks.find(({ name }) => name === "restored")?.verdict !== "SKIPPED" ||
    failedChecks(checks).length > 0;
}

/** What a drill says of the backup that it restored; `null`: nothing, only its own server or the schedule failed. */
export type Ruling = "proven" | "rejected" | null;

/** The age of the newest backup of the database: it says nothing of the backup that was drilled. */
const NOT_OF_THE_BACKUP = "freshness";

/** @example rulingOf([{ name: "rows_per_table", verdict: "FAIL", detail: "", seconds: 0 }]) // "rejected" */
export function rulingOf(checks: readonly CheckResult[]): Ruling {
  const failed = failedChecks(checks);
  if (failed.some((name) => name !== NOT_OF_THE_BACKUP)) return "rejected";
  return failed.length === 0 && isTried(checks) ? "proven" : null;
}

export function countVerdicts(checks: readonly CheckResult[]): Record<Verdict, number> {
  const count = (wanted: Verdict) => checks.filter(({ verdict }) => verdict === wanted).length;
  return { PASS: count("PASS"), FAIL: count("FAIL"), SKIPPED: count("SKIPPED") };
}

/** @param receiptKey key of the receipt in the vault */
export function proofOf(receipt: Receipt, receiptKey: string): Proof {
  const { PASS, FAIL, SKIPPED } = countVerdicts(receipt.checks);
  return {
    receipt_key: receiptKey,
    drilled_at: receipt.drilled_at_utc,
    passed: PASS,
    failed: FAIL,
    skipped: SKIPPED,
    seconds: receipt.seconds,
    total_seconds: receipt.total_seconds,
  };
}

/** A check's title for an admin; the name itself for an unknown one. */
export function checkTitle(name: string): string {
  return Object.hasOwn(DRILL_CHECKS, name) ? DRILL_CHECKS[name as DrillCheck] : name;
}
