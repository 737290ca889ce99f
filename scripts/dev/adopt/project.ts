/** Settings, database and screen of the checkout: what the product requires of them, and what conflicts with it. */
import type { Finding } from "./finding.ts";
import { adoptedFiles, type Checkout } from "./checkout.ts";

/** The script of the ERP's package.json that runs the commands. */
export const COMMANDS_SCRIPT = "deno run --no-prompt --cached-only --allow-all scripts/backups.ts";

const SOURCE = /^(src|web\/src|app)\/.*\.(jsx?|tsx?|css)$/;
const CONFIG = /^supabase\/config\.toml$/;
const MIGRATION = /^supabase\/migrations\/(\d+_)/;
const SECTION = "copy the section [functions.ops-backups] from our supabase/config.toml";
const DOMAIN = "supabase/functions/_shared/backup";
const ROUTE = /\bchildren:\s*backupsRoutes\b|\.\.\.backupsRoutes\b|useRoutes\(backupsRoutes\b/;
const SOURCES = /@source\s+["'][^"']*web\/src|source\(["'][^"']*web\/src/;
const DEPENDS =
  /references\s+(public\.)?"?ops_db_backup|create\s+(or\s+replace\s+)?(materialized\s+)?view\s[^;]*\bops_db_backup/i;

/** A text that some file must contain: item, which files, the text, and the remedy without it. */
const PROBES: readonly [item: string, place: RegExp, found: RegExp, hint: string][] = [
  ["package-lock.json", /^package-lock\.json$/, /^\{/, "the workflows install with npm ci"],
  ["verify_jwt", CONFIG, /\[functions\.ops-backups\][^[]*\nverify_jwt\s*=\s*false/, SECTION],
  ["import_map", CONFIG, /\[functions\.ops-backups\][^[]*\nimport_map\s*=/, SECTION],
  ["paths", /^tsconfig(\.app)?\.json$/, /"@backup\/\*":\s*\[/, `add "@backup/*": ["./${DOMAIN}/*"]`],
  ["alias", /^vite\.config\.[cm]?[jt]s$/, /["']@backup["']/, `alias @backup to ${DOMAIN}`],
  ["route", SOURCE, ROUTE, 'mount { path: "desenvolvedor/backups", children: backupsRoutes }'],
  ["provider", SOURCE, /<BackupsProvider\b/, "wrap the route in <BackupsProvider client={supabase}>"],
  ["QueryClientProvider", SOURCE, /<QueryClientProvider\b/, "wrap the route in react-query's provider"],
  ["Toaster", SOURCE, /<Toaster\b/, "draw sonner's <Toaster /> once, for the screen's notices"],
  ["menu entry", SOURCE, /["'`/]desenvolvedor\/backups\b/, "link to it, for callers with ops:view"],
  ["styles: sources", SOURCE, SOURCES, 'let Tailwind read the screen\'s files: @source "…/web/src"'],
  ["styles: colours", SOURCE, /--color-canvas\s*:/, "copy the colours from our web/src/styles.css"],
];

/** The permission functions of Revo ERP and their numbers of parameters. */
const PERMISSIONS = {
  has_permission_for_current_user: 2,
  require_permission_for_current_user: 2,
  current_empresa_id: 0,
};

export function projectFindings(ours: Checkout, erp: Checkout): Finding[] {
  const adopted = adoptedFiles(ours);
  const own = erp.files(".").filter((path) => !adopted.includes(path))
    .filter((path) => /^[^/]+$|^\.github\/|^supabase\/(config|migrations)/.test(path) || SOURCE.test(path))
    .map((path) => ({ path, text: erp.text(path) ?? "" }));
  const probed = PROBES.map(([item, place, found, hint]): Finding => {
    const file = own.find(({ path, text }) => place.test(path) && found.test(text));
    const about = place === SOURCE ? "screen" : "settings";
    return file
      ? { about, item, standing: "there", why: file.path }
      : { about, item, standing: "missing", hint };
  });
  const sql = own.filter(({ path }) => MIGRATION.test(path)).map(({ text }) => text).join("\n");
  const permissions = Object.entries(PERMISSIONS).map(([name, count]) => permissionFinding(name, count, sql));
  const others = own.flatMap(({ path, text }) => collisionOf(path, text, adopted) ?? []);
  return [...probed, ...permissions, ...equalSettings(ours, erp), ...others];
}

function permissionFinding(name: string, count: number, sql: string): Finding {
  const base = { about: "database", item: `public.${name}` };
  const heads = [...sql.matchAll(new RegExp(`function\\s+(?:public\\.)?${name}\\s*\\(([^)]*)\\)`, "gi"))];
  const head = heads.at(-1)?.[1]?.trim();
  const hint = "if the database has it, nothing is to do; else ours creates it, with empty tables";
  if (head === undefined) return { ...base, standing: "unseen", hint };
  const given = head === "" ? 0 : head.split(",").length;
  if (given === count) return { ...base, standing: "there" };
  return { ...base, standing: "conflict", why: `it has ${given} parameters, the catalog passes ${count}` };
}

function equalSettings(ours: Checkout, erp: Checkout): Finding[] {
  const [deno, its] = [ours.json("deno.json"), erp.json("deno.json")];
  const entries = ["imports", "tasks"].flatMap((key) =>
    Object.entries(deno[key] ?? {}).map(([name, text]) =>
      [`deno.json ${key}.${name}`, its[key]?.[name], text] as const
    )
  );
  const member = Object.values(deno.workspace ?? {})[0];
  const members = Object.values(its.workspace ?? {}).map((path) => `./${path.replace(/^\.\/|\/$/g, "")}`);
  const one = [
    ["deno.json nodeModulesDir", its.nodeModulesDir, deno.nodeModulesDir],
    ["deno.json workspace", members.find((path) => path === member), member],
    ["package.json scripts.backups", erp.json("package.json").scripts?.backups, COMMANDS_SCRIPT],
  ] as const;
  return [...one, ...entries].map(([item, given, wanted]): Finding => {
    if (given === wanted) return { about: "settings", item, standing: "there" };
    const hint = `set it to ${JSON.stringify(wanted)}`;
    return { about: "settings", item, standing: given === undefined ? "missing" : "differs", hint };
  });
}

/** A file of the ERP that conflicts with the product, or has the same purpose. */
function collisionOf(item: string, text: string, adopted: readonly string[]): Finding | null {
  const version = MIGRATION.exec(item)?.[1];
  const same = adopted.find((path) =>
    version !== undefined && path.startsWith(`supabase/migrations/${version}`)
  );
  if (same !== undefined) {
    const why = `${same} has the same version`;
    return { about: "database", item, standing: "conflict", why, hint: "give it another version" };
  }
  if (version !== undefined && DEPENDS.test(text)) {
    const why = "an object of the ERP depends on the catalog's tables, which a restore keeps in place";
    const hint = "drop that foreign key or view in a migration before ours";
    return { about: "database", item, standing: "conflict", why, hint };
  }
  if (item.startsWith(".github/") && /\bpg_(dump|restore)\b/.test(text) && /^\s+schedule:/m.test(text)) {
    const hint = "remove its schedule once the first scheduled backup of ours is proven";
    const why = "it dumps or restores on a schedule of its own";
    return { about: "GitHub", item, standing: "differs", why, hint };
  }
  if (SOURCE.test(item) && /["'`](ops-backups|ops_db_backups_list)["'`]/.test(text)) {
    const hint = "its calls keep working; remove it once the new screen is in use";
    const why = "an older client: it calls the function or the list itself";
    return { about: "screen", item, standing: "there", why, hint };
  }
  return null;
}
