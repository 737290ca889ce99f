import assert from "node:assert/strict";
import { readServiceAccess } from "./env.ts";
import { connectOwnName } from "./own_name.ts";
import { CALLER, ENVIRONMENT, R2_KEY, REQUEST_ID } from "./test_fakes.ts";

const REFUSAL = {
  caller: CALLER,
  target: "prod",
  requestId: REQUEST_ID,
  r2Key: R2_KEY,
  code: "forbidden",
  detail: { action: "restore" },
} as const;

function accessOf(changes: Record<string, string>) {
  const env: Record<string, string> = { ...ENVIRONMENT, ...changes };
  return readServiceAccess((name) => env[name]);
}

const access = accessOf({ SUPABASE_SECRET_KEYS: '{"default":"sb_secret_example"}' });

Deno.test("readServiceAccess() finds the secret key in either form, and reports it missing in neither", () => {
  assert.equal(access?.secretKey, "sb_secret_example");
  assert.equal(accessOf({ SUPABASE_SERVICE_ROLE_KEY: "legacy" })?.secretKey, "legacy");
  assert.equal(accessOf({}), null);
  assert.equal(accessOf({ SUPABASE_SERVICE_ROLE_KEY: "legacy", SUPABASE_URL: "nowhere" }), null);
});

/** The project's database as a `fetch`. */
function project() {
  const seen: { path: string; apikey: string | null; body: unknown }[] = [];
  const ownName = connectOwnName(access, (input, init = {}) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    const apikey = new Headers(init.headers).get("apikey");
    seen.push({ path: pathname, apikey, body: JSON.parse(String(init.body)) });
    return Promise.resolve(Response.json({ seq: 1 }));
  });
  return { seen, ownName };
}

Deno.test("append() writes one audit record with the secret key, and calls nothing else", async () => {
  const { seen, ownName } = project();
  await ownName.append(REFUSAL);
  assert.deepEqual(seen, [{
    path: "/rest/v1/rpc/ops_db_backup_audit_append",
    apikey: "sb_secret_example",
    body: {
      p: {
        event: "refusal",
        actor: CALLER.email,
        actor_id: CALLER.id,
        target: "prod",
        request_id: REQUEST_ID,
        r2_key: R2_KEY,
        code: "forbidden",
        detail: { action: "restore" },
      },
    },
  }]);
});

Deno.test("giveUp() leaves it to the catalog which runs are silent", async () => {
  const { seen, ownName } = project();
  await ownName.giveUp();
  assert.deepEqual(seen, [{
    path: "/rest/v1/rpc/ops_db_backup_runs_expire",
    apikey: "sb_secret_example",
    body: {},
  }]);
  await assert.rejects(connectOwnName(null, fetch).giveUp(), { code: "catalog_unavailable" });
});

Deno.test("append() fails with audit_unavailable when the record is not stored", async () => {
  const down = connectOwnName(access, () => Promise.reject(new TypeError("refused")));
  await assert.rejects(down.append(REFUSAL), { code: "audit_unavailable" });
  await assert.rejects(connectOwnName(null, fetch).append(REFUSAL), {
    code: "audit_unavailable",
    message: /no secret key/,
  });
});
