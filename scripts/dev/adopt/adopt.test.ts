/** `npm run adopt` on a checkout of the ERP before the adoption of this product, and on a complete one. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { importsOf } from "../check/imports.ts";
import { ROOT } from "../root.ts";
import type { Finding } from "./finding.ts";
import { adoptedFiles, Checkout, PARTS, secretsOf } from "./checkout.ts";
import { COMMANDS_SCRIPT } from "./project.ts";

const ours = new Checkout(ROOT);
const { dependencies, devDependencies } = ours.json("package.json");
const versions = { ...devDependencies, ...dependencies };
const BOTH_PLACES = { "supabase/functions/ops-backups/cors.js": "export const cors = {};\n" };
const WORKFLOW = ".github/workflows/nightly.yml";
const compilerOptions = {
  ...{ jsx: "react-jsx", moduleResolution: "Bundler", module: "ESNext", target: "ES2023", strict: true },
  ...{ lib: ["ES2023", "DOM", "DOM.Iterable"], types: ["vite/client"], noEmit: true, skipLibCheck: true },
};
const DOMAIN = "supabase/functions/_shared/backup";
const VITE_CONFIG = `import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
const domain = fileURLToPath(new URL("./${DOMAIN}", import.meta.url));
export default { plugins: [react(), tailwindcss()], resolve: { alias: { "@backup": domain } } };
`;

const OLDER: Readonly<Record<string, string>> = {
  ...BOTH_PLACES,
  ".gitignore": "node_modules\n",
  "package.json": JSON.stringify({ type: "module", dependencies: { react: "^18.3.1", zod: versions.zod } }),
  "tsconfig.json": JSON.stringify({ compilerOptions, include: ["src"] }),
  "supabase/config.toml": "[functions.ops-backups]\nverify_jwt = true\n",
  "supabase/functions/ops-backups/index.ts": "Deno.serve(() => new Response('old'));\n",
  "supabase/migrations/20250901000000_permissions.sql":
    "create function public.current_empresa_id() returns uuid language sql as 'select null::uuid';",
  "supabase/migrations/20260102000000_invoices.sql": "create table public.invoices (id uuid primary key);",
  "supabase/migrations/20260401000000_notes.sql":
    "create table public.notes (backup uuid references public.ops_db_backups (id));",
  [WORKFLOW]: 'on:\n  schedule:\n    - cron: "0 2 * * *"\njobs: {a: {steps: [{run: pg_dump x}]}}\n',
  "web/src/lib/format.ts": "export const format = 1;\n",
  "src/Old.tsx": 'export const old = () => supabase.functions.invoke("ops-backups");\n',
};

let erp: Checkout;
function write(files: Readonly<Record<string, string | null>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(erp.root, path)), { recursive: true });
    if (text === null) rmSync(join(erp.root, path));
    else writeFileSync(join(erp.root, path), text);
  }
  erp.git("add", "-A");
  erp.git("-c", "user.name=ERP", "-c", "user.email=erp@example.com", "commit", "-qm", "state");
}

/** Runs the command on the checkout. */
function adopt(command: string, ...flags: string[]) {
  const main = ["--import", "tsx", "scripts/dev/adopt/main.ts", command, erp.root, "--json", ...flags];
  const { status, stdout, stderr } = spawnSync(process.execPath, main, { cwd: ROOT, encoding: "utf8" });
  const findings: Finding[] = JSON.parse(stdout || "[]");
  const standingOf = (item: string) => findings.find((finding) => finding.item === item)?.standing;
  return { code: status, findings, standingOf, errors: stderr };
}

beforeAll(() => {
  erp = new Checkout(mkdtempSync(join(tmpdir(), "revo-erp-")));
  erp.git("init", "-q");
  write(OLDER);
});
afterAll(() => rmSync(erp.root, { recursive: true, force: true }));

test("no adopted file imports one that is not adopted, and docs/adopting.md lists folders and secrets", () => {
  const files = new Set(adoptedFiles(ours));
  const imports = [...files].filter((path) => /\.tsx?$/.test(path)).flatMap((path) =>
    importsOf(path, ours.text(path) ?? "").filter((target) => /^(scripts|supabase|web)\//.test(target))
  );
  expect(files.size).toBeGreaterThan(200);
  expect(imports.filter((target) => !files.has(target))).toEqual([]);
  const text = readFileSync(join(ROOT, "docs", "adopting.md"), "utf8");
  const rows = [...text.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, path]) => path);
  expect(rows).toEqual(PARTS.map(({ path }) => path));
  const named = (/^GitHub's secrets: ([^]*?)\n\n/m.exec(text)?.[1] ?? "").matchAll(/`([A-Z0-9_]+)`/g);
  expect([...named].map(([, name]) => name)).toEqual(secretsOf(ours));
});

test("check reads an older checkout without a change, and apply without --replace keeps its own files", () => {
  const { code, standingOf } = adopt("check");
  expect([code, erp.git("status", "--porcelain")]).toEqual([1, ""]);
  const expected = {
    there: ["public.current_empresa_id", "zod", "src/Old.tsx"],
    differs: ["supabase/functions/ops-backups/index.ts", ...Object.keys(BOTH_PLACES), WORKFLOW],
    missing: ["supabase/functions/ops-backups/handler.ts", "sonner", "verify_jwt", "paths", "alias"],
    conflict: [
      "web/src/lib/format.ts",
      "react",
      ...Object.keys(OLDER).filter((path) => /\/2026.*sql$/.test(path)),
    ],
    unseen: ["public.has_permission_for_current_user", "secret SUPABASE_DB_URL_PROD"],
  };
  for (const [standing, items] of Object.entries(expected)) {
    expect(items.map((item) => [item, standingOf(item)])).toEqual(items.map((item) => [item, standing]));
  }
  expect(["deno.json workspace", "route"].map(standingOf)).toEqual(["missing", "missing"]);
  expect(adopt("apply").code).toBe(1);
  expect(erp.git("diff", "--name-only")).toBe("");
  expect(erp.text("supabase/functions/ops-backups/handler.ts")).not.toBeNull();
  expect(adopt("apply", "--replace").errors).toContain("uncommitted changes");
});

test("the steps of docs/adopting.md give a checkout all files, and the product works there", () => {
  write({
    "supabase/functions/ops-backups/cors.js": null,
    "supabase/migrations/20260102000000_invoices.sql": null,
  });
  expect(adopt("apply", "--replace").code).toBe(0);
  const host = ours.text("web/e2e/host/host.tsx")?.replaceAll("../../src/", "../web/src/")
    .replaceAll("/erp/backups", "/desenvolvedor/backups").replace(
      /^import ".*styles.css";$/m,
      'import "./app.css";',
    );
  const paths = { "@backup/*": [`./${DOMAIN}/*`] };
  const options = { ...compilerOptions, allowImportingTsExtensions: true, paths };
  const scripts = { backups: COMMANDS_SCRIPT };
  write({
    "package.json": JSON.stringify({ type: "module", scripts, dependencies: versions }),
    "package-lock.json": "{}",
    "tsconfig.json": JSON.stringify({ compilerOptions: options, include: ["src"] }),
    "vite.config.ts": VITE_CONFIG,
    "index.html": '<div id="root"></div><script type="module" src="/src/App.tsx"></script>',
    "deno.json": ours.text("deno.json"),
    "supabase/config.toml": ours.text("supabase/config.toml"),
    "supabase/migrations/20260401000000_notes.sql": null,
    [WORKFLOW]: null,
    "src/Old.tsx": null,
    "src/App.tsx": host ?? "",
    "src/app.css": `@source "../web/src";\n${ours.text("web/src/styles.css")}`,
  });
  expect(adopt("check").findings.filter(({ standing }) => !["there", "unseen"].includes(standing))).toEqual(
    [],
  );
  symlinkSync(join(ROOT, "node_modules"), join(erp.root, "node_modules"));
  const PATH = `${join(ROOT, "node_modules", ".bin")}:${process.env.PATH}`;
  const env = { ...process.env, PATH, DENO_NO_UPDATE_CHECK: "1", TARGET: "prod" };
  const run = (program: string, ...args: string[]) =>
    spawnSync(program, args, { cwd: erp.root, env, encoding: "utf8" });
  expect(run("tsc", "-p", ".").stdout).toBe("");
  expect(run("vite", "build")).toMatchObject({ status: 0 });
  const edge = `await import("./supabase/functions/ops-backups/handler.ts")`;
  expect(run("deno", "eval", "--cached-only", edge)).toMatchObject({ status: 0 });
  const backup = run("deno", "task", "backup");
  expect(backup).toMatchObject({ status: 2, stderr: expect.stringContaining("R2_ENDPOINT") });
  expect(run("npm", "run", "-s", "backups", "--", "--help").stdout).toContain("drill");
}, 120_000);

test("a copied file that was changed in the checkout is a conflict", () => {
  write({ "supabase/functions/ops-backups/cors.ts": "// changed\n" });
  expect(adopt("check").standingOf("supabase/functions/ops-backups/cors.ts")).toBe("conflict");
});
