/**
 * What of this repository goes into Revo ERP's own, in one place: the check, the copying and docs/adopting.md are made
 * from it. Everything keeps its path, so that a file is either the same or not.
 */
import { importsOf } from "../check/imports.ts";
import type { Tree } from "./tree.ts";

export interface Part {
  /** A folder, with everything below it, or only what `only` matches directly in it. */
  path: string;
  only?: RegExp;
  /** Whether nothing else belongs in that folder; otherwise the ERP has files of its own there. */
  own: boolean;
  what: string;
}

export const PARTS: readonly Part[] = [
  { path: "supabase/functions/_shared/backup", own: true, what: "the domain, shared by all the others" },
  { path: "supabase/functions/_shared/alerts", own: true, what: "delivery of alarms" },
  { path: "supabase/functions/ops-backups", own: true, what: "the Edge Function" },
  { path: "supabase/migrations", only: /\.sql$/, own: false, what: "the catalog" },
  { path: ".github/workflows", only: /^db-.*\.yml$/, own: false, what: "the workflows" },
  { path: ".github/actions/setup", own: true, what: "setup of the runner" },
  { path: "scripts", only: /^(?!vitest\.).*\.(ts|sh|sql)$/, own: false, what: "the commands they run" },
  { path: "scripts/lib", own: false, what: "what the commands share" },
  { path: "web/src/features/backups", own: true, what: "the screen" },
  { path: "web/src/components/ui", own: false, what: "the screen's controls" },
  { path: "web/src/lib", own: false, what: "the screen's shared functions" },
];

/** Tests stay here, with the stack that they need. */
const STAYS = /\.test\.tsx?$|\/(test_fakes|test_rows|manifest_example)\.ts$/;

export interface AdoptedFile {
  path: string;
  part: Part;
}

/** Every file that goes over, by its path. */
export function adoptedFiles(ours: Tree): AdoptedFile[] {
  return PARTS.flatMap((part) => filesOf(part, ours).map((path) => ({ path, part })));
}

/** What lies in a tree where the part belongs, without tests. */
export function filesOf({ path: folder, only }: Part, tree: Tree): string[] {
  return tree.files(folder).filter((path) => {
    const name = path.slice(folder.length + 1);
    return !STAYS.test(path) && (only === undefined || (!name.includes("/") && only.test(name)));
  });
}

/** The packages that files import, without their sub-paths. */
export function packagesOf(paths: readonly string[], tree: Tree): string[] {
  const targets = paths.flatMap((path) => importsOf(path, tree.text(path) ?? ""));
  const names = targets.filter((target) => !/^(node:|\.|(web|scripts|supabase)\/)/.test(target)).map((
    target,
  ) => target.split("/").slice(0, target.startsWith("@") ? 2 : 1).join("/"));
  return [...new Set(names)].sort();
}

/** The script of the ERP's package.json behind which the commands for people are; here it prepares the stack's machine too. */
export const COMMANDS_SCRIPT = {
  name: "backups",
  text: "deno run --no-prompt --cached-only --allow-all scripts/backups.ts",
} as const;

/** The secrets of GitHub that the workflows read. */
export function secretsOf(ours: Tree): string[] {
  const workflows = adoptedFiles(ours).filter(({ path }) => path.startsWith(".github/workflows/"));
  const found = workflows.flatMap(({ path }) => [
    ...(ours.text(path) ?? "").matchAll(/\bsecrets\.([A-Z][A-Z0-9_]*)/g),
  ]);
  const names = new Set(found.map(([, name = ""]) => name));
  names.delete("GITHUB_TOKEN"); // every run has one
  return [...names].sort();
}
