/** What the ERP's settings and migrations show of the adoption. Reads only; a clean database shows the rest (docs/adopting.md). */
import type { Checkout } from "./checkout.ts";
import type { Finding } from "./files.ts";
import { migrationsOf } from "./plan.ts";

const CONFIGS = ["supabase/config.toml", "supabase/functions/config.toml"];
const SETTINGS = /\[functions\.ops-backups\][^[]*\bverify_jwt\s*=\s*false/;
const CATALOG = /\bops_db_backup/i;
const DEPENDS =
  /references\s+(public\.)?"?ops_db_backup|create\s+(or\s+replace\s+)?(materialized\s+)?view\s[^;]*\bops_db_backup/i;

/** @param planned paths that the adoption writes */
export function erpFindings(erp: Checkout, planned: ReadonlySet<string>): Finding[] {
  const first = [...planned].filter((path) => path.startsWith("supabase/migrations/")).sort()[0] ?? "";
  const theirs = migrationsOf(erp).map(({ path }) => path).filter((path) => !planned.has(path));
  const settings: Finding = {
    item: "[functions.ops-backups]",
    standing: CONFIGS.some((path) => SETTINGS.test(erp.text(path))) ? "there" : "missing",
    hint: "copy this section from our supabase/config.toml to where yours are",
  };
  const later = theirs.filter((path) => path > first && CATALOG.test(erp.text(path))).map((item) => ({
    ...{ item, standing: "conflict" as const, why: "it changes the catalog after our migrations" },
    hint: "give it an earlier version, or apply our last migration again after it (docs/adopting.md)",
  }));
  const dependent = theirs.filter((path) => DEPENDS.test(erp.text(path))).map((item) => ({
    ...{ item, standing: "conflict" as const },
    why: "an object of the ERP depends on the catalog's tables, which a restore keeps in place",
    hint: "drop that foreign key or view in a migration before ours",
  }));
  return [settings, ...later, ...dependent];
}
