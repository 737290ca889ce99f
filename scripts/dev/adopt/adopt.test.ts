/** `npm run adopt` on a checkout of the ERP before the adoption of this product, and on a complete one. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { importsOf } from "../check/imports.ts";
import { ROOT } from "../root.ts";
import type { Finding } from "./finding.ts";
import { adoptedFiles, Checkout, PARTS, secretsOf } from "./checkout.ts";
import { COMMANDS_SCRIPT } from "./probes.ts";

const ours = new Checkout(ROOT);
const { dependencies, devDependencies } = ours.json("package.json");
const versions = { ...devDependencies, ...dependencies };
const INDEX = "supabase/functions/ops-backups/index.ts";
const WORKFLOW = ".github/workflows/nightly.yml";
const JSX = { jsx: "react-jsx", moduleResolution: "Bundler", module: "ESNext", target: "ES2023" };
const LIBRARY = {
  lib: ["ES2023", "DOM", "DOM.Iterable"],
  types: ["vite/client"],
  strict: true,
  noEmit: true,
};

const DOMAIN = "supabase/functions/_shared/backup";
const VITE_CONFIG = `import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";

const domain = fileURLToPath(new URL("./${DOMAIN}", import.meta.url));
export default { plugins: [react(), tailwindcss()], resolve: { alias: { "@backup": domain } } };
`;

const OLDER: Readonly<Record<string, string>> = {
  ".gitignore": "node_modules\n",
  "package.json": JSON.stringify({ type: "module", dependencies: { react: "^18.3.1", zod: versions.zod } }),
  "tsconfig.json": JSON.stringify({ compilerOptions: { ...JSX, ...LIBRARY }, include: ["src"] }),
  "supabase/config.toml": "[functions.ops-backups]\nverify_jwt = true\n",
  [INDEX]: "Deno.serve(() => new Response('old'));\n",
  "supabase/functions/ops-backups/cors.js": "export const cors = {};\n",
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
const git = (...args: string[]) => execFileSync("git", args, { cwd: erp.root, encoding: "utf8" });
function write(files: Readonly<Record<string, string | null>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(erp.root, path)), { recursive: true });
    if (text === null) rmSync(join(erp.root, path));
    else writeFileSync(join(erp.root, path), text);
  }
  git("add", "-A");
  git("-c", "user.name=ERP", "-c", "user.email=erp@example.com", "commit", "-qm", "state");
}

/** Runs the command on the checkout. */
function adopt(...args: string[]): { code: number | null; findings: Finding[]; errors: string } {
  const [command = "", ...flags] = args;
  const main = ["--import", "tsx", "scripts/dev/adopt/main.ts", command, erp.root, "--json", ...flags];
  const { status, stdout, stderr } = spawnSync(process.execPath, main, { cwd: ROOT, encoding: "utf8" });
  return { code: status, findings: JSON.parse(stdout || "[]"), errors: stderr };
}
const standingOf = (findings: readonly Finding[], item: string) =>
  findings.find((finding) => finding.item === item)?.standing;

beforeAll(() => {
  erp = new Checkout(mkdtempSync(join(tmpdir(), "revo-erp-")));
  git("init", "-q");
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
  const { code, findings } = adopt("check");
  expect([code, git("status", "--porcelain")]).toEqual([1, ""]);
  const expected = {
    [INDEX]: "differs",
    "supabase/functions/ops-backups/cors.js": "differs",
    "supabase/functions/ops-backups/handler.ts": "missing",
    "web/src/lib/format.ts": "conflict",
    "public.current_empresa_id": "there",
    "public.has_permission_for_current_user": "unseen",
    "supabase/migrations/20260102000000_invoices.sql": "conflict",
    "supabase/migrations/20260401000000_notes.sql": "conflict",
    react: "conflict",
    zod: "there",
    sonner: "missing",
    verify_jwt: "missing",
    jsx: "there",
    paths: "missing",
    alias: "missing",
    "deno.json workspace": "missing",
    [WORKFLOW]: "differs",
    "secret SUPABASE_DB_URL_PROD": "unseen",
    route: "missing",
    "src/Old.tsx": "there",
  };
  expect(Object.keys(expected).map((item) => [item, standingOf(findings, item)])).toEqual(
    Object.entries(expected),
  );
  expect(adopt("apply").code).toBe(1);
  expect(git("diff", "--name-only")).toBe("");
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
  write({
    "package.json": JSON.stringify({
      type: "module",
      scripts: { backups: COMMANDS_SCRIPT },
      dependencies: versions,
    }),
    "package-lock.json": "{}",
    "tsconfig.json": JSON.stringify({
      compilerOptions: {
        ...JSX,
        ...LIBRARY,
        skipLibCheck: true,
        allowImportingTsExtensions: true,
        paths: { "@backup/*": [`./${DOMAIN}/*`] },
      },
      include: ["src"],
    }),
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
  const bin = join(ROOT, "node_modules", ".bin");
  const env = {
    ...process.env,
    PATH: `${bin}:${process.env.PATH}`,
    DENO_NO_UPDATE_CHECK: "1",
    TARGET: "prod",
  };
  const run = (program: string, ...args: string[]) =>
    spawnSync(program, args, { cwd: erp.root, env, encoding: "utf8" });
  expect(run("tsc", "-p", ".").stdout).toBe("");
  expect(run("vite", "build")).toMatchObject({ status: 0 });
  const edge = `await import("./supabase/functions/ops-backups/handler.ts")`;
  expect(run("deno", "eval", "--cached-only", edge)).toMatchObject({ status: 0 });
  expect(run("deno", "task", "backup")).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("R2_ENDPOINT"),
  });
  expect(run("npm", "run", "-s", "backups", "--", "--help").stdout).toContain("drill");
}, 120_000);

test("a copied file that was changed in the checkout is a conflict", () => {
  write({ "supabase/functions/ops-backups/cors.ts": "// changed\n" });
  expect(standingOf(adopt("check").findings, "supabase/functions/ops-backups/cors.ts")).toBe("conflict");
});
