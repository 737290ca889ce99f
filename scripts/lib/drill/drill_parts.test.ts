/** The drill's parts that need no server. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { BackupError } from "@backup/errors.ts";
import { DRILL_CHECK_NAMES, type Receipt } from "@backup/vault/receipt.ts";
import { drillSummary } from "./summary.ts";
import { DATABASE_CHECKS } from "./database_checks.ts";
import { splitFingerprint } from "./fingerprint_parts.ts";
import { companyScopes, privateRelations, type Relation } from "./company_scope.ts";
import { freshHoursOf } from "../vault/newest_backup.ts";
import { PhaseTimes } from "./phase_times.ts";
import { failedCheckOf, isEnvironmental } from "./failed_check.ts";
import { projectOutcome } from "./project_asserts.ts";
import { readVerdicts, rg03Checks } from "./rg03.ts";
import { freshnessOutcome } from "./stored_checks.ts";
import { Verdicts } from "./verdicts.ts";

describe("the list of checks", () => {
  test("names every check of the database, in the order in which they are made", () => {
    const made = DATABASE_CHECKS.flatMap(({ names }) => names);
    expect(DRILL_CHECK_NAMES.slice(-made.length)).toEqual(made);
  });

  test("names every assertion of rg03", () => {
    const sql = readFileSync(new URL("../../rg03_db_asserts.sql", import.meta.url), "utf8");
    const assertions = [...sql.matchAll(/^ {4}\(\d+, '(\w+)', \$question\$$/gm)].map(([, name]) => name);
    expect(assertions).toEqual(rg03Checks.names);
  });
});

test("verdicts of rg03 are read from psql's output", () => {
  const output = [
    "psql:/x/rg03.sql:99: NOTICE:  PASS indexes_are_valid (12 ms)",
    "psql:/x/rg03.sql:99: NOTICE:  FAIL foreign_keys_without_orphans (3 ms): fk of public.a: 2 rows (all)",
    "psql:/x/rg03.sql:99: ERROR:  rg03: 1 of the assertions failed: foreign_keys_without_orphans",
  ].join("\n");
  expect([...readVerdicts(output)]).toEqual([
    ["indexes_are_valid", { verdict: "PASS", detail: "holds", seconds: 0.012 }],
    ["foreign_keys_without_orphans", {
      verdict: "FAIL",
      detail: "fk of public.a: 2 rows (all)",
      seconds: 0.003,
    }],
  ]);
});

test("the project's assertions count by their lines, else by their end", () => {
  const error = "psql:/x/a.sql:7: ERROR:  P-12: a policy is missing\nCONTEXT:  PL/pgSQL function";
  expect(projectOutcome({ output: "psql:/x/a.sql:3: NOTICE:  guard 1", failure: null }).detail).toBe(
    "ran to its end",
  );
  expect(projectOutcome({ output: error, failure: `psql exited 3: ${error}` })).toEqual({
    verdict: "FAIL",
    detail: "P-12: a policy is missing",
  });
  const lines = "NOTICE:  PASS a_holds (1 ms)\nNOTICE:  FAIL b_holds (2 ms): two rows\nERROR:  1 failed";
  expect(projectOutcome({ output: lines, failure: "psql exited 3" }).detail).toBe("b_holds: two rows");
});

test("each fact of a fingerprint belongs to one part", () => {
  const line = (...parts: unknown[]) => JSON.stringify(parts);
  const { schema, security, views } = splitFingerprint([
    line("public", "policy", "a.p", { using: "true" }),
    line("public", "relation", "a", { kind: "r", rls: true, force_rls: false, populated: null, acl: ["x"] }),
    line("public", "relation", "m", { kind: "m", rls: false, force_rls: false, populated: true }),
    line("public", "index", "a.i", { definition: "d", valid: true }),
    line("public", "function", "f()", { owner: "postgres" }),
  ]);
  expect(schema).toEqual([
    line("public", "relation", "a", { kind: "r", acl: ["x"] }),
    line("public", "relation", "m", { kind: "m" }),
    line("public", "index", "a.i", { definition: "d" }),
    line("public", "function", "f()", { owner: "postgres" }),
  ]);
  expect(security).toEqual([
    line("public", "policy", "a.p", { using: "true" }),
    line("public", "relation", "a", { rls: true, force_rls: false }),
    line("public", "relation", "m", { rls: false, force_rls: false }),
  ]);
  expect(views).toEqual([line("public", "relation", "m", { populated: true })]);
});

describe("a relation of companies", () => {
  const relation = (name: string, facts: Partial<Relation> = {}): Relation => ({
    name,
    schema: "public",
    company: false,
    keys: [],
    reads: [],
    ...facts,
  });
  const to = (parent: string, own: string, required = true) => ({
    parent,
    required,
    pairs: [[own, "id"] as [string, string]],
  });
  const relations = [
    relation("public.empresas"),
    relation("public.pedidos", { company: true, keys: [to("public.empresas", "empresa_id")] }),
    relation("public.itens", {
      keys: [to("public.produtos", "produto_id"), to("public.pedidos", "pedido_id")],
    }),
    relation("public.lotes", { keys: [to("public.itens", "item_id")] }),
    relation("public.anotacoes", { keys: [to("public.pedidos", "pedido_id", false)] }),
    relation("public.produtos"),
    relation("public.perfis", { keys: [to("auth.users", "id")] }),
    relation("auth.users", { schema: "auth" }),
    relation("public.resumo", { reads: ["public.lotes", "public.produtos"] }),
    relation("public.vitrine", { reads: ["public.produtos"] }),
  ];

  test("has a column, or a required foreign key to one", () => {
    const scopes = companyScopes(relations);
    expect([...scopes.keys()].sort()).toEqual([
      "public.empresas",
      "public.itens",
      "public.lotes",
      "public.pedidos",
    ]);
    expect(scopes.get("public.empresas")?.belongs("t", "X")).toBe("t.id = X");
    expect(scopes.get("public.lotes")?.belongs("t", "X")).toBe(
      "exists (select from public.itens tp where tp.id = t.item_id and " +
        "exists (select from public.pedidos tpp where tpp.id = tp.pedido_id and tpp.empresa_id = X))",
    );
  });

  test("is private, and so is what refers to it, what reads it, and what belongs to people", () => {
    expect([...privateRelations(relations)].sort()).toEqual([
      "auth.users",
      "public.anotacoes",
      "public.empresas",
      "public.itens",
      "public.lotes",
      "public.pedidos",
      "public.perfis",
      "public.resumo",
    ]);
  });
});

describe("an error of the restore", () => {
  const error = (code: BackupError["code"], details = {}) => new BackupError(code, "x", { details });

  test("fails one check", () => {
    expect(failedCheckOf(error("manifest_too_new"))).toBe("manifest");
    expect(failedCheckOf(error("archive_corrupt"))).toBe("archive_readable");
    expect(failedCheckOf(error("restore_failed", { sqlstate: "42P01" }))).toBe("restored");
    expect(failedCheckOf(error("restore_failed", { sqlstate: "23503" }))).toBe(
      "foreign_keys_without_orphans",
    );
    expect(failedCheckOf(error("verification_failed", { what: "sequences" }))).toBe("sequence_values");
  });

  test.each([
    error("vault_unreachable"),
    error("database_unreachable"),
    error("not_enough_disk"),
    error("run_cancelled"),
    error("restore_failed", { sqlstate: "53100" }),
    error("restore_failed", { sqlstate: "57P01" }),
  ])("or none: %o", (thrown) => {
    expect(isEnvironmental(thrown)).toBe(true);
    expect(() => failedCheckOf(thrown)).toThrow(thrown);
  });
});

test("phases are measured one after the other, one entered twice as one", () => {
  let now = 0;
  const forwarded: string[] = [];
  const inner = { phase: (name: string) => forwarded.push(name), bytes: () => {}, log: () => {} };
  const times = new PhaseTimes(inner, () => now);
  for (const [name, ms] of [["load", 1500], ["check", 20], ["load", 500]] as const) {
    times.phase(name);
    now += ms;
  }
  expect(times.seconds()).toEqual({ load: 2, check: 0.02 });
  expect(times.total()).toBe(2.02);
  expect(forwarded).toEqual(["load", "check", "load"]);
});

test("a check without a verdict counts as skipped because of the one that failed", () => {
  const verdicts = new Verdicts();
  verdicts.set("freshness", { verdict: "FAIL", detail: "old" });
  verdicts.set("stored_hash", { verdict: "FAIL", detail: "other" });
  const all = verdicts.all();
  expect(all.map(({ name }) => name)).toEqual(DRILL_CHECK_NAMES);
  expect(all.find(({ name }) => name === "restored")).toMatchObject({
    verdict: "SKIPPED",
    detail: "not restored: stored_hash failed",
  });
});

test("the summary begins with what failed, on one line each", () => {
  const verdicts = new Verdicts();
  verdicts.set("manifest", { verdict: "PASS", detail: "version 2" });
  verdicts.set("restored", { verdict: "FAIL", detail: "ERROR\n a | b" });
  const receipt: Receipt = {
    version: 1,
    kind: "supabase_db_drill_receipt",
    r2_key: "the-key",
    sha256: null,
    drilled_at_utc: "2026-01-18T05:30:00Z",
    server_version: "17.6",
    tool: { name: "revo-backups", version: "0.1.0" },
    git_sha: null,
    run: null,
    checks: verdicts.all(),
    not_proven: [{ name: "files of Storage", why: "not in it" }],
    seconds: { load: 2.5 },
    total_seconds: 3,
    freshness: null,
  };
  const lines = drillSummary({ receipt, receiptKey: "the-receipt" }).split("\n");
  expect(lines[0]).toBe("### Ensaio de restauração REPROVADO (1 falha)");
  expect(lines[6]).toBe("| FAIL Restauração até o fim (`restored`) | ERROR a \\| b |");
  expect(lines).toContain("| PASS Manifesto legível e íntegro (`manifest`) | version 2 |");
  expect(lines).toContain("| files of Storage | not in it |");
  expect(lines).toContain("| load | 2,5 |");
});

describe("freshness", () => {
  const aged = (age_seconds: number) => ({ newest_key: "k", newest_created_at: "t", age_seconds });

  test("is required of prod only, unless a limit is set", () => {
    expect(freshHoursOf("prod", undefined)).toBe(26);
    expect(freshHoursOf("prod", 2)).toBe(2);
    expect(freshHoursOf("dev", undefined)).toBe(null);
    expect(freshHoursOf("dev", 5)).toBe(5);
  });

  test("fails past the limit, and without any backup", () => {
    expect(freshnessOutcome(aged(26 * 3600), 26, "prod").verdict).toBe("PASS");
    expect(freshnessOutcome(aged(26 * 3600 + 1), 26, "prod").verdict).toBe("FAIL");
    expect(freshnessOutcome(null, 26, "prod").verdict).toBe("FAIL");
    expect(freshnessOutcome(aged(1e9), null, "dev").verdict).toBe("SKIPPED");
  });
});
