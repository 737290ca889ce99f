/** Whether the roles for jobs that need the catalog alone have no further right. */
import { z } from "zod";
import { shortened } from "@backup/watch/text.ts";
import type { Result } from "@backup/result.ts";
import { check, type CheckVerdict, type DoctorCheck, notChecked } from "./check.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { type Limit, withinLimit } from "./within_limit.ts";

const MOST_RIGHTS = 5;
export const DRILL_ROLE = "ops_db_backup_catalog";
export const MAINTENANCE_ROLE = "ops_db_backup_maintenance";

const REPORTS = [
  "run_start(jsonb)",
  "run_progress(jsonb)",
  "run_finish(jsonb)",
  "mark(jsonb)",
  "audit_append(jsonb)",
];

/** What they have by their migrations, with the use of the schema public. */
const OWN: Readonly<Record<string, { functions: readonly string[]; readTables: readonly string[] }>> = {
  [DRILL_ROLE]: { functions: REPORTS, readTables: [] },
  [MAINTENANCE_ROLE]: {
    functions: [
      ...REPORTS,
      "report(jsonb)",
      "runs_expire()",
      "lost_runs()",
      "break_glass_uses()",
      "audit_unmirrored(integer)",
      "audit_mirrored_to(jsonb)",
      "audit_advance()",
      "audit_break(boolean)",
      "service_level(text)",
      "migrations()",
      "look_take(jsonb)",
      "look_put(jsonb)",
    ],
    readTables: ["ops_db_backups", "ops_db_backup_runs", "ops_db_backup_reports", "ops_db_backup_audit"],
  },
};

/** @param role one of {@link OWN} */
function rightsQuery(role: string): string {
  const { functions = [], readTables = [] } = OWN[role] ?? {};
  const ownFunctions = functions.map((name) => `pg_catalog.to_regprocedure('public.ops_db_backup_${name}')`);
  const ownTables = readTables.map((name) => `pg_catalog.to_regclass('public.${name}')`).join(", ") || "null";
  return `select json_build_object(
    'role', r.rolname,
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
            or d.classid = 'pg_catalog.pg_proc'::regclass and d.objid in (${ownFunctions.join(", ")})
            or d.classid = 'pg_catalog.pg_class'::regclass and d.objsubid = 0 and d.objid in (${ownTables})
               and not pg_catalog.has_table_privilege(r.oid, d.objid, 'insert, update, delete, truncate, references, trigger')
          )) is not true
    ) p), '[]'))
  from pg_catalog.pg_roles r where r.rolname = '${role}';`;
}

const roleSchema = z.object({ role: z.string(), signsIn: z.boolean(), rights: z.array(z.string()) });
export type CatalogRole = z.infer<typeof roleSchema>;

/** @param catalog `null`: its database was not reached */
export async function catalogRoleCheck(
  catalog: Pick<Catalog, "rows"> | null,
  limit: Limit,
): Promise<DoctorCheck> {
  if (catalog === null) return check("catalog", "catalog_role", notChecked("o banco prod não foi alcançado"));
  const found = await withinLimit(limit, async () => {
    const rows = [
      ...await catalog.rows(rightsQuery(DRILL_ROLE)),
      ...await catalog.rows(rightsQuery(MAINTENANCE_ROLE)),
    ];
    return z.array(roleSchema).parse(rows);
  });
  return check("catalog", "catalog_role", catalogRoleVerdict(found));
}

export function catalogRoleVerdict(found: Result<CatalogRole[]>): CheckVerdict {
  if (!found.ok) return notChecked(`os papéis não puderam ser lidos (${found.message})`);
  const roles = found.value;
  if (roles.length === 0) {
    return notChecked(`o banco prod não tem os papéis ${DRILL_ROLE} e ${MAINTENANCE_ROLE}`);
  }
  const wide = roles.find(({ rights }) => rights.length > 0);
  if (wide !== undefined) {
    return {
      status: "failed",
      message: `O papel ${wide.role} pode mais do que precisa: ${
        shortened(wide.rights, MOST_RIGHTS).join(", ")
      }.`,
      hint: "Tire-lhe isso (REVOKE, ALTER ROLE): as tarefas que o usam só precisam do catálogo.",
      facts: { role: wide.role, rights: wide.rights },
    };
  }
  const without = roles.filter(({ signsIn }) => !signsIn).map(({ role }) => role);
  const message = without.length === 0
    ? "Os papéis do catálogo só fazem o que as tarefas deles precisam."
    : `Sem senha: ${without.join(", ")}. As tarefas deles usam a URL do dono (docs/production.md).`;
  return { status: "ok", message, facts: { without_password: without } };
}
