/** A checkout of a repository, read only, and the files of this one that are adopted: each keeps its path. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { importsOf } from "../check/imports.ts";

export class Checkout {
  constructor(readonly root: string) {}

  git(...args: string[]): string {
    return execFileSync("git", args, { cwd: this.root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  }

  /** The file's text, `null` if there is none. */
  text(path: string): string | null {
    const full = join(this.root, path);
    return existsSync(full) && statSync(full).isFile() ? readFileSync(full, "utf8") : null;
  }

  /** Sorted paths of the files below folders, without those that git ignores. */
  files(...folders: string[]): string[] {
    const listed = this.git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ...folders);
    return [...new Set(listed.split("\0"))].filter((path) => path !== "" && this.text(path) !== null).sort();
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

/** The packages that adopted files need, sorted, and whether the workflows need them too. */
export function packagesOf(ours: Checkout): [name: string, inProduction: boolean][] {
  // no file imports these: they run the commands, draw the screen's notices, build its style sheet
  const found = new Map(["deno", "sonner", "tailwindcss"].map((name) => [name, false]));
  for (const path of adoptedFiles(ours).filter((name) => /\.tsx?$/.test(name))) {
    for (const target of importsOf(path, ours.text(path) ?? "")) {
      if (/^(node:|\.|(web|scripts|supabase)\/)/.test(target)) continue;
      const name = target.split("/").slice(0, target.startsWith("@") ? 2 : 1).join("/");
      found.set(name, found.get(name) || !path.startsWith("web/"));
    }
  }
  return [...found].sort();
}

/** The secrets of GitHub that the workflows read. */
export function secretsOf(ours: Checkout): string[] {
  const texts = adoptedFiles(ours).filter((path) => path.startsWith(".github/")).map((path) =>
    ours.text(path)
  );
  const found = [...texts.join("\n").matchAll(/\bsecrets\.([A-Z][A-Z0-9_]*)/g)].map(([, name = ""]) => name);
  return [...new Set(found)].filter((name) => name !== "GITHUB_TOKEN").sort(); // every run has this one
}
