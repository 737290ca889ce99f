/**
 * The adoption of docs/adopting.md, followed as it stands on a repository that imitates Revo ERP's: a clean database, a
 * living one, the workflows in the local GitHub, the older client in a browser, and the way back.
 */
import { Octokit } from "@octokit/rest";
import { chromium } from "@playwright/test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Checkout } from "../dev/adopt/checkout.ts";
import { CHROMIUM_LAUNCH } from "../dev/chromium.ts";
import { migrate, type Migration, readMigrations } from "../dev/migrate.ts";
import { ROOT } from "../dev/root.ts";
import { createAuthTables } from "../dev/supabase/auth_schema.ts";
import { catalogAccessQuery, catalogDifferences } from "../lib/catalog/access.ts";
import { askManagers, managersVerdict } from "../lib/doctor/prod_managers.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { type Accounts, startAccountPrograms } from "./account_programs.ts";
import { CONFIG, ERP_FILES, LISTED, OLDER_KEYS } from "./adoption_fixture.ts";
import {
  CLIENT_HEADERS,
  type ErpProject,
  olderClient,
  REPOSITORY,
  startProject,
} from "./adoption_project.ts";
import { binaries, denoCache, sql, startPlace, type TestPlace } from "./engine_fixture.ts";
import { follow } from "./markdown_commands.ts";

const PAGE = readFileSync(join(ROOT, "docs", "adopting.md"), "utf8");

let erp: Checkout;
let before: string;
/** The commit of the adoption. */
let adopted: string;
let said: string;

function commit(files: Readonly<Record<string, string | null>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(erp.root, path)), { recursive: true });
    if (text === null) rmSync(join(erp.root, path));
    else writeFileSync(join(erp.root, path), text);
  }
  erp.git("add", "-A");
  erp.git("commit", "-qm", "state");
}

/** The page from a heading on, up to another one. */
function part(from: string, to: string): string {
  const start = PAGE.indexOf(from);
  const end = PAGE.indexOf(to, start);
  if (start < 0 || end < 0) throw new Error(`The page has no ${from} before ${to}`);
  return PAGE.slice(start, end);
}

/** Runs commands of the page as the reader does. @param accounts folder of the programs that need an account */
function run(markdown: string, accounts?: { path: string; after: () => Promise<void> }): Promise<string> {
  const { PATH = "", HOME = "" } = process.env;
  const env = {
    ...{ HOME, NO_COLOR: "1", ERP: erp.root, PATH: accounts ? `${accounts.path}:${PATH}` : PATH },
    ...denoCache(),
  };
  return follow(markdown, { cwd: ROOT, env, fill: { ERP: erp.root, CONFIG }, afterAccount: accounts?.after });
}
const adopt = (command: string) =>
  run(`\`\`\`sh run\nnpm run -s adopt -- ${command.replace("ERP", erp.root)}\n\`\`\`\n`);

beforeAll(async () => {
  erp = new Checkout(mkdtempSync(join(tmpdir(), "revo-erp-")));
  erp.git("init", "-q", "-b", "main");
  erp.git("config", "user.name", "ERP");
  erp.git("config", "user.email", "erp@example.com");
  commit(ERP_FILES);
  before = erp.git("rev-parse", "HEAD").trim();
  // what `npm ci` of the page installs
  mkdirSync(join(erp.root, "backups"));
  symlinkSync(join(ROOT, "node_modules"), join(erp.root, "backups", "node_modules"));
  said = await run(part("# Into", "**4. "));
  adopted = erp.git("rev-parse", "HEAD").trim();
}, 120_000);
afterAll(() => rmSync(erp.root, { recursive: true, force: true }));

describe("the files", () => {
  test("no file of the ERP differs unless it is listed, and its tests find none of ours", () => {
    const changed = erp.git("diff", "--name-status", "--no-renames", before, "HEAD").trim().split("\n")
      .map((line) => line.split("\t"));
    expect(changed.filter(([kind]) => kind !== "A").map(([, path]) => path)).toEqual(LISTED.toSorted());
    expect(erp.files("backups").filter((path) => /\.(test|spec)\.\w+$/.test(path))).toEqual([]);
  });

  test("step 1 names what is to be done, what deletes backups and older clients; no conflict", () => {
    expect(said).toMatch(/^missing +\[functions\.ops-backups\]$/m);
    expect(said).toMatch(/^\.github\/workflows\/r2-retention\.yml:\d+: .*aws s3 rm/m);
    expect(said).toMatch(/^src\/pages\/Backups\.tsx$/m);
    expect(said).not.toContain("conflict");
  });

  test("a second adoption changes nothing, and refuses a file that was changed there", async () => {
    await adopt("apply ERP");
    expect(erp.git("status", "--porcelain")).toBe("");
    commit({ "supabase/functions/ops-backups/cors.ts": "// changed\n", "backups/deno.json": null });
    await expect(adopt("apply ERP")).rejects.toThrow(
      /Nothing was written.*conflict +supabase\/functions\/ops-backups\/cors\.ts/s,
    );
    expect(erp.git("status", "--porcelain")).toBe("");
    await adopt("apply ERP --replace");
    erp.git("reset", "--hard", "-q", "HEAD~1");
    expect(erp.git("status", "--porcelain")).toBe("");
  }, 60_000);
});

describe("database and workflows", () => {
  let place: TestPlace;
  let prod: Connection;
  let all: Migration[];
  let project: ErpProject;
  let accounts: Accounts;
  let programs: Awaited<ReturnType<typeof startAccountPrograms>>;
  const withAccounts = (markdown: string, after = async () => {}) =>
    run(markdown, { path: programs.path, after });
  beforeAll(async () => {
    place = await startPlace();
    const databases = ["empty", "prod", "dev"];
    for (const name of databases) await place.server.createDatabase(name);
    const admins = databases.map((name) => place.server.connection("supabase_auth_admin", name));
    await createAuthTables(binaries.path("psql"), admins);
    prod = place.server.connection("postgres", "prod");
    all = await readMigrations(join(erp.root, "supabase", "migrations"));
    accounts = { linked: prod };
    programs = await startAccountPrograms(join(place.folder, "accounts"), accounts);
  });
  afterAll(async () => {
    await programs?.stop();
    await project?.stop();
    await place?.stop();
  });

  const push = (connection: Connection, migrations: Migration[]) =>
    migrate(binaries.path("psql"), connection, migrations);
  const differences = async (connection: Connection) => {
    const [row = ""] = await sql(connection, await catalogAccessQuery());
    return catalogDifferences(JSON.parse(row));
  };
  /** Signatures and privileges of the catalog. */
  const FUNCTIONS = `select p.oid::regprocedure, p.proacl from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.proname ~ '^ops_db_backup' order by 1;`;

  test("step 4: a push onto a living database, whose rows stay, and a clean one with a later migration of the ERP", async () => {
    expect(new Set(all.map(({ version }) => version)).size).toBe(all.length);

    await push(prod, all.filter(({ version }) => version <= "20270125000000"));
    const values = OLDER_KEYS.map((key, i) =>
      `(now() - interval '${i + 1} days', 'prod', 'full', 'b', '${key}', 10)`
    );
    await sql(
      prod,
      `insert into public.ops_db_backups (created_at, target, mode, r2_bucket, r2_key, bytes) values ${values};
       insert into public.empresa_usuarios values ('00000000-0000-4000-8000-000000000007', '${USER}', 'caixa');`,
    );
    expect(await differences(prod)).toBeNull();
    const pushed = await withAccounts(part("**4. ", "**5. "));
    expect(pushed.match(/Applying/g)).toHaveLength((await readMigrations()).length);
    expect(await differences(prod)).toEqual([]);
    expect(await olderList()).toEqual(OLDER_KEYS);

    commit({
      "supabase/migrations/20261201000000_clientes.sql": "create table public.clientes (id int primary key);",
    });
    await expect(withAccounts(part("**4. ", "**5. "))).rejects.toThrow("--include-all");
    const later = await withAccounts(part("## Later migrations of the ERP", "## A later version"));
    expect(later).toBe("Applying migration 20261201000000\n");
    expect(await differences(prod)).toEqual([]);
    const empty = place.server.connection("postgres", "empty");
    await push(empty, await readMigrations(join(erp.root, "supabase", "migrations")));
    expect(await differences(empty)).toEqual([]);
    expect(await sql(prod, FUNCTIONS)).toEqual(await sql(empty, FUNCTIONS));
  });

  const USER = "00000000-0000-4000-8000-000000000001";

  /** The call of the older page, as PostgREST makes it. */
  async function olderList(): Promise<string[]> {
    const claims = JSON.stringify({ role: "authenticated", sub: USER });
    const lines = await sql(
      prod,
      `begin; set local request.jwt.claims = '${claims}'; set local role authenticated;
       select r2_key from public.ops_db_backups_list(p_target => 'prod', p_limit => 50, p_offset => 0); rollback;`,
    );
    return lines.filter((line) => line.startsWith("revo/"));
  }

  /** Waits for the end of every run. @returns the newest run of each workflow, by its file */
  async function waitForRuns() {
    const { actions } = new Octokit({ baseUrl: project.githubUrl, auth: project.token }).rest;
    for (;;) {
      const { data: { workflow_runs: runs } } = await actions.listWorkflowRunsForRepo(REPOSITORY);
      if (runs.length > 0 && runs.every(({ status }) => status === "completed")) {
        const ends = await Promise.all(
          runs.reverse().map(async ({ id, path, conclusion }) => {
            const { data: { jobs: [job] } } = await actions.listJobsForWorkflowRun({
              ...REPOSITORY,
              run_id: id,
            });
            const log = await actions.downloadJobLogsForWorkflowRun({ ...REPOSITORY, job_id: job?.id ?? 0 });
            return [basename(path), { conclusion, log: String(log.data) }] as const;
          }),
        );
        return new Map(ends);
      }
      await sleep(200);
    }
  }

  test("the doctor counts who may restore production, by the ERP's own permission function", async () => {
    const managers = async () => managersVerdict({ ok: true, value: await askManagers(prod) });
    expect(await managers()).toMatchObject({
      status: "ok",
      message: "Podem restaurar a produção: 1 usuário de 1 empresa.",
    });
    const idOf = (n: number) => `'${USER.slice(0, -1)}${n}'::uuid`;
    const more = [2, 3, 4, 5].map((n) => `(${idOf(n)}, ${idOf(n % 2 + 8)})`);
    await sql(
      prod,
      `insert into public.empresas select distinct company, 'Outra' from (values ${more}) m (member, company);
       insert into public.empresa_usuarios select company, member, 'caixa' from (values ${more}) m (member, company);`,
    );
    expect(await managers()).toMatchObject({
      status: "failed",
      message: expect.stringContaining("Podem restaurar a produção: 5 usuários de 3 empresas."),
    });
    expect(await askManagers(place.server.connection("postgres", "dev"))).toBeNull();
  });

  test(
    "step 5: the workflows examine, back up, and drill with the ERP's own assertions, in the product's folder",
    async () => {
      project = await startProject(place, erp);
      accounts.github = { url: project.githubUrl, token: project.token, ...REPOSITORY };
      await withAccounts(part("**5. ", "**6. "), async () => void await waitForRuns());
      const runs = await waitForRuns();
      expect(runs.get("db-backup-doctor.yml")?.log).toMatch(
        /FALHA +host_deletions: .*\.github\/workflows\/r2-retention\.yml apaga em revo\/ após 90 dias e levaria os 12 mensais/,
      );
      expect(runs.get("db-backup.yml")).toMatchObject({ conclusion: "success" });
      expect((await olderList())[0]).toContain("_primeiro.dump.gz");
      const drill = runs.get("db-backup-restore-drill.yml");
      expect(drill?.log).toContain("PASS project_asserts: ran to its end");
      expect(drill?.log).toContain("PASS catalog_access");
      expect(drill?.log).toMatch(
        /PASS prod_managers: WARNING: \d+ users of 3 companies may restore production, which takes the data of every company back/,
      );
      expect(drill?.conclusion).toBe("success");
    },
    180_000,
  );

  test(
    "step 6: the older client, in a browser on a host of the ERP's domain, starts a backup and gets readable refusals",
    async () => {
      const member = await project.signUp("ana@exemplo.br");
      await sql(
        prod,
        `insert into public.empresa_usuarios select id, '${member.id}', 'caixa' from public.empresas limit 1;`,
      );
      const browser = await chromium.launch(CHROMIUM_LAUNCH);
      try {
        const call = await olderClient(browser, project, "https://previa-7.erp.example.com");
        const backup = { action: "backup", target: "prod", mode: "full", label: "Primeira migração" };
        expect(await call("", backup)).toMatchObject({ status: 401, body: { error: "not_signed_in" } });
        const restore = { action: "restore", target: "prod", r2_key: OLDER_KEYS[0], confirm: "RESTORE_PROD" };
        expect(await call(member.token, restore)).toMatchObject({
          status: 400,
          body: { ok: false, error: "reason_required", message: expect.stringContaining("Diga o motivo") },
        });
        expect(await call(member.token, backup)).toMatchObject({
          status: 200,
          body: { ok: true, kind: "backup" },
        });
        const sent = project.databaseCalls().map(({ headers }) => headers)
          .filter(({ authorization }) => authorization === `Bearer ${member.token}`);
        expect(sent.length).toBeGreaterThan(2);
        for (const headers of sent) expect(headers).toMatchObject(CLIENT_HEADERS);
        const stranger = await olderClient(browser, project, "https://erp.example.org");
        expect(await stranger(member.token, backup)).toBe("TypeError: Failed to fetch");
      } finally {
        await browser.close();
      }
      expect((await waitForRuns()).get("db-backup.yml")).toMatchObject({ conclusion: "success" });
      expect((await olderList())[0]).toContain("_Primeira_migracao.dump.gz");
    },
    120_000,
  );

  test("step 7: the screen is built, the older rows are completed, and a backup is restored", async () => {
    await withAccounts(part("**7. ", "## The screen inside"), async () => void await waitForRuns());
    expect((await waitForRuns()).get("db-backup-reconcile.yml")).toMatchObject({ conclusion: "success" });
    const [key = ""] = await olderList();
    const command = `gh workflow run db-restore-from-r2.yml -f target=dev -f r2_key=${key}`;
    await withAccounts(`\`\`\`sh needs-account\n${command}\n\`\`\`\n`);
    expect((await waitForRuns()).get("db-restore-from-r2.yml")).toMatchObject({ conclusion: "success" });
    const dev = place.server.connection("postgres", "dev");
    expect(await sql(dev, "select count(*) from public.notas;")).toEqual(["50"]);
  }, 180_000);

  test("the way back: the older files return, and the older page reads the newer catalog", async () => {
    erp.git("revert", "--no-commit", adopted);
    erp.git("reset", "-q", "HEAD", "--", "supabase/migrations");
    erp.git("checkout", "-q", "--", "supabase/migrations");
    erp.git("commit", "-qm", "Return to the older backups");
    const left = erp.git("diff", "--name-only", before, "HEAD").trim().split("\n");
    expect(left.filter((path) => !path.startsWith("supabase/migrations/"))).toEqual([]);
    expect(await olderList()).toHaveLength(OLDER_KEYS.length + 2);
  });
});
