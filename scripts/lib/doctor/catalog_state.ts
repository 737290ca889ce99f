/** Whether the catalog has the migrations of this version, and when a backup was last proven. */
import { readdir } from "node:fs/promises";
import { z } from "zod";
import { age, hoursBetween, moment, shortened } from "@backup/watch/text.ts";
import { hours as inHours, PROOF_OVERDUE_AFTER_MS } from "@backup/service_levels.ts";
import { literal } from "../postgres/sql_text.ts";
import { catalogAccessQuery, catalogDifferences } from "../catalog/access.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { type BackupPace, quotaVerdict, readPace } from "./quotas.ts";
import { check, type CheckVerdict, type DoctorCheck, notChecked } from "./check.ts";
import { type Result } from "@backup/result.ts";
import { type Limit, withinLimit } from "./within_limit.ts";

export interface CatalogState {
  /** Names of the catalog's migrations in this checkout, oldest first; `null` without their folder. */
  wanted: string[] | null;
  /** Of them, those that the database has; `null` when it keeps no record. */
  applied: Result<string[] | null>;
  /** Differences from what the migrations make; `null` without a catalog. */
  differences: Result<string[] | null>;
  proof: Result<Proof | null>;
  pace: Result<BackupPace>;
}

const proofSchema = z.object({ key: z.string(), provenAt: z.string() });
type Proof = z.infer<typeof proofSchema>;

/** `20260102000000_ops_db_backups.sql`. The version differs where the files were adopted into another project. */
const MIGRATION = /^\d+_(ops_db_backup\w*)\.sql$/;
const MIGRATIONS = new URL("../../../supabase/migrations/", import.meta.url);
const MOST_DIFFERENCES = 5;
const HAS_LIST = "select to_json(to_regprocedure('public.ops_db_backup_migrations()') is not null);";
const HISTORY = "select to_json(to_regclass('supabase_migrations.schema_migrations') is not null);";
const PROOF = `select json_build_object('key', r2_key, 'provenAt', to_json(proven_at))
   from public.ops_db_backups where target = 'prod' and proven_at is not null and status <> 'deleted'
    and greatest(created_at, proven_at) <= now() + public.ops_db_backup_service_level('vault_time_ahead')
  order by proven_at desc limit 1;`;

/** @param catalog `null`: its database was not reached */
export async function catalogChecks(
  catalog: Catalog | null,
  limit: Limit,
  now: Date,
): Promise<DoctorCheck[]> {
  const state = catalog && await readCatalogState(catalog, limit);
  const unreached = notChecked("o banco prod não foi alcançado");
  return [
    check("catalog", "catalog_migrations", state ? migrationsVerdict(state) : unreached),
    check("catalog", "catalog_access", state ? accessVerdict(state.differences) : unreached),
    check("catalog", "last_proof", state ? proofVerdict(state.proof, now) : unreached),
    check("catalog", "quotas", state ? quotaVerdict(state.pace) : unreached),
  ];
}

async function readCatalogState(catalog: Catalog, limit: Limit): Promise<CatalogState> {
  const wanted = await ownMigrations();
  return {
    wanted,
    applied: await withinLimit(limit, () => appliedOf(catalog, wanted ?? [])),
    differences: await withinLimit(
      limit,
      async () => catalogDifferences((await catalog.rows(await catalogAccessQuery()))[0]),
    ),
    proof: await withinLimit(
      limit,
      async () => z.array(proofSchema).parse(await catalog.rows(PROOF))[0] ?? null,
    ),
    pace: await withinLimit(limit, () => readPace(catalog)),
  };
}

async function ownMigrations(): Promise<string[] | null> {
  const files = await readdir(MIGRATIONS).catch(() => null); // the checkout has only the scripts
  return files && files.sort().flatMap((file) => MIGRATION.exec(file)?.[1] ?? []);
}

/** An older catalog has no function for it: its owner reads the record itself. */
async function appliedOf(catalog: Catalog, wanted: readonly string[]): Promise<string[] | null> {
  const [hasList] = await catalog.rows(HAS_LIST);
  if (hasList === true) {
    const [names] = await catalog.rows("select coalesce(public.ops_db_backup_migrations(), 'null');");
    return z.array(z.string()).nullable().parse(names)?.filter((name) => wanted.includes(name)) ?? null;
  }
  const [hasHistory] = await catalog.rows(HISTORY);
  if (hasHistory !== true) return null;
  const list = wanted.map(literal).join(", ") || "null";
  return z.array(z.string()).parse(
    await catalog.rows(
      `select to_json(name) from supabase_migrations.schema_migrations where name in (${list}) order by version;`,
    ),
  );
}

export function migrationsVerdict({ wanted, applied }: CatalogState): CheckVerdict {
  const hint = "Rode supabase db push no projeto de prod.";
  if (wanted === null) return notChecked("a pasta supabase/migrations não está aqui");
  if (!applied.ok) {
    return { status: "failed", message: `O catálogo não pôde ser lido: ${applied.message}`, hint };
  }
  if (applied.value === null) return notChecked("o banco não registra migrações (supabase_migrations)", hint);
  const { value } = applied;
  const missing = wanted.filter((name) => !value.includes(name));
  const facts = { head: value.at(-1) ?? null, missing };
  if (missing.length === 0) {
    return { status: "ok", message: `O catálogo tem todas as migrações, até ${facts.head}.`, facts };
  }
  return { status: "failed", message: `Faltam migrações do catálogo: ${missing.join(", ")}.`, hint, facts };
}

export function accessVerdict(differences: Result<string[] | null>): CheckVerdict {
  if (!differences.ok) return notChecked(`o catálogo não pôde ser lido (${differences.message})`);
  const found = differences.value;
  if (found === null) return notChecked("o banco prod não tem o catálogo");
  if (found.length === 0) {
    return { status: "ok", message: "O catálogo está fechado, como as migrações o criam." };
  }
  return {
    status: "failed",
    message: `Outra migração mudou o catálogo: ${shortened(found, MOST_DIFFERENCES).join("; ")}.`,
    hint: "Aplique de novo a nossa última migração (docs/adopting.md, Closing the catalog again).",
    facts: { differences: found },
  };
}

export function proofVerdict(proof: Result<Proof | null>, now: Date): CheckVerdict {
  if (!proof.ok) return notChecked(`o catálogo não pôde ser lido (${proof.message})`);
  const hint = "Rode o ensaio de restauração (db-backup-restore-drill, ou Ensaiar agora na tela).";
  if (proof.value === null) {
    return { status: "failed", message: "Nenhum backup de prod foi provado ainda.", hint };
  }
  const { key, provenAt } = proof.value;
  const hours = hoursBetween(provenAt, now.toISOString());
  const facts = { r2_key: key, proven_at: provenAt, hours: Math.floor(hours) };
  const message = `O último backup provado de prod é de ${moment(provenAt)} (há ${age(hours)}).`;
  return hours > inHours(PROOF_OVERDUE_AFTER_MS)
    ? { status: "failed", message, hint, facts }
    : { status: "ok", message, facts };
}
