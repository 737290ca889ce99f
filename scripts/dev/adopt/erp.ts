/** What the ERP's own files show of the adoption: settings, database, GitHub, older clients. Reads only. */
import { copiesTaken, findDeletions } from "../../lib/doctor/deletions.ts";
import type { Checkout } from "./checkout.ts";
import type { Finding } from "./finding.ts";
import { permissionFindings } from "./permissions.ts";
import { migrationsOf } from "./plan.ts";

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
  const first = [...planned].filter((path) => path.startsWith("supabase/migrations/")).sort()[0] ?? "";
  const later = sql.filter(({ path }) => path > first && CATALOG.test(erp.text(path)));
  return [
    ...permissionFindings(all),
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
