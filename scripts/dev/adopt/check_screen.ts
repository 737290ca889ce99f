/** Whether the ERP's own screen mounts ours, and who still calls as the older client did. */
import type { Finding } from "./finding.ts";
import { PARTS } from "./parts.ts";
import type { Tree } from "./tree.ts";

const ABOUT = "screen";

interface Source {
  path: string;
  text: string;
}

interface Wanted {
  item: string;
  found: RegExp;
  hint: string;
}

const WANTED: readonly Wanted[] = [
  {
    item: "route",
    found: /\bchildren:\s*backupsRoutes\b|\.\.\.backupsRoutes\b|useRoutes\(backupsRoutes\b/,
    hint: 'mount it: { path: "desenvolvedor/backups", children: backupsRoutes }',
  },
  {
    item: "provider",
    found: /<BackupsProvider\b/,
    hint: "wrap the route in <BackupsProvider client={supabase} onSessionExpired={…}>",
  },
  {
    item: "QueryClientProvider",
    found: /<QueryClientProvider\b/,
    hint: "wrap the route in react-query's <QueryClientProvider>",
  },
  {
    item: "Toaster",
    found: /<Toaster\b/,
    hint: "draw sonner's <Toaster /> once: the screen's notices appear in it",
  },
  {
    item: "menu entry",
    found: /["'`/]desenvolvedor\/backups\b/,
    hint: "lead to /desenvolvedor/backups from Desenvolvedor → Backups; show it to who has ops:view",
  },
];

const WANTED_STYLES: readonly Wanted[] = [
  {
    item: "styles: sources",
    found: /@source\s+["'][^"']*web\/src|source\(["'][^"']*web\/src/,
    hint: 'let Tailwind see the screen\'s files: @source "…/web/src"',
  },
  {
    item: "styles: colours",
    found: /--color-canvas\s*:/,
    hint: "take the colours by role over from our web/src/styles.css (:root and @theme inline)",
  },
];

export function checkScreen(erp: Tree): Finding[] {
  const sources = sourcesOf(erp, /\.(tsx?|jsx?)$/);
  const styles = sourcesOf(erp, /\.css$/);
  return [
    ...WANTED.map((wanted) => mounted(wanted, sources)),
    ...WANTED_STYLES.map((wanted) => mounted(wanted, styles)),
    ...olderCallers(sources),
  ];
}

/** The ERP's own sources: not those that were copied from here. */
function sourcesOf(erp: Tree, pattern: RegExp): Source[] {
  const copied = PARTS.map(({ path }) => `${path}/`);
  return ["src", "web/src", "app"].flatMap((folder) => erp.files(folder))
    .filter((path) => pattern.test(path) && !copied.some((folder) => path.startsWith(folder)))
    .map((path) => ({ path, text: erp.text(path) ?? "" }));
}

function mounted({ item, found, hint }: Wanted, sources: readonly Source[]): Finding {
  const place = sources.find(({ text }) => found.test(text));
  if (place === undefined) return { about: ABOUT, item, standing: "missing", hint };
  return { about: ABOUT, item, standing: "there", why: place.path };
}

function olderCallers(sources: readonly Source[]): Finding[] {
  return sources.filter(({ text }) => /["'`](ops-backups|ops_db_backups_list)["'`]/.test(text)).map((
    { path },
  ) => ({
    about: ABOUT,
    item: `older client ${path}`,
    standing: "there",
    why: "it calls the function or the list itself",
    hint: "its calls keep working; take it away once the new screen is in use",
  }));
}
