/** What projects really hold: each input of cases/ is backed up, restored in three ways and drilled. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Case,
  caseNames,
  type CaseServers,
  hasOtherContent,
  openCase,
  startServers,
} from "./case_fixture.ts";
import { binaries } from "./engine_fixture.ts";
import { isLarge } from "./sizes.ts";

interface Expected {
  /** The last major version whose servers can hold the input. */
  lastMajor?: number;
  /** Rows that the manifest states, at least. */
  rows?: Record<string, number>;
  /** Warnings of the manifest: `kind name → detail (rows)`. */
  warnings?: string[];
  /** The outcome of a restore. @default "equal": the content of the source */
  fresh?: string | RegExp;
  /** @default as `fresh` */
  over?: string | RegExp;
  itself?: string | RegExp;
  /** The outcome with ALLOW_ORPHANS. */
  withOrphans?: RegExp;
  /** @default "PASS" */
  drill?: string | RegExp;
}

/** From 17 on, indexes and materialized views are made with a safe search_path, so these inputs cannot be created. */
const LAST_WITHOUT_SAFE_PATH = 16;

const CASES: Readonly<Record<string, Expected>> = {
  database_settings: {
    warnings: ["settings TimeZone, app.settings.jwt_secret, lock_timeout (postgres)"],
  },
  database_webhook: {
    rows: { "public.entregas": 2 },
    warnings: [
      "needs_platform trigger avisa_transportadora on public.entregas → supabase_functions.http_request()",
    ],
    fresh: /needs supabase_functions\.http_request\(\), which the target lacks/,
  },
  default_privileges_of_app_role: {},
  domain_default: { rows: { "public.processos": 2 } },
  domains_and_partitions_of_enums: { rows: { "public.pecas": 1 } },
  extensions_in_columns: { rows: { "public.etiquetas_livres": 1, "public.agendas": 2 } },
  extreme_values: { rows: { "public.extremos": 2, "public.sem_colunas": 2 } },
  inheritance_and_options: { rows: { "public.pessoas_base": 1, "public.pessoas_mortas": 1 } },
  expression_index: {
    lastMajor: LAST_WITHOUT_SAFE_PATH,
    rows: { "public.pessoas": 2 },
    warnings: ["safe_path index public.pessoas_documento → function digitos(text) does not exist"],
  },
  extension_in_another_schema: {
    over: /^restore_failed: Cannot restore here: extension pg_trgm is in extensions/,
  },
  extension_in_own_schema: {},
  extensions_of_platform: {
    rows: { "public.documentos": 2, "public.entregas": 1 },
    warnings: [
      "needs_platform trigger avisa on public.entregas → supabase_functions.http_request()",
      "needs_platform view public.rotinas → cron.job",
    ],
  },
  extension_rows: {
    warnings: ["extension_rows table extensions.sistemas → uuid-ossp (1)"],
    fresh: /extensions\.sistemas/,
    itself: "equal",
  },
  foreign_server: {},
  functions_in_auth: {
    warnings: [
      "platform_function function auth.empresa_atual()",
      "platform_function function auth.pode_ver(public.contratos)",
    ],
    fresh: /POLICY public\.contratos da_empresa needs auth\.empresa_atual\(\), which the target lacks/,
    drill: /^FAIL restored: /,
    itself: /^function auth\.pode_ver\(public\.contratos\) of postgres depended/,
  },
  generated_column: { rows: { "public.fornecedores": 2 } },
  invalid_index: { rows: { "public.estoque": 30 } },
  long_schema_names: {},
  materialized_view: {
    lastMajor: LAST_WITHOUT_SAFE_PATH,
    rows: { "public.produtos": 12 },
    warnings: ['safe_path materialized view public.vitrine → relation "produtos" does not exist'],
  },
  names_before_the_servers: { rows: { "public.pg_class": 3 }, warnings: ["settings search_path"] },
  names_of_psql: {},
  orphan_rows: {
    rows: { "public.comissoes": 4 },
    warnings: [
      "orphans constraint comissoes_vendedor_fkey on public.comissoes → public.vendedores",
      "orphans constraint perfis_id_fkey on public.perfis → auth.users",
    ],
    fresh:
      /comissoes_vendedor_fkey on public\.comissoes has rows that refer to missing ones.*ALLOW_ORPHANS=yes/,
    itself: /^restore_failed: Cannot restore here: .*ALLOW_ORPHANS=yes/,
    withOrphans: /^- .*comissoes_vendedor_fkey.*; \+ .*NOT VALID.*; \+ .*perfis_id_fkey.*NOT VALID[^;]*$/,
    drill: /^FAIL foreign_keys_without_orphans: .*comissoes_vendedor_fkey/,
  },
  orphans_of_partitions: {
    rows: { "public.vendas_2025": 1, "public.vendas_2026": 1 },
    warnings: ["orphans constraint vendas_filial_fkey on public.vendas → public.filiais"],
    fresh: /vendas_filial_fkey on public\.vendas .*ALLOW_ORPHANS=yes/,
    withOrphans:
      /vendas_filial_fkey on public\.vendas has orphans, and a key of a partitioned table cannot be NOT VALID/,
    itself: /ALLOW_ORPHANS=yes/,
    drill: /^FAIL foreign_keys_without_orphans: /,
  },
  passed_on_grant: { rows: { "public.textos": 2 } },
  plain: { rows: { "public.clientes": 2 } },
  public_of_postgres: {},
  publication_of_platform: {
    itself: /^publication supabase_realtime \(public\.mensagens\) of supabase_admin depended/,
  },
  read_only_database: { warnings: ["settings default_transaction_read_only"] },
  role_of_the_platforms_prefix: { rows: { "public.metas_de_venda": 6 } },
  roles_with_odd_names: {},
  rows_of_sessions: {
    rows: { "public.acessos": 2 },
    warnings: ["orphans constraint acessos_entrada_fkey on public.acessos → auth.refresh_tokens"],
    fresh:
      /acessos_entrada_fkey on public\.acessos has rows that refer to missing ones of auth\.refresh_tokens/,
    withOrphans: /^- .*acessos_entrada_fkey.*; \+ .*NOT VALID[^;]*$/,
    drill: /^FAIL foreign_keys_without_orphans: .*acessos_entrada_fkey/,
    itself: /ALLOW_ORPHANS=yes/,
  },
  scheduled_job: {
    rows: { "public.rotinas": 1 },
    warnings: ["needs_platform view public.agenda → cron.job"],
    fresh: /view public\.agenda needs cron\.job, which the target lacks/,
  },
  schema_of_app_role: { rows: { 'public."Pedido"': 20, "financeiro.parcelas": 40 } },
  schema_of_stranger: {
    rows: { "public.vendas": 9 },
    warnings: ["left_out schema bi → relatorios (12)"],
    itself:
      /^view bi\.faturamento of relatorios .*; publication replica_bi .* of supabase_admin .*; event trigger ao_criar of supabase_admin/,
  },
  search_path_of_functions: {},
  server_used_by_others: {
    rows: { "public.guias": 1 },
    warnings: [
      "left_out schema painel → analise (0)",
      "user_mapping user mapping service_role on server fiscal → service_role",
    ],
    fresh: /^user mapping service_role on server fiscal: its user and password are in no backup$/,
    itself: /^foreign table painel\.notas of analise depended/,
  },
  strings_with_escapes: { warnings: ["settings standard_conforming_strings (postgres)"] },
  table_of_platform_owner: {
    rows: { "public.paises": 27 },
    warnings: [
      "other_owner function public.sigla(pg_catalog.text) → supabase_admin",
      "other_owner table public.paises → supabase_admin",
    ],
    // they come back as the restore's own
    fresh:
      /^- \["public", "function", "public\.sigla.*\+ .*"public\.sigla\(text\)", \{"kind" : "f", "owner" : "postgres"/,
    itself: /^restore_failed: Cannot restore here: .*table public\.paises belongs to supabase_admin/,
  },
  triggers_that_always_fire: { rows: { "auth.users": 1, "public.auditoria": 7 } },
  unusual_settings: { rows: { 'public."Endereço"': 1 }, warnings: [expect.stringMatching(/^settings /)] },
  view_on_vault: {
    warnings: ["needs_platform view public.chaves → vault.decrypted_secrets"],
    fresh: /view public\.chaves needs vault\.decrypted_secrets, which the target lacks/,
  },
  views_and_rules: {},
};

/**
 * Inputs that only add objects, each with names of its own, and come back as they were: they share a project, except at
 * night. A difference names its object, and with it the input.
 */
const TOGETHER: Readonly<Record<string, readonly string[]>> = {
  objects_of_many_kinds: [
    "default_privileges_of_app_role",
    "domain_default",
    "domains_and_partitions_of_enums",
    "expression_index",
    "extensions_in_columns",
    "extreme_values",
    "generated_column",
    "inheritance_and_options",
    "invalid_index",
    "long_schema_names",
    "materialized_view",
    "names_of_psql",
    "passed_on_grant",
  ],
  owners_and_extensions: [
    "extension_in_own_schema",
    "foreign_server",
    "role_of_the_platforms_prefix",
    "roles_with_odd_names",
    "schema_of_app_role",
    "search_path_of_functions",
    "triggers_that_always_fire",
    "views_and_rules",
  ],
};

interface Project {
  inputs: readonly string[];
  expected: Expected;
}

/** Of this server's version. */
function projects(): [string, Project][] {
  const isPossible = (input: string) => binaries.major <= (CASES[input]?.lastMajor ?? Infinity);
  const together = isLarge ? {} : TOGETHER;
  const alone = Object.keys(CASES).filter((input) => !Object.values(together).flat().includes(input));
  const all = { ...Object.fromEntries(alone.map((input) => [input, [input]])), ...together };
  return Object.entries(all).map(([name, members]): [string, Project] => {
    const inputs = members.filter(isPossible);
    const [own = {}, ...others] = inputs.map((input) => CASES[input] ?? {});
    const rows = Object.assign({}, own.rows, ...others.map(({ rows }) => rows));
    const warnings = [own, ...others].flatMap(({ warnings }) => warnings ?? []);
    return [name, { inputs, expected: { ...own, rows, warnings } }];
  }).filter(([, { inputs }]) => inputs.length > 0);
}

let servers: CaseServers;

beforeAll(async () => void (servers = await startServers()));
afterAll(() => servers?.stop());

test("every input has its expectation", () => expect(Object.keys(CASES).sort()).toEqual(caseNames));

test("inputs that share a project expect no difference", () => {
  const ordinary = new Set(["rows", "lastMajor", "warnings"]);
  const special = Object.values(TOGETHER).flat().filter((input) =>
    CASES[input] === undefined || Object.keys(CASES[input]).some((name) => !ordinary.has(name))
  );
  expect(special).toEqual([]);
});

describe.each(projects())("%s", (name, { inputs, expected }) => {
  let project: Case;

  test("is backed up, with what the backup lacks", async () => {
    project = await openCase(servers, name, inputs);
    expect(project.manifest.rows).toMatchObject(expected.rows ?? {});
    const warnings = (project.manifest.warnings ?? []).map(({ kind, name, detail, rows }) =>
      `${kind} ${name}${detail === null ? "" : ` → ${detail}`}${rows === null ? "" : ` (${rows})`}`
    );
    expect(warnings).toEqual(expected.warnings ?? []);
  });

  test("is restored into a new project", async () => {
    const found = await project.restoreFresh();
    expect(found).toMatch(outcome(expected.fresh));
    const isRefused = found.startsWith("restore_failed: Cannot restore here");
    if (isRefused) expect(await project.obstacles("fresh")).not.toEqual([]);
  });

  // by day where it is a case of its own
  if (isLarge || expected.over !== undefined || name in TOGETHER || inputs.some(hasOtherContent)) {
    test("is restored over other content", async () => {
      expect(await project.restoreOver()).toMatch(outcome(expected.over ?? expected.fresh));
    });
  }

  if (expected.withOrphans) {
    test("is restored with unvalidated keys", async () => {
      expect(await project.restoreWithOrphans()).toMatch(outcome(expected.withOrphans));
    });
  }

  test("is drilled", async () => expect(await project.drill()).toMatch(outcome(expected.drill, "PASS")));

  test("is restored over itself", async () => {
    expect(await project.restoreItself()).toMatch(outcome(expected.itself));
  });
});

function outcome(expected: string | RegExp | undefined, otherwise = "equal"): RegExp {
  if (expected instanceof RegExp) return expected;
  return new RegExp(`^${(expected ?? otherwise).replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`);
}
