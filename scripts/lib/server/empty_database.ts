/** Whether a database holds nothing of a project. */
import { z } from "zod";
import { OPS_OBJECT_PREFIX, PLATFORM_SCHEMAS } from "@backup/vault/platform.ts";
import { Session, type SessionOptions } from "../postgres/session.ts";
import { literal } from "../postgres/sql_text.ts";

const emptinessSchema = z.object({
  /** Relations of the project, without the catalog's and those of extensions. */
  relations: z.array(z.string()),
  /** The platform's schemas exist. */
  isPlatform: z.boolean(),
  /** The connected role is a superuser. */
  isSuperuser: z.boolean(),
  hasCatalog: z.boolean(),
  /** There are accounts in `auth.users`; `false` for a role that is no superuser. */
  hasUsers: z.boolean(),
});
export type Emptiness = z.infer<typeof emptinessSchema>;

export async function readEmptiness(options: SessionOptions): Promise<Emptiness> {
  const session = await Session.open(options);
  try {
    return emptinessSchema.parse(
      await session.value(
        `select json_build_object(
           'isPlatform', to_regnamespace('auth') is not null,
           'isSuperuser', (select rolsuper from pg_catalog.pg_roles where rolname = current_user),
           'hasCatalog', exists (select from pg_catalog.pg_tables where schemaname = 'public' and tablename = 'ops_db_backups'),
           'hasUsers', case when not (select rolsuper from pg_catalog.pg_roles where rolname = current_user)
                              or to_regclass('auth.users') is null then false
                            else pg_catalog.query_to_xml('select 1 as found from auth.users limit 1', true, true, '')::text like '%<row%' end,
           'relations', coalesce((
             select json_agg(c.oid::regclass) from pg_catalog.pg_class c
               join pg_catalog.pg_namespace n on n.oid = c.relnamespace
              where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_'
                and n.nspname <> all (array[${
          ["information_schema", ...PLATFORM_SCHEMAS].map(literal).join(", ")
        }])
                and not (n.nspname = 'public' and starts_with(c.relname, ${literal(OPS_OBJECT_PREFIX)}))
                and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_class'::regclass
                                 and d.objid = c.oid and d.deptype = 'e')), '[]'));`,
      ),
    );
  } finally {
    await session.close();
  }
}
