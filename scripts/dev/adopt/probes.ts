/** Texts of the checkout that show whether settings, database and screen meet the product's requirements. */
import { adoptedFiles, type Checkout } from "./checkout.ts";
import type { Finding } from "./finding.ts";

export const MIGRATIONS = "supabase/migrations/";

/** The script of the ERP's package.json that runs the commands. */
export const COMMANDS_SCRIPT = "deno run --no-prompt --cached-only --allow-all scripts/backups.ts";

const SOURCE = /^(src|web\/src|app)\/.*\.(jsx?|tsx?|css)$/;
const TSCONFIG = /^tsconfig(\.app)?\.json$/;
const VITE = /^vite\.config\.[cm]?[jt]s$/;
const CONFIG = /^supabase\/config\.toml$/;
const COPY = "copy the section [functions.ops-backups] from our supabase/config.toml";
const ROUTE = /\bchildren:\s*backupsRoutes\b|\.\.\.backupsRoutes\b|useRoutes\(backupsRoutes\b/;
const SOURCES = /@source\s+["'][^"']*web\/src|source\(["'][^"']*web\/src/;
const DEPENDS =
  /references\s+(public\.)?"?ops_db_backup|create\s+(or\s+replace\s+)?(materialized\s+)?view\s[^;]*\bops_db_backup/i;

const VITE_CONFIGS = ["ts", "js", "mts", "mjs"].map((ending) => `vite.config.${ending}`);

/** A text that some file must contain: subject, item, which files, the text, and the remedy without it. */
const PROBES: readonly [about: string, item: string, place: RegExp, found: RegExp, hint: string][] = [
  ["settings", "package-lock.json", /^package-lock\.json$/, /^\{/, "the workflows install with npm ci"],
  ["settings", "verify_jwt", CONFIG, /\[functions\.ops-backups\][^[]*\nverify_jwt\s*=\s*false/, COPY],
  ["settings", "import_map", CONFIG, /\[functions\.ops-backups\][^[]*\nimport_map\s*=/, COPY],
  [
    "settings",
    "allowImportingTsExtensions",
    TSCONFIG,
    /"allowImportingTsExtensions":\s*true/,
    "set it to true",
  ],
  ["settings", "jsx", TSCONFIG, /"jsx":\s*"(react-jsx|preserve)"/, 'set it to "react-jsx"'],
  ["settings", "moduleResolution", TSCONFIG, /"moduleResolution":\s*"bundler"/i, 'set it to "bundler"'],
  [
    "settings",
    "paths",
    TSCONFIG,
    /"@backup\/\*":\s*\[/,
    'add "@backup/*": ["./supabase/functions/_shared/backup/*"]',
  ],
  ["settings", "alias", VITE, /["']@backup["']/, "alias @backup to supabase/functions/_shared/backup"],
  ["screen", "route", SOURCE, ROUTE, 'mount { path: "desenvolvedor/backups", children: backupsRoutes }'],
  [
    "screen",
    "provider",
    SOURCE,
    /<BackupsProvider\b/,
    "wrap the route in <BackupsProvider client={supabase}>",
  ],
  [
    "screen",
    "QueryClientProvider",
    SOURCE,
    /<QueryClientProvider\b/,
    "wrap the route in react-query's provider",
  ],
  ["screen", "Toaster", SOURCE, /<Toaster\b/, "draw sonner's <Toaster /> once, for the screen's notices"],
  ["screen", "menu entry", SOURCE, /["'`/]desenvolvedor\/backups\b/, "link to it, for callers with ops:view"],
  [
    "screen",
    "styles: sources",
    SOURCE,
    SOURCES,
    'let Tailwind read the screen\'s files: @source "…/web/src"',
  ],
  ["screen", "styles: colours", SOURCE, /--color-canvas\s*:/, "copy the colours from our web/src/styles.css"],
];

/** The permission functions of Revo ERP and their numbers of parameters. */
const PERMISSIONS = {
  has_permission_for_current_user: 2,
  require_permission_for_current_user: 2,
  current_empresa_id: 0,
};

export function probeFindings(ours: Checkout, erp: Checkout): Finding[] {
  const adopted = new Set(adoptedFiles(ours));
  const names = [
    "package-lock.json",
    "tsconfig.json",
    "tsconfig.app.json",
    "supabase/config.toml",
    ...VITE_CONFIGS,
  ];
  const folders = ["supabase/migrations", ".github/workflows", "src", "web/src", "app"];
  const paths = [...names, ...folders.flatMap((folder) => erp.files(folder))];
  const own = paths.filter((path) => !adopted.has(path)).map((path) => ({
    path,
    text: erp.text(path) ?? "",
  }));
  const probed = PROBES.map(([about, item, place, found, hint]): Finding => {
    const file = own.find(({ path, text }) => place.test(path) && found.test(text));
    return file
      ? { about, item, standing: "there", why: file.path }
      : { about, item, standing: "missing", hint };
  });
  const sql = own.filter(({ path }) => path.startsWith(MIGRATIONS)).map(({ text }) => text).join("\n");
  const permissions = Object.entries(PERMISSIONS).map(([name, count]) => permissionFinding(name, count, sql));
  const others = own.flatMap(({ path, text }) => collisions(path, text, adopted));
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
  const member = Object.values(deno.workspace ?? {})[0] ?? "";
  const members = Object.values(its.workspace ?? {}).map((path) =>
    path.replace(/^(?!\.\/)/, "./").replace(/\/$/, "")
  );
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

/** Files of the ERP that conflict with the product, or have the same purpose. */
function collisions(path: string, text: string, adopted: ReadonlySet<string>): Finding[] {
  const finding = (about: string, standing: Finding["standing"], why: string, hint: string): Finding[] => [
    { about, item: path, standing, why, hint },
  ];
  if (path.startsWith(MIGRATIONS)) {
    const version = /\d+_/.exec(path)?.[0] ?? "-";
    const same = [...adopted].find((ours) => ours.startsWith(`${MIGRATIONS}${version}`));
    if (same) {
      return finding("database", "conflict", `${same} has the same version`, "give it another version");
    }
    if (!DEPENDS.test(text)) return [];
    const why = "an object of the ERP depends on the catalog's tables, which a restore keeps in place";
    return finding("database", "conflict", why, "drop that foreign key or view in a migration before ours");
  }
  if (path.startsWith(".github/") && /\bpg_(dump|restore)\b/.test(text) && /^\s+schedule:/m.test(text)) {
    const hint = "remove its schedule once the first scheduled backup of ours is proven";
    return finding("GitHub", "differs", "it dumps or restores on a schedule of its own", hint);
  }
  if (SOURCE.test(path) && /["'`](ops-backups|ops_db_backups_list)["'`]/.test(text)) {
    const hint = "its calls keep working; remove it once the new screen is in use";
    return finding("screen", "there", "an older client: it calls the function or the list itself", hint);
  }
  return [];
}
