/** A checkout of a repository, read only, and the files of this one that are adopted: each keeps its path. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { importsOf } from "../check/imports.ts";

const NEVER = new Set(["node_modules", ".git", "dist", "build", ".next", "coverage"]);

export class Checkout {
  constructor(readonly root: string) {}

  /** The file's text, `null` if there is none. */
  text(path: string): string | null {
    const full = join(this.root, path);
    return existsSync(full) && statSync(full).isFile() ? readFileSync(full, "utf8") : null;
  }

  /** Files below a folder, as sorted paths from the root; none if the folder does not exist. */
  files(folder: string): string[] {
    if (!existsSync(join(this.root, folder))) return [];
    return readdirSync(join(this.root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return NEVER.has(entry.name) ? [] : this.files(path);
      return entry.isFile() ? [path] : [];
    }).sort();
  }

  /** A JSON file, `{}` if there is none. @throws {Error} naming the file, when it is not JSON. */
  json(path: string): Record<string, Record<string, string> | undefined> {
    try {
      return JSON.parse(this.text(path) ?? "{}");
    } catch (cause) {
      throw new Error(`Cannot read ${join(this.root, path)}: it is no JSON`, { cause });
    }
  }
}

export interface Part {
  /** A folder with all files below it, or only the files directly in it that `only` matches. */
  path: string;
  only?: RegExp;
  /** Whether the product owns the folder; otherwise the ERP has files of its own there. */
  own: boolean;
}

/** The parts that docs/adopting.md lists. */
export const PARTS: readonly Part[] = [
  { path: "supabase/functions/_shared/backup", own: true },
  { path: "supabase/functions/_shared/alerts", own: true },
  { path: "supabase/functions/ops-backups", own: true },
  { path: "supabase/migrations", only: /\.sql$/, own: false },
  { path: ".github/workflows", only: /^db-.*\.yml$/, own: false },
  { path: ".github/actions/setup", own: true },
  { path: "scripts", only: /^(?!vitest\.).*\.(ts|sh|sql)$/, own: false },
  { path: "scripts/lib", own: false },
  { path: "web/src/features/backups", own: true },
  { path: "web/src/components/ui", own: false },
  { path: "web/src/lib", own: false },
];

/** Tests are not adopted, since they need the embedded stack. */
const STAYS = /\.test\.tsx?$|\/(test_fakes|test_rows|manifest_example)\.ts$/;

/** Files of a part, without tests. */
export function filesOf({ path: folder, only }: Part, checkout: Checkout): string[] {
  return checkout.files(folder).filter((path) => {
    const name = path.slice(folder.length + 1);
    return !STAYS.test(path) && (only === undefined || (!name.includes("/") && only.test(name)));
  });
}

/** Every file that is adopted. */
export function adoptedFiles(ours: Checkout): string[] {
  return PARTS.flatMap((part) => filesOf(part, ours));
}

/** Packages that no file imports: they run the commands, draw the screen's notices, build its style sheet. */
const BESIDE_IMPORTS = ["deno", "sonner", "tailwindcss"];

/** The packages that adopted files need, and whether the workflows need them too. */
export function packagesOf(ours: Checkout): Map<string, { inProduction: boolean }> {
  const found = new Map(BESIDE_IMPORTS.map((name) => [name, { inProduction: false }]));
  for (const path of adoptedFiles(ours).filter((name) => /\.tsx?$/.test(name))) {
    for (const target of importsOf(path, ours.text(path) ?? "")) {
      if (/^(node:|\.|(web|scripts|supabase)\/)/.test(target)) continue;
      const name = target.split("/").slice(0, target.startsWith("@") ? 2 : 1).join("/");
      const inProduction = found.get(name)?.inProduction || !path.startsWith("web/");
      found.set(name, { inProduction });
    }
  }
  return found;
}

/** The secrets of GitHub that the workflows read. */
export function secretsOf(ours: Checkout): string[] {
  const workflows = adoptedFiles(ours).filter((path) => path.startsWith(".github/workflows/"));
  const found = workflows.flatMap((path) => [
    ...(ours.text(path) ?? "").matchAll(/\bsecrets\.([A-Z][A-Z0-9_]*)/g),
  ]);
  const names = new Set(found.map(([, name = ""]) => name));
  names.delete("GITHUB_TOKEN"); // every run has this one
  return [...names].sort();
}
