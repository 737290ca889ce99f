import assert from "node:assert/strict";
import { BackupError } from "@backup/errors.ts";
import { readConfig, repositoryUrl } from "./env.ts";
import { ENVIRONMENT } from "./test_fakes.ts";

function configOf(changes: Record<string, string | undefined>) {
  const env: Record<string, string | undefined> = { ...ENVIRONMENT, ...changes };
  return readConfig((name) => env[name]);
}

function failureOf(changes: Record<string, string | undefined>): Record<string, unknown> {
  try {
    configOf(changes);
  } catch (error) {
    assert.ok(error instanceof BackupError);
    assert.equal(error.code, "config_error");
    return error.details;
  }
  throw new assert.AssertionError({ message: "the environment was accepted" });
}

Deno.test("readConfig() has defaults for optional variables", () => {
  const config = configOf({ GITHUB_API_URL: undefined, GITHUB_DEFAULT_REF: " " });
  assert.equal(config.githubRef, "main");
  assert.equal(config.githubApiUrl, "https://api.github.com");
  assert.equal(config.githubOwner, "revo");
  assert.equal(config.githubRepo, "erp");
});

Deno.test("repositoryUrl() is the repository's page, also of an own GitHub", () => {
  const page = (url: string | undefined) => repositoryUrl(configOf({ GITHUB_API_URL: url }));
  assert.equal(page(undefined), "https://github.com/revo/erp");
  assert.equal(page("https://api.revo.ghe.com"), "https://revo.ghe.com/revo/erp");
  assert.equal(page("https://git.revo.example/api/v3"), "https://git.revo.example/revo/erp");
});

Deno.test("readConfig() finds the publishable key in either form", () => {
  assert.equal(configOf({}).publishableKey, "sb_publishable_example");
  const legacy = configOf({ SUPABASE_PUBLISHABLE_KEYS: undefined, SUPABASE_ANON_KEY: "legacy" });
  assert.equal(legacy.publishableKey, "legacy");
});

Deno.test("readConfig() reports everything missing at once", () => {
  const nothing = {
    SUPABASE_URL: undefined,
    SUPABASE_PUBLISHABLE_KEYS: undefined,
    GITHUB_TOKEN: "  ",
    GITHUB_REPO: undefined,
  };
  assert.deepEqual(failureOf(nothing), {
    missing: ["SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEYS", "GITHUB_TOKEN", "GITHUB_REPO"],
    invalid: [],
  });
});

Deno.test("readConfig() names invalid variables without their values", () => {
  const details = failureOf({
    GITHUB_REPO: "no-owner",
    SUPABASE_URL: "ftp://x",
  });
  assert.deepEqual(details, { missing: [], invalid: ["SUPABASE_URL", "GITHUB_REPO"] });
});
