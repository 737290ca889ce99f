/** From a checkout of the ERP as it was to one that has everything: what is said of it, and that it works then. */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { importsOf } from "../check/imports.ts";
import { ROOT } from "../root.ts";
import { applyTo } from "./apply.ts";
import { checkCheckout } from "./check.ts";
import { type Finding, isOpen } from "./finding.ts";
import { commitAll, olderErp, writeFiles } from "./older_erp.ts";
import { adoptedFiles, COMMANDS_SCRIPT, PARTS, secretsOf } from "./parts.ts";
import { hashOf, RECORD_FILE } from "./record.ts";
import { Tree } from "./tree.ts";

const ours = new Tree(ROOT);
const packages = JSON.parse(ours.text("package.json") ?? "");
const versions = { ...packages.dependencies, ...packages.devDependencies };
const DOMAIN = "supabase/functions/_shared/backup";
const VITE_CONFIG = `import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const domain = fileURLToPath(new URL("./${DOMAIN}", import.meta.url));
export default defineConfig({ plugins: [react(), tailwindcss()], resolve: { alias: { "@backup": domain } } });
`;
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function checkoutOf(files: Record<string, string>): Tree {
  const folder = mkdtempSync(join(tmpdir(), "revo-erp-"));
  folders.push(folder);
  writeFiles(folder, files);
  commitAll(folder);
  return new Tree(folder);
}

const older = () =>
  olderErp({
    dependencies: { "@supabase/supabase-js": "^2.40.0", react: "^18.3.1", zod: versions.zod },
    devDependencies: {
      "react-dom": versions["react-dom"],
      "@octokit/rest": versions["@octokit/rest"],
      sonner: "*",
    },
  });

const find = (findings: readonly Finding[], item: string) =>
  findings.find((finding) => finding.item === item);
const standings = (findings: readonly Finding[], ...items: string[]) =>
  items.map((item) => find(findings, item)?.standing);
const git = (tree: Tree, ...args: string[]) =>
  execFileSync("git", args, { cwd: tree.root, encoding: "utf8" });

describe("what goes over", () => {
  test("is closed: no file imports one that stays here", () => {
    const files = adoptedFiles(ours).map(({ path }) => path);
    const known = new Set(files);
    const missing = files.filter((path) => /\.tsx?$/.test(path)).flatMap((path) =>
      importsOf(path, ours.text(path) ?? "").filter((target) => /^(scripts|supabase|web)\//.test(target))
        .filter((target) => !known.has(target)).map((target) => `${path} imports ${target}`)
    );
    expect(files.length).toBeGreaterThan(200);
    expect(missing).toEqual([]);
  });

  test("is what docs/adopting.md lists: folders, secrets and nothing else", () => {
    const text = readFileSync(join(ROOT, "docs", "adopting.md"), "utf8");
    const rows = [...text.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, path, what]) => ({ path, what }));
    expect(rows).toEqual(PARTS.map(({ path, what }) => ({ path, what })));
    const named = [...(/^GitHub's secrets: ([^]*?)\n\n/m.exec(text)?.[1] ?? "").matchAll(/`([A-Z0-9_]+)`/g)];
    expect(named.map(([, name]) => name)).toEqual(secretsOf(ours));
  });
});

describe("a checkout of the older system", () => {
  const erp = checkoutOf({
    ...older(),
    "supabase/migrations/20260102000000_invoices.sql": "create table public.invoices (id uuid primary key);",
    "supabase/migrations/20260401000000_notes.sql":
      "create table public.notes (backup uuid references public.ops_db_backups (id));",
    "web/src/lib/format.ts": "export const format = 1;\n",
  });
  const findings = checkCheckout(ours, erp);

  test("is only read", () => expect(git(erp, "status", "--porcelain")).toBe(""));

  test("has older parts, a file of its own in the way, and a stranger where only the product lies", () => {
    expect(standings(
      findings,
      "supabase/functions/ops-backups/index.ts",
      "supabase/functions/ops-backups/cors.js",
      "supabase/functions/ops-backups/handler.ts",
      ".github/workflows/db-backup.yml",
      "web/src/lib/format.ts",
    )).toEqual(["differs", "differs", "missing", "differs", "conflict"]);
  });

  test("has permission functions, an older catalog that is taken over, and migrations that stand in the way", () => {
    expect(standings(
      findings,
      "public.has_permission_for_current_user",
      "public.require_permission_for_current_user",
      "supabase/migrations/20251101000000_catalog.sql",
      "supabase/migrations/20260401000000_notes.sql",
    )).toEqual(["there", "there", "there", "conflict"]);
    expect(find(findings, "public.require_permission_for_current_user")?.why).toContain("p_mod, p_act");
    const taken = findings.filter(({ why }) => why?.includes("20260102000000_invoices.sql"));
    expect(taken.map(({ item, standing }) => [item, standing])).toEqual([
      ["supabase/migrations/20260102000000_ops_db_backups.sql", "conflict"],
    ]);
    expect(find(findings, "order")?.hint).toContain("--include-all");
  });

  test("has packages that fit, are too old, of another major, at the wrong place, unclear or missing", () => {
    expect(
      standings(findings, "zod", "@supabase/supabase-js", "react", "@octokit/rest", "sonner", "radix-ui"),
    )
      .toEqual(["there", "differs", "conflict", "differs", "differs", "missing"]);
  });

  test("has settings to change, a schedule to end, secrets that only GitHub knows, and an older client", () => {
    expect(standings(
      findings,
      "supabase/config.toml [functions.ops-backups]",
      "deno.json",
      "tsconfig.json allowImportingTsExtensions",
      "tsconfig.json moduleResolution",
      "tsconfig.json paths",
      "vite.config.ts alias",
      ".github/workflows/nightly.yml",
      "secret SUPABASE_DB_URL_PROD",
      "route",
      "older client src/OldBackups.tsx",
    )).toEqual([
      "differs",
      "missing",
      "missing",
      "there",
      "missing",
      "missing",
      "differs",
      "unseen",
      "missing",
      "there",
    ]);
    expect(find(findings, "secret SUPABASE_DB_URL_PROD")?.why).toContain("names it");
  });

  test("keeps what is its own when the rest is copied, and everything of it when it has changes", () => {
    const { copied, left } = applyTo(ours, erp, { replace: false });
    expect(copied).toContain("supabase/functions/ops-backups/handler.ts");
    expect(left.map(({ item }) => item)).toEqual(expect.arrayContaining([
      "supabase/functions/ops-backups/index.ts",
      "supabase/functions/ops-backups/cors.js",
      "web/src/lib/format.ts",
    ]));
    expect(git(erp, "diff", "--name-only")).toBe("");
    expect(() => applyTo(ours, erp, { replace: true })).toThrow("uncommitted changes");
  });
});

describe("a checkout that has everything", () => {
  const erp = checkoutOf(older());
  const run = promisify(execFile);

  test("has it by the steps of docs/adopting.md, and the check finds nothing left to do", async () => {
    expect(applyTo(ours, erp, { replace: true }).left.map(({ item }) => item)).toEqual([
      "supabase/functions/ops-backups/cors.js",
    ]);
    rmSync(join(erp.root, "supabase/functions/ops-backups/cors.js"));
    writeFiles(erp.root, {
      ...olderErp({ scripts: { [COMMANDS_SCRIPT.name]: COMMANDS_SCRIPT.text }, dependencies: versions }),
      "tsconfig.json": (erp.text("tsconfig.json") ?? "").replace(
        '"jsx"',
        `"allowImportingTsExtensions": true, "paths": { "@backup/*": ["./${DOMAIN}/*"] }, "jsx"`,
      ),
      "vite.config.ts": VITE_CONFIG,
      "index.html": '<div id="root"></div><script type="module" src="/src/App.tsx"></script>',
      "deno.json": ours.text("deno.json") ?? "",
      "supabase/config.toml": ours.text("supabase/config.toml") ?? "",
      "supabase/functions/ops-backups/index.ts": ours.text("supabase/functions/ops-backups/index.ts") ?? "",
      ".github/workflows/db-backup.yml": ours.text(".github/workflows/db-backup.yml") ?? "",
      ".github/workflows/nightly.yml": "on: workflow_dispatch\n",
      "src/App.tsx": ours.text("web/e2e/host/host.tsx")?.replaceAll("../../src/", "../web/src/")
        .replaceAll("/erp/backups", "/desenvolvedor/backups").replace(
          /^import ".*styles.css";$/m,
          'import "./app.css";',
        ) ??
        "",
      "src/app.css": `@source "../web/src";\n${ours.text("web/src/styles.css") ?? ""}`,
    });
    rmSync(join(erp.root, "supabase/functions/ops-backups/cors.js"));
    commitAll(erp.root);
    expect(checkCheckout(ours, erp).filter(isOpen)).toEqual([]);
    const main = ["--import", "tsx", "scripts/dev/adopt/main.ts", "check", erp.root];
    const { stdout } = await run(process.execPath, main, { cwd: ROOT });
    expect(stdout).toContain("Everything that a checkout can show is there.");
  });

  test(
    "runs there: the screen in the ERP's own project, the function, a command of the workflows",
    async () => {
      symlinkSync(join(ROOT, "node_modules"), join(erp.root, "node_modules"));
      const bin = join(ROOT, "node_modules", ".bin");
      const env = {
        ...process.env,
        DENO_NO_UPDATE_CHECK: "1",
        PATH: `${bin}:${process.env.PATH}`,
        TARGET: "prod",
      };
      const [screen, bundle, edge, command, front] = await Promise.allSettled([
        run(join(bin, "tsc"), ["-p", "."], { cwd: erp.root, env }),
        run(join(bin, "vite"), ["build"], { cwd: erp.root, env }),
        run(
          "deno",
          ["eval", "--cached-only", `await import("./supabase/functions/ops-backups/handler.ts")`],
          {
            cwd: erp.root,
            env,
          },
        ),
        run("deno", ["task", "backup"], { cwd: erp.root, env }),
        run("npm", ["run", "--silent", COMMANDS_SCRIPT.name, "--", "--help"], { cwd: erp.root, env }),
      ]);
      expect(screen).toMatchObject({ status: "fulfilled", value: { stdout: "" } });
      expect(bundle).toMatchObject({ status: "fulfilled" });
      expect(edge).toMatchObject({ status: "fulfilled" });
      expect(command).toMatchObject({ status: "rejected", reason: { code: 2 } });
      expect(String(command.status === "rejected" && command.reason.stderr)).toContain("R2_ENDPOINT");
      expect(front).toMatchObject({
        status: "fulfilled",
        value: { stdout: expect.stringContaining("drill") },
      });
    },
    120_000,
  );

  test("says, when a copied file was changed there, that it was; of a migration in any case", () => {
    const changed = [
      "supabase/functions/ops-backups/cors.ts",
      "supabase/migrations/20260102000000_ops_db_backups.sql",
    ];
    for (const path of changed) writeFileSync(join(erp.root, path), `${erp.text(path)}\n// changed\n`);
    const findings = checkCheckout(ours, erp);
    expect(standings(findings, ...changed)).toEqual(["conflict", "conflict"]);
    expect(find(findings, changed[0] ?? "")?.why).toContain("changed since version");
  });

  test("of an earlier version only differs where nobody changed it", () => {
    const [path, text] = ["scripts/lib/process/gzip.ts", "// as it was\n"];
    const record = JSON.parse(erp.text(RECORD_FILE) ?? "");
    record.files[path] = hashOf(text);
    writeFiles(erp.root, { [RECORD_FILE]: JSON.stringify(record), [path]: text });
    expect(find(checkCheckout(ours, erp), path)).toMatchObject({
      standing: "differs",
      why: `it is of version ${packages.version}`,
    });
  });
});
