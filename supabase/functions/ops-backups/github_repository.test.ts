import assert from "node:assert/strict";
import { parseExpiry } from "@backup/github/facts.ts";
import { createRepository } from "./github_repository.ts";
import { exampleConfig, NOW } from "./test_fakes.ts";

const REPOSITORY = "/repos/revo/erp";

function connect(answers: Record<string, () => Response>) {
  return createRepository(exampleConfig(), {
    now: () => NOW,
    fetch: (input) => {
      const { pathname } = new URL(input instanceof Request ? input.url : input);
      const answer = answers[pathname.slice(REPOSITORY.length)];
      return Promise.resolve(answer?.() ?? Response.json({ message: "Not Found" }, { status: 404 }));
    },
  });
}

Deno.test("parseExpiry() parses GitHub's times and returns null for anything else", () => {
  assert.equal(parseExpiry("2026-12-24 10:00:00 UTC")?.toISOString(), "2026-12-24T10:00:00.000Z");
  assert.equal(parseExpiry("2026-12-24 10:00:00 -0300")?.toISOString(), "2026-12-24T13:00:00.000Z");
  assert.equal(parseExpiry(undefined), null);
  assert.equal(parseExpiry("soon"), null);
});

Deno.test("readTokenExpiry() reads the expiry from the response's header", async () => {
  const headers = { "github-authentication-token-expiration": "2026-12-24 10:00:00 UTC" };
  const stated = connect({ "": () => Response.json({ id: 1 }, { headers }) });
  assert.equal((await stated.readTokenExpiry())?.getUTCDate(), 24);
  assert.equal(await connect({ "": () => Response.json({ id: 1 }) }).readTokenExpiry(), null);
  await assert.rejects(connect({}).readTokenExpiry(), { code: "github_not_found" });
});

Deno.test("listSecretNames() returns names only", async () => {
  const secrets = [{ name: "R2_ENDPOINT", created_at: "2026-01-01T00:00:00Z", value: "no" }];
  const repository = connect({ "/actions/secrets": () => Response.json({ total_count: 1, secrets }) });
  assert.deepEqual(await repository.listSecretNames(), ["R2_ENDPOINT"]);
});

Deno.test("listSecretNames() adds what every environment has, and fails where it may not read them", async () => {
  const answer = (...names: string[]) => () =>
    Response.json({ total_count: names.length, secrets: names.map((name) => ({ name })) });
  const at = (name: string) => `/environments/${name}/secrets`;
  const everywhere = ["R2_ENDPOINT", "R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY", "SUPABASE_DB_URL_PROD"];
  const answers = {
    "/actions/secrets": answer("OTHER"),
    [at("backups-read")]: answer(...everywhere),
    [at("backups-write")]: answer(...everywhere, "SUPABASE_DB_URL_DEV"),
    [at("restore-prod")]: answer(...everywhere.slice(1)),
  };
  assert.deepEqual(await connect(answers).listSecretNames(), [
    "OTHER",
    ...everywhere.slice(1),
    "SUPABASE_DB_URL_DEV",
  ]);
  const forbidden = () => Response.json({ message: "Resource not accessible" }, { status: 403 });
  const closed = { ...answers, [at("restore-prod")]: forbidden };
  await assert.rejects(connect(closed).listSecretNames(), { code: "github_forbidden" });
  const complete = { ...closed, "/actions/secrets": answer(...everywhere) };
  assert.deepEqual((await connect(complete).listSecretNames()).slice(0, 4), everywhere);
});

Deno.test("lastScheduledRun() returns null when the schedule has started no run", async () => {
  const path = "/actions/workflows/db-backup.yml/runs";
  const none = connect({ [path]: () => Response.json({ total_count: 0, workflow_runs: [] }) });
  assert.equal(await none.lastScheduledRun("db-backup.yml"), null);
});

Deno.test("a response of GitHub in another format is a GitHub error", async () => {
  const odd = connect({ "/actions/workflows": () => Response.json({ workflows: [{}] }) });
  await assert.rejects(odd.listWorkflows(), { code: "github_error" });
});
