/** The arrows of docs/architecture.md: pure → adapters → mains and features. A wrong import fails here. */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { importsOf, sources } from "../dev/check/imports.ts";
import { ROOT } from "../dev/root.ts";

const PURE = "supabase/functions/_shared/backup";
/** Adapters of web standards alone, for scripts and function alike. */
const SHARED = "supabase/functions/_shared/alerts";

interface Rule {
  layer: string;
  contains(file: string): boolean;
  allows(target: string): boolean;
}

const inside = (...folders: string[]) => (path: string) =>
  folders.some((folder) => path.startsWith(`${folder}/`));
const isTest = (file: string) =>
  file.includes(".test.") || file === "web/playwright.config.ts" ||
  inside("scripts/tests", "supabase/tests", "web/e2e")(file);

const RULES: readonly Rule[] = [
  { layer: "pure", contains: inside(PURE), allows: (target) => inside(PURE)(target) || target === "zod" },
  { layer: "shared adapters", contains: inside(SHARED), allows: inside(PURE, SHARED) },
  {
    layer: "function",
    contains: inside("supabase/functions/ops-backups"),
    allows: (target) =>
      inside(PURE, SHARED, "supabase/functions/ops-backups")(target) ||
      ["zod", "@supabase/supabase-js", "@octokit/rest"].includes(target),
  },
  {
    layer: "adapters",
    contains: inside("scripts/lib"),
    allows: (target) =>
      inside(PURE, SHARED, "scripts/lib")(target) || target.startsWith("node:") ||
      ["zod", "@aws-sdk/client-s3", "@octokit/rest"].includes(target),
  },
  {
    layer: "mains",
    contains: (file) => /^scripts\/[^/]+\.ts$/.test(file) && file !== "scripts/vitest.config.ts",
    allows: (target) => inside(PURE, "scripts/lib")(target) || target.startsWith("node:") || target === "zod",
  },
  {
    layer: "feature",
    contains: inside("web/src/features"),
    allows: (target) =>
      inside(PURE, "web/src/features", "web/src/components", "web/src/lib")(target) ||
      !inside("web", "scripts", "supabase")(target),
  },
  {
    layer: "screen",
    contains: inside("web/src"),
    allows: (target) => inside(PURE, "web/src")(target) || !inside("web", "scripts", "supabase")(target),
  },
  {
    layer: "embedded stack",
    contains: inside("scripts/dev"),
    allows: (target) => !inside("web")(target),
  },
];

function breaches(file: string, text: string): string[] {
  const rule = RULES.find(({ contains }) => contains(file));
  if (!rule || isTest(file)) return [];
  return importsOf(file, text).filter((target) => !rule.allows(target)).map((target) =>
    `${rule.layer}: ${file} imports ${target}`
  );
}

describe("layers", () => {
  const files = ["supabase", "scripts", "web"].flatMap(sources);

  test("every file keeps to its layer", () => {
    expect(files.length).toBeGreaterThan(40);
    expect(files.flatMap((file) => breaches(file, readFileSync(join(ROOT, file), "utf8")))).toEqual([]);
  });

  test("nobody but tests and itself imports the embedded stack", () => {
    const users = files.filter((file) =>
      !isTest(file) && !file.startsWith("scripts/dev/") &&
      importsOf(file, readFileSync(join(ROOT, file), "utf8")).some(inside("scripts/dev"))
    );
    expect(users).toEqual([]);
  });

  test.each([
    [`${PURE}/x.ts`, `import process from "node:process";`],
    [`${PURE}/x.ts`, `import { Vault } from "../../../../scripts/lib/vault.ts";`],
    ["scripts/lib/x.ts", `import { startStack } from "../dev/stack.ts";`],
    ["scripts/x.ts", `export * from "./dev/stack.ts";`],
    ["web/src/features/backups/x.ts", `const app = import("../../app/router.tsx");`],
    ["supabase/functions/ops-backups/x.ts", `import fs from "node:fs";`],
  ])("a breach in %s is found: %s", (file, text) => expect(breaches(file, text)).toHaveLength(1));

  test("pure files use no clock, no network and no process", () => {
    const used = sources(PURE).filter((file) => !isTest(file)).filter((file) =>
      /\b(Deno|process|fetch\(|Date\.now|new Date\(\)|Math\.random|setTimeout)/.test(
        readFileSync(join(ROOT, file), "utf8"),
      )
    );
    expect(used.map((file) => relative(PURE, file))).toEqual([]);
  });
});
