/** What the ERP's own files show of the adoption: settings, database, GitHub, older clients. Reads only. */
import { copiesTaken, findDeletions } from "../../lib/doctor/deletions.ts";
import type { Checkout } from "./checkout.ts";
import type { Finding } from "./finding.ts";
import { migrationsOf } from "./plan.ts";

/** The permission functions of Revo ERP and their numbers of parameters. */
const PERMISSIONS = {
  has_permission_for_current_user: 2,
  require_permission_for_current_user: 2,
  current_empresa_id: 0,
};
/** Tables that our baseline creates with its permission functions, where both are missing. */
const PERMISSION_TABLES =
  /create\s+table\s+(?:if\s+not\s+exists\s+)?(?:public\.)?"?(empresas|papeis|papel_permissoes|empresa_usuarios|usuario_empresa_ativa)\b/i;
const CONFIGS = ["supabase/config.toml", "supabase/functions/config.toml"];
const SETTINGS = /\[functions\.ops-backups\][^[]*\bverify_jwt\s*=\s*false/;
const CATALOG = /\bops_db_backup/i;
const DEPENDS =
  /references\s+(public\.)?"?ops_db_backup|create\s+(or\s+replace\s+)?(materialized\s+)?view\s[^;]*\bops_db_backup/i;
const SOURCE = /\.(jsx?|tsx?|mjs|vue|svelte)$/;
const ASSERTS = "scripts/rg03_db_asserts.sql";

interface Text {
  path: string;
  text: string;
}

/** @param planned paths that the adoption writes */
export function erpFindings(ours: Checkout, erp: Checkout, planned: ReadonlySet<string>): Finding[] {
  const files = erp.files(".").filter((path) =>
    !planned.has(path) && /\.(ya?ml|sh|sql|toml|[cm]?[jt]sx?)$/.test(path)
  )
    .map((path) => ({ path, text: erp.text(path) }));
  return [
    settingsFinding(files),
    ...databaseFindings(erp, planned, files),
    ...gitHubFindings(files),
    ...deletionFindings(files),
    ...assertsFinding(erp),
    ...files.filter(({ path, text }) =>
      SOURCE.test(path) && /["'`](ops-backups|ops_db_backups_list)["'`]/.test(text)
    )
      .map(({ path }): Finding => ({
        ...{
          about: "screen",
          item: path,
          standing: "there",
          why: "an older client: it calls the function or the list itself",
        },
        hint: "its calls keep working; remove it once the new screen is in use",
      })),
    ...secretsOf(ours).map((name): Finding => ({
      ...{ about: "GitHub", item: `secret ${name}`, standing: "unseen" },
      hint: `gh secret list shows whether it is set; else gh secret set ${name}`,
    })),
  ];
}

function settingsFinding(files: readonly Text[]): Finding {
  const base = { about: "settings", item: "[functions.ops-backups]" };
  const found = files.find(({ path, text }) => CONFIGS.includes(path) && SETTINGS.test(text));
  return found ? { ...base, standing: "there", why: found.path } : {
    ...base,
    standing: "missing",
    hint: "copy this section from our supabase/config.toml to where yours are",
  };
}

function databaseFindings(erp: Checkout, planned: ReadonlySet<string>, files: readonly Text[]): Finding[] {
  const about = "database";
  const sql = migrationsOf(erp).filter(({ path }) => !planned.has(path));
  const all = sql.map(({ path }) => erp.text(path)).join("\n");
  const functions = Object.entries(PERMISSIONS).map(([name, count]) => permissionFinding(name, count, all));
  const half = functions.some(({ standing }) => standing === "unseen") && PERMISSION_TABLES.exec(all);
  const first = [...planned].filter((path) => path.startsWith("supabase/migrations/")).sort()[0] ?? "";
  const later = sql.filter(({ path }) => path > first && CATALOG.test(erp.text(path)));
  return [
    ...functions,
    ...half
      ? [{
        ...{ about, item: `public.${half[1]}`, standing: "conflict" as const },
        why: "the table is there, but not every permission function that reads it",
        hint: "create the missing function in a migration of the ERP: ours does not know its tables",
      }]
      : [],
    ...later.map(({ path }) => ({
      ...{
        about,
        item: path,
        standing: "conflict" as const,
        why: "it changes the catalog after our migrations",
      },
      hint: "give it an earlier version, or apply our last migration again after it (docs/adopting.md)",
    })),
    ...files.filter(({ path, text }) => path.startsWith("supabase/migrations/") && DEPENDS.test(text)).map((
      { path },
    ) => ({
      ...{ about, item: path, standing: "conflict" as const },
      why: "an object of the ERP depends on the catalog's tables, which a restore keeps in place",
      hint: "drop that foreign key or view in a migration before ours",
    })),
  ];
}

function permissionFinding(name: string, count: number, sql: string): Finding {
  const base = { about: "database", item: `public.${name}` };
  const heads = [...sql.matchAll(new RegExp(`function\\s+(?:public\\.)?"?${name}"?\\s*\\(([^)]*)\\)`, "gi"))];
  const head = heads.at(-1)?.[1]?.trim();
  const hint = "if the database has it, nothing is to do; else ours creates it, with empty tables";
  if (head === undefined) return { ...base, standing: "unseen", hint };
  const given = head === "" ? 0 : head.split(",").length;
  if (given === count) return { ...base, standing: "there" };
  return { ...base, standing: "conflict", why: `it has ${given} parameters, the catalog passes ${count}` };
}

function gitHubFindings(files: readonly Text[]): Finding[] {
  return files.filter(({ path, text }) =>
    path.startsWith(".github/") && /\bpg_(dump|restore)\b/.test(text) && /^\s+schedule:/m.test(text)
  ).map(({ path }) => ({
    ...{ about: "GitHub", item: path, standing: "differs" as const },
    why: "it dumps or restores on a schedule of its own",
    hint: "remove its schedule once the first scheduled backup of ours is proven",
  }));
}

function deletionFindings(files: readonly Text[]): Finding[] {
  return findDeletions(files).map((found): Finding => ({
    ...{ about: "vault", item: found.path, standing: "differs" },
    why: `it deletes below ${found.prefix}${found.days === null ? "" : ` after ${found.days} days`}: ${
      copiesTaken(found)
    }`,
    hint: "disable it before the first backup: db-backup-prune.yml deletes what no rule keeps",
  }));
}

function assertsFinding(erp: Checkout): Finding[] {
  if (erp.bytes(ASSERTS) === null) return [];
  return [{
    ...{ about: "GitHub", item: "variable REVO_PROJECT_ASSERTS", standing: "unseen" },
    hint:
      `the drill runs the ERP's own assertions: gh variable set REVO_PROJECT_ASSERTS --body ../${ASSERTS}`,
  }];
}

/** The secrets of GitHub that the workflows read. */
export function secretsOf(ours: Checkout): string[] {
  const texts = ours.files(".github/workflows").filter((path) => path.includes("/db-")).map((path) =>
    ours.text(path)
  );
  const found = [...texts.join("\n").matchAll(/\bsecrets\.([A-Z][A-Z0-9_]*)/g)].map(([, name = ""]) => name);
  return [...new Set(found)].filter((name) => name !== "GITHUB_TOKEN").sort(); // every run has this one
}
