/** Whether the role for jobs that need the catalog alone has no further right. */
import { z } from "zod";
import { shortened } from "@backup/watch/text.ts";
import type { Result } from "@backup/result.ts";
import { check, type CheckVerdict, type DoctorCheck, notChecked } from "./check.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { type Limit, withinLimit } from "./within_limit.ts";

const MOST_RIGHTS = 5;

/** What it has by its migration, with the use of the schema public. */
const OWN_FUNCTIONS = [
  "run_start(jsonb)",
  "run_progress(jsonb)",
  "run_finish(jsonb)",
  "mark(jsonb)",
  "audit_append(jsonb)",
  "audit_unmirrored(integer)",
  "audit_mirrored_to(jsonb)",
].map((name) => `pg_catalog.to_regprocedure('public.ops_db_backup_${name}')`).join(", ");

const QUERY = `select json_build_object(
    'signsIn', r.rolcanlogin,
    'rights', coalesce((select json_agg(problem order by problem) from (
      select 'SUPERUSER' as problem where r.rolsuper
      union all select 'BYPASSRLS' where r.rolbypassrls
      union all select 'CREATEROLE' where r.rolcreaterole
      union all select 'CREATEDB' where r.rolcreatedb
      union all select 'REPLICATION' where r.rolreplication
      union all select m.roleid::regrole::text from pg_catalog.pg_auth_members m where m.member = r.oid
      union all select (pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid)).identity
        from pg_catalog.pg_shdepend d
        where d.refclassid = 'pg_catalog.pg_authid'::regclass and d.refobjid = r.oid and d.deptype in ('a', 'o')
          and d.dbid = (select oid from pg_catalog.pg_database where datname = current_database())
          and (d.deptype = 'a' and (
            d.classid = 'pg_catalog.pg_namespace'::regclass and d.objid = 'public'::regnamespace
            or d.classid = 'pg_catalog.pg_proc'::regclass and d.objid in (${OWN_FUNCTIONS}))) is not true
    ) p), '[]'))
  from pg_catalog.pg_roles r where r.rolname = 'ops_db_backup_catalog';`;

const roleSchema = z.object({ signsIn: z.boolean(), rights: z.array(z.string()) });
export type CatalogRole = z.infer<typeof roleSchema>;

/** @param catalog `null`: its database was not reached */
export async function catalogRoleCheck(
  catalog: Pick<Catalog, "rows"> | null,
  limit: Limit,
): Promise<DoctorCheck> {
  if (catalog === null) return check("catalog", "catalog_role", notChecked("o banco prod não foi alcançado"));
  const found = await withinLimit(
    limit,
    async () => z.array(roleSchema).parse(await catalog.rows(QUERY))[0] ?? null,
  );
  return check("catalog", "catalog_role", catalogRoleVerdict(found));
}

export function catalogRoleVerdict(found: Result<CatalogRole | null>): CheckVerdict {
  if (!found.ok) return notChecked(`o papel não pôde ser lido (${found.message})`);
  if (found.value === null) return notChecked("o banco prod não tem o papel ops_db_backup_catalog");
  const { signsIn, rights } = found.value;
  if (rights.length > 0) {
    return {
      status: "failed",
      message: `O papel ops_db_backup_catalog pode mais do que o ensaio precisa: ${
        shortened(rights, MOST_RIGHTS).join(", ")
      }.`,
      hint: "Tire-lhe isso (REVOKE, ALTER ROLE): o ensaio roda o que um arquivo traz.",
      facts: { rights },
    };
  }
  const message = signsIn
    ? "O papel do ensaio só registra execuções e provas."
    : "O papel do ensaio não tem senha: o ensaio usa a URL do dono, se SUPABASE_CATALOG_URL não existe (docs/production.md).";
  return { status: "ok", message, facts: { signs_in: signsIn } };
}
