/** The lines that the product needs in the ERP's own files: deno.json, config.toml, tsconfig.json, vite.config.ts. */
import { z } from "zod";
import { FUNCTION_NAME } from "@backup/api.ts";
import type { Finding } from "./finding.ts";
import { COMMANDS_SCRIPT } from "./parts.ts";
import type { Tree } from "./tree.ts";

const ABOUT = "settings";
const denoSchema = z.object({
  nodeModulesDir: z.unknown().optional(),
  workspace: z.array(z.string()).default([]),
  imports: z.record(z.string(), z.unknown()).default({}),
  tasks: z.record(z.string(), z.unknown()).default({}),
});
const packageSchema = z.object({ scripts: z.record(z.string(), z.string()).default({}) });
const tsSchema = z.object({
  extends: z.unknown().optional(),
  compilerOptions: z.record(z.string(), z.unknown()).default({}),
});

export function checkSettings(ours: Tree, erp: Tree): Finding[] {
  return [
    ...denoSettings(ours, erp),
    commandsScript(erp),
    functionSettings(erp),
    ...screenCompiler(erp),
    bundlerAlias(erp),
  ];
}

function denoSettings(ours: Tree, erp: Tree): Finding[] {
  const wanted = ours.json("deno.json", denoSchema);
  const given = erp.json("deno.json", denoSchema) ?? erp.json("deno.jsonc", denoSchema);
  if (wanted === null) throw new Error("This repository has no deno.json");
  if (given === null) {
    const hint = "copy nodeModulesDir, workspace, imports, tasks, exclude and compilerOptions from ours";
    return [{ about: ABOUT, item: "deno.json", standing: "missing", hint }];
  }
  return [
    value("deno.json nodeModulesDir", given.nodeModulesDir, wanted.nodeModulesDir),
    member(given.workspace, wanted.workspace[0] ?? ""),
    ...Object.keys(wanted.imports).map((name) =>
      value(`deno.json imports.${name}`, given.imports[name], wanted.imports[name])
    ),
    ...Object.keys(wanted.tasks).map((name) =>
      value(`deno.json tasks.${name}`, given.tasks[name], wanted.tasks[name])
    ),
  ];
}

function value(item: string, given: unknown, wanted: unknown): Finding {
  if (given === wanted) return { about: ABOUT, item, standing: "there" };
  const hint = `set it to ${JSON.stringify(wanted)}`;
  if (given === undefined) return { about: ABOUT, item, standing: "missing", hint };
  return { about: ABOUT, item, standing: "differs", why: `it is ${JSON.stringify(given)}`, hint };
}

function member(given: readonly string[], wanted: string): Finding {
  const same = (path: string) => path.replace(/^\.\//, "").replace(/\/$/, "");
  const isThere = given.some((path) => same(path) === same(wanted));
  const item = "deno.json workspace";
  if (isThere) return { about: ABOUT, item, standing: "there" };
  return { about: ABOUT, item, standing: "missing", hint: `add ${JSON.stringify(wanted)}` };
}

function commandsScript(erp: Tree): Finding {
  const { name, text } = COMMANDS_SCRIPT;
  return value(`package.json scripts.${name}`, erp.json("package.json", packageSchema)?.scripts[name], text);
}

/** The CLI deploys the function as this section says. */
function functionSettings(erp: Tree): Finding {
  const item = `supabase/config.toml [functions.${FUNCTION_NAME}]`;
  const section = sectionOf(erp.text("supabase/config.toml") ?? "", `functions.${FUNCTION_NAME}`);
  const base = { about: ABOUT, item };
  if (section === null) {
    return { ...base, standing: "missing", hint: "copy the section from our config.toml" };
  }
  const wrong = [
    /^verify_jwt\s*=\s*false\b/m.test(section) ? null : "verify_jwt = false",
    /^import_map\s*=\s*"[^"]*deno\.json"/m.test(section)
      ? null
      : 'import_map = "./functions/ops-backups/deno.json"',
  ].filter((line) => line !== null);
  if (wrong.length === 0) return { ...base, standing: "there" };
  const hint = `set ${
    wrong.join(" and ")
  }: the function itself checks who asks, and answers 401 in its own words`;
  return { ...base, standing: "differs", hint };
}

function sectionOf(toml: string, name: string): string | null {
  const parts = toml.split(/^\[/m);
  const found = parts.find((part) =>
    part.startsWith(`${name}]`) || part.startsWith(`functions."${FUNCTION_NAME}"]`)
  );
  return found ?? null;
}

/** The alias of the domain, as the screen's compiler and bundler resolve it. */
const ALIAS = "@backup/*";
const DOMAIN = "supabase/functions/_shared/backup/*";
const aliasSchema = z.object({ [ALIAS]: z.array(z.string()) });

function isAliased(paths: unknown): boolean {
  const parsed = aliasSchema.safeParse(paths);
  return parsed.success && parsed.data[ALIAS].some((path) => path.replace(/^\.\//, "") === DOMAIN);
}

/** Options of the ERP's compiler that the screen's sources need. */
const WANTED: readonly [option: string, fits: (value: unknown) => boolean, hint: string][] = [
  ["allowImportingTsExtensions", (value) => value === true, "true: imports name their files with .ts"],
  [
    "jsx",
    (value) => value === "react-jsx" || value === "preserve",
    '"react-jsx": no file imports React for its JSX',
  ],
  ["moduleResolution", (value) => /^bundler$/i.test(String(value)), '"bundler"'],
  ["paths", isAliased, `{ "${ALIAS}": ["./${DOMAIN}"] }`],
];

function screenCompiler(erp: Tree): Finding[] {
  const file = ["tsconfig.app.json", "tsconfig.json"].find((name) => erp.has(name));
  if (file === undefined) return [];
  const options = erp.json(file, tsSchema)?.compilerOptions ?? {};
  return WANTED.map(([option, fits, hint]): Finding => {
    const base = { about: ABOUT, item: `${file} ${option}` };
    if (fits(options[option])) return { ...base, standing: "there" };
    const standing = options[option] === undefined ? "missing" : "differs";
    return { ...base, standing, hint: `set it to ${hint}` };
  });
}

/**
 * Vite needs the alias in its own configuration: `resolve.tsconfigPaths` exists from version 8 on, and ignores files that
 * the tsconfig's `include` does not name, which the screen's are.
 */
function bundlerAlias(erp: Tree): Finding {
  const names = ["vite.config.ts", "vite.config.mts", "vite.config.js", "vite.config.mjs"];
  const file = names.find((name) => erp.has(name)) ?? "vite.config.ts";
  const base = { about: ABOUT, item: "vite.config.ts alias" };
  if (/["']@backup["'/]/.test(erp.text(file) ?? "")) return { ...base, standing: "there" };
  const path = `fileURLToPath(new URL("./${DOMAIN.replace("/*", "")}", import.meta.url))`;
  return { ...base, standing: "missing", hint: `set resolve: { alias: { "@backup": ${path} } }` };
}
