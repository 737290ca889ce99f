/** Names in a document and whether they exist: files, links, commands, variables, labels of the screen. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SOURCES = ["scripts", "supabase", "web", ".github", "package.json", "deno.json"];
const LEFT_OUT = new Set(["node_modules", "dist", "test-results", "playwright-report"]);
const TEXTS = new Set([".ts", ".tsx", ".mjs", ".sh", ".sql", ".yml", ".json", ".toml", ".html", ".css"]);
/** `SOME_NAME`, with an underscore: other names cannot be recognized as variables. */
const VARIABLE = /\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g;
const PATH = /^(?:scripts|docs|supabase|web|\.github)\/[\w./-]*$/;
const FILE_NAME = /^[\w-]+(?:\.[\w-]+)*\.(?:tsx?|mjs|sh|sql|yml)$/;

function filesOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).filter((name) => !LEFT_OUT.has(name)).flatMap((name) => filesOf(join(path, name)));
}

export interface Document {
  /** From the root. */
  path: string;
  text: string;
}

/** All documents of the repository. */
export function readDocuments(): Document[] {
  const files = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs"].flatMap((it) =>
    filesOf(join(ROOT, it))
  );
  return files.filter((file) => file.endsWith(".md")).map((file) => ({
    path: relative(ROOT, file),
    text: readFileSync(file, "utf8"),
  }));
}

/** The parts of the repository that names in documents refer to. */
export class Repository {
  readonly #files = SOURCES.flatMap((it) => filesOf(join(ROOT, it))).filter((file) =>
    TEXTS.has(extname(file))
  );
  readonly #names = new Set(this.#files.map((file) => basename(file)));
  readonly #texts = this.#files.filter((file) => !file.includes(".test.")).map((file) =>
    readFileSync(file, "utf8")
  );
  readonly #variables = new Set(this.#texts.flatMap((text) => text.match(VARIABLE) ?? []));
  readonly #npm = keysIn("package.json", "scripts");
  readonly #tasks = keysIn("deno.json", "tasks");

  /** The problem of a text in `code` marks, or of a command line. */
  problemsOf(code: string): string[] {
    return [...this.#commandsMissing(code), ...this.#filesMissing(code), ...this.variablesMissing(code)];
  }

  #commandsMissing(code: string): string[] {
    const named = (pattern: RegExp) => [...code.matchAll(pattern)].map(([, name = ""]) => name);
    return [
      ...named(/\bnpm run (?:-s |--silent )?([\w-]+)/g).filter((it) => !this.#npm.has(it)).map((it) =>
        `npm run ${it}`
      ),
      ...named(/\bnpm (start|test)\b/g).filter((it) => !this.#npm.has(it)).map((it) => `npm ${it}`),
      ...named(/\bdeno task (?:-q )?([\w-]+)/g).filter((it) => !this.#tasks.has(it)).map((it) =>
        `deno task ${it}`
      ),
    ];
  }

  #filesMissing(code: string): string[] {
    const words = code.split(/[\s"'=(),;]+/).map((word) => word.replace(/^\.\//, "").replace(/[.:]$/, ""));
    return words.filter((word) =>
      PATH.test(word) ? !existsSync(join(ROOT, word)) : FILE_NAME.test(word) && !this.#names.has(word)
    );
  }

  /** Variables that no code here reads. */
  variablesMissing(code: string): string[] {
    return (code.match(VARIABLE) ?? []).filter((name) => !this.#variables.has(name));
  }

  /** Whether the screen, or an alarm, contains this text; `…` matches any text. */
  shows(words: string): boolean {
    const parts = words.split("…").map((part) => part.trim()).filter((part) => part !== "");
    return parts.every((part) => this.#texts.some((text) => text.includes(part)));
  }
}

function keysIn(file: string, field: string): Set<string> {
  return new Set(Object.keys(JSON.parse(readFileSync(join(ROOT, file), "utf8"))[field]));
}

/** Texts in `code` marks, outside blocks. */
export function inlineCodeOf(text: string): string[] {
  return [...withoutBlocks(text).matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
}

/** Texts *like this*, which in the guides are quotes of the screen. */
export function shownWordsOf(text: string): string[] {
  return [...withoutBlocks(text).matchAll(/(?<![*\w])\*([^*]+)\*(?![*\w])/g)].map(([, words = ""]) =>
    words.replaceAll(/\s+/g, " ")
  );
}

function withoutBlocks(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```$/gm, "");
}

/** Links into the repository whose file or heading does not exist. */
export function deadLinksOf({ path, text }: Document): string[] {
  const links = [...withoutBlocks(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  return links.filter((link) => !/^[a-z]+:/.test(link)).filter((link) => {
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? join(ROOT, path) : join(ROOT, dirname(path), file);
    if (!existsSync(target)) return true;
    return anchor !== undefined && !headingsOf(readFileSync(target, "utf8")).has(anchor);
  });
}

/** The anchor that GitHub generates. */
function headingsOf(text: string): Set<string> {
  return new Set(
    [...withoutBlocks(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
      heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").trim().replaceAll(" ", "-")
    ),
  );
}
