/** What projects really hold: each input of cases/ is backed up, restored in three ways and drilled. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Case, caseNames, type CaseServers, openCase, startServers } from "./case_fixture.ts";

interface Expected {
  /** Rows that the manifest states, at least. */
  rows?: Record<string, number>;
  /** Warnings of the manifest: `kind name → detail (rows)`. */
  warnings?: string[];
  /** The outcome of a restore. @default "equal": the content of the source */
  fresh?: string | RegExp;
  /** @default as `fresh` */
  over?: string | RegExp;
  itself?: string | RegExp;
  /** @default "PASS" */
  drill?: string | RegExp;
}

const CASES: Readonly<Record<string, Expected>> = {
  database_settings: {
    warnings: ["settings TimeZone, app.settings.jwt_secret, lock_timeout (postgres)"],
  },
  database_webhook: {
    rows: { "public.entregas": 2 },
    warnings: [
      "needs_platform trigger avisa_transportadora on public.entregas → supabase_functions.http_request()",
    ],
    fresh: /supabase_functions/,
    drill: /^SKIPPED: .*needs Database Webhooks/,
  },
  default_privileges_of_app_role: {},
  domain_default: { rows: { "public.processos": 2 } },
  expression_index: { rows: { "public.pessoas": 2 } },
  extension_in_another_schema: { over: /gin_trgm_ops/ },
  extension_in_own_schema: {},
  foreign_server: {},
  generated_column: { rows: { "public.fornecedores": 2 } },
  invalid_index: { rows: { "public.estoque": 30 } },
  long_schema_names: {},
  materialized_view: { rows: { "public.produtos": 12 } },
  passed_on_grant: { rows: { "public.textos": 2 } },
  plain: { rows: { "public.clientes": 2 } },
  public_of_postgres: {},
  publication_of_platform: {},
  read_only_database: { warnings: ["settings default_transaction_read_only"] },
  roles_with_odd_names: {},
  scheduled_job: {
    rows: { "public.rotinas": 1 },
    warnings: ["needs_platform view public.agenda → cron.job"],
    fresh: /cron\.job/,
    drill: /^SKIPPED: .*needs the extension pg_cron/,
  },
  schema_of_app_role: { rows: { 'public."Pedido"': 20, "financeiro.parcelas": 40 } },
  schema_of_stranger: {
    rows: { "public.vendas": 9 },
    warnings: ["left_out schema bi → relatorios (12)"],
  },
  search_path_of_functions: {},
  table_of_platform_owner: {
    rows: { "public.paises": 27 },
    warnings: [
      "other_owner function public.sigla(pg_catalog.text) → supabase_admin",
      "other_owner table public.paises → supabase_admin",
    ],
    itself: /paises/,
  },
  triggers_that_always_fire: { rows: { "auth.users": 1, "public.auditoria": 7 } },
  unusual_settings: { rows: { 'public."Endereço"': 1 }, warnings: [expect.stringMatching(/^settings /)] },
  view_on_vault: {
    warnings: ["needs_platform view public.chaves → vault.decrypted_secrets"],
    fresh: /vault\.decrypted_secrets/,
    drill: /^SKIPPED: .*needs Vault/,
  },
  views_and_rules: {},
};

let servers: CaseServers;

beforeAll(async () => void (servers = await startServers()));
afterAll(() => servers?.stop());

test("every input has its expectation", () => expect(Object.keys(CASES).sort()).toEqual(caseNames));

describe.each(Object.entries(CASES))("%s", (name, expected) => {
  let project: Case;

  test("is backed up, with what the backup lacks", async () => {
    project = await openCase(servers, name);
    expect(project.manifest.rows).toMatchObject(expected.rows ?? {});
    const warnings = (project.manifest.warnings ?? []).map(({ kind, name, detail, rows }) =>
      `${kind} ${name}${detail === null ? "" : ` → ${detail}`}${rows === null ? "" : ` (${rows})`}`
    );
    expect(warnings).toEqual(expected.warnings ?? []);
  });

  test("is restored into a new project", async () => {
    expect(await project.restoreFresh()).toMatch(outcome(expected.fresh));
  });

  test("is restored over other content", async () => {
    expect(await project.restoreOver()).toMatch(outcome(expected.over ?? expected.fresh));
  });

  test("is drilled", async () => expect(await project.drill()).toMatch(outcome(expected.drill, "PASS")));

  test("is restored over itself", async () => {
    expect(await project.restoreItself()).toMatch(outcome(expected.itself));
  });
});

function outcome(expected: string | RegExp | undefined, otherwise = "equal"): RegExp {
  if (expected instanceof RegExp) return expected;
  return new RegExp(`^${(expected ?? otherwise).replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`);
}
