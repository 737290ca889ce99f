import assert from "node:assert/strict";
import type { ErrorCode } from "@backup/messages.ts";
import { connectCallers } from "./database.ts";
import { RequestError } from "./responses.ts";
import { ENVIRONMENT, exampleConfig, exampleRun, R2_KEY, REQUEST_ID } from "./test_fakes.ts";

interface Seen {
  url: URL;
  authorization: string | null;
  apikey: string | null;
  body: unknown;
}
type Answer = (seen: Seen) => Response | Promise<Response>;

/** A project's servers as a `fetch`. */
function project(answer: Answer) {
  const seen: Seen[] = [];
  const fetchImpl: typeof fetch = async (input, init = {}) => {
    const headers = new Headers(init.headers);
    const call = {
      url: new URL(input instanceof Request ? input.url : input),
      authorization: headers.get("authorization"),
      apikey: headers.get("apikey"),
      body: typeof init.body === "string" ? JSON.parse(init.body) : null,
    };
    seen.push(call);
    return await answer(call);
  };
  return { seen, as: connectCallers(exampleConfig(), fetchImpl) };
}

const encode = (value: unknown) => base64url(new TextEncoder().encode(JSON.stringify(value)));

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const IN_AN_HOUR = Math.floor(Date.now() / 1000) + 3600;
const USER = { sub: "44444444-4444-4444-8444-444444444444", role: "authenticated", exp: IN_AN_HOUR };

function symmetric(claims: Record<string, unknown>): string {
  return `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}.c2lnbmF0dXJl`;
}

async function asymmetric(kid: string, claims: Record<string, unknown>) {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const unsigned = `${encode({ alg: "ES256", typ: "JWT", kid })}.${encode(claims)}`;
  const bytes = new TextEncoder().encode(unsigned);
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, bytes);
  const jwk = { ...await crypto.subtle.exportKey("jwk", pair.publicKey), kid, alg: "ES256" };
  return { jwt: `${unsigned}.${base64url(new Uint8Array(signature))}`, jwk };
}

const userAnswer: Answer = () => Response.json({ id: USER.sub, aud: "authenticated" });

Deno.test("authenticate() verifies a token with the auth server in a project with a shared secret", async () => {
  const { seen, as } = project(userAnswer);
  const jwt = symmetric(USER);
  await as(jwt).authenticate();
  assert.equal(seen.length, 1);
  assert.equal(seen[0]?.url.href, `${ENVIRONMENT.SUPABASE_URL}/auth/v1/user`);
  assert.equal(seen[0]?.authorization, `Bearer ${jwt}`);
});

Deno.test("authenticate() accepts every user id that PostgreSQL stores, also one of no version of RFC 9562", async () => {
  const sub = "d41d8cd9-8f00-b204-e980-0998ecf8427e"; // an md5, as seeds and imports make them
  const { as } = project(() => Response.json({ id: sub, aud: "authenticated" }));
  assert.equal((await as(symmetric({ ...USER, sub })).authenticate()).id, sub);
});

Deno.test("authenticate() checks an asymmetric token against the project's keys only", async () => {
  const ours = await asymmetric("ours", USER);
  const forged = await asymmetric("ours", USER);
  const foreign = await asymmetric("foreign", USER);
  const { seen, as } = project(({ url }) => {
    if (url.pathname.endsWith("/jwks.json")) return Response.json({ keys: [ours.jwk] });
    return Response.json({ code: 403, error_code: "bad_jwt", msg: "invalid JWT" }, { status: 403 });
  });
  await as(ours.jwt).authenticate();
  assert.ok(seen.every(({ url }) => url.pathname.endsWith("/jwks.json")));
  await assert.rejects(as(forged.jwt).authenticate(), { code: "invalid_token" });
  await assert.rejects(as(foreign.jwt).authenticate(), { code: "invalid_token" });
});

const bad: [string, string, Answer, ErrorCode][] = [
  ["no JWT at all", "garbage", userAnswer, "invalid_token"],
  ["three parts of nothing", "a.b.c", userAnswer, "invalid_token"],
  ["a new API key", "sb_publishable_example", userAnswer, "invalid_token"],
  ["an expired token", symmetric({ ...USER, exp: 1 }), userAnswer, "invalid_token"],
  ["the legacy anon key", symmetric({ ...USER, role: "anon" }), userAnswer, "invalid_token"],
  ["the service key", symmetric({ ...USER, role: "service_role" }), userAnswer, "invalid_token"],
  [
    "what the auth server refuses",
    symmetric(USER),
    () => Response.json({ code: 403, error_code: "bad_jwt", msg: "invalid JWT" }, { status: 403 }),
    "invalid_token",
  ],
  [
    "a user who signed out",
    symmetric(USER),
    () => Response.json({ code: 403, error_code: "session_not_found", msg: "gone" }, { status: 403 }),
    "invalid_token",
  ],
  [
    "anybody while the auth server is down",
    symmetric(USER),
    () => Promise.reject(new TypeError("connection refused")),
    "catalog_unavailable",
  ],
  [
    "anybody while the auth server fails",
    symmetric(USER),
    () => new Response("<html>", { status: 502 }),
    "catalog_unavailable",
  ],
];

for (const [what, jwt, answer, code] of bad) {
  Deno.test(`authenticate() refuses ${what} with ${code}`, async () => {
    await assert.rejects(project(answer).as(jwt).authenticate(), { code });
  });
}

Deno.test("every call carries the caller's token and the project's publishable key", async () => {
  const { seen, as } = project(() => Response.json(true));
  assert.equal(await as("user-token").mayOps("manage"), true);
  assert.equal(seen[0]?.url.pathname, "/rest/v1/rpc/has_permission_for_current_user");
  assert.equal(seen[0]?.authorization, "Bearer user-token");
  assert.equal(seen[0]?.apikey, "sb_publishable_example");
  assert.deepEqual(seen[0]?.body, { p_module: "ops", p_action: "manage" });
});

const noAnswer: [string, Answer, ErrorCode][] = [
  [
    "the function is missing",
    () => Response.json({ code: "PGRST202", message: "no" }, { status: 404 }),
    "perm_check_failed",
  ],
  ["the database is down", () => Promise.reject(new TypeError("refused")), "perm_check_failed"],
  ["the answer is neither yes nor no", () => Response.json(null), "perm_check_failed"],
  [
    "the token ended meanwhile",
    () => Response.json({ code: "PGRST303", message: "JWT expired" }, { status: 401 }),
    "invalid_token",
  ],
];

for (const [what, answer, code] of noAnswer) {
  Deno.test(`mayOps() fails when ${what}`, async () => {
    await assert.rejects(project(answer).as("user-token").mayOps("manage"), { code });
  });
}

Deno.test("mayAct() asks the database, which knows the setting operators", async () => {
  const answers: [object, boolean][] = [
    [{ manage: true, restore: false }, true],
    [{ manage: false, restore: true }, true],
    [{ manage: false, restore: false }, false],
    [{ manage: true }, true], // an older catalog
  ];
  for (const [rights, may] of answers) {
    const { seen, as } = project(() => Response.json({ view: true, empresa: true, ...rights }));
    assert.equal(await as("user-token").mayAct(), may);
    assert.equal(seen[0]?.url.pathname, "/rest/v1/rpc/ops_db_backup_permissions");
  }
});

Deno.test("currentEmpresa() distinguishes no company from no reply", async () => {
  assert.equal(await project(() => Response.json(null)).as("t").currentEmpresa(), null);
  await assert.rejects(project(() => Response.json({})).as("t").currentEmpresa(), {
    code: "perm_check_failed",
  });
});

Deno.test("requestRun() refuses while the restore waits for a second user", async () => {
  const approval = { request_id: REQUEST_ID, expires_at: "2026-11-24T12:30:00+00:00" };
  const { seen, as } = project(() => Response.json({ created: false, run: null, approval }));
  const order = {
    kind: "restore",
    target: "prod",
    mode: null,
    label: null,
    r2Key: R2_KEY,
    reason: "x",
    planRequestId: REQUEST_ID,
    requestId: REQUEST_ID,
    options: { end_sessions: true },
  } as const;
  await assert.rejects(as("t").requestRun(order), {
    code: "approval_required",
    answer: { details: approval },
  });
  assert.deepEqual(Object(seen[0]?.body).p_options, { end_sessions: true });
});

Deno.test("requestRun() sends the request and parses the row", async () => {
  const run = exampleRun();
  const { seen, as } = project(() => Response.json({ created: true, run }));
  const order = {
    kind: "backup",
    target: "prod",
    mode: "full",
    label: null,
    r2Key: null,
    reason: null,
    planRequestId: null,
    options: {},
  } as const;
  assert.deepEqual(await as("t").requestRun({ ...order, requestId: REQUEST_ID }), { created: true, run });
  assert.deepEqual(seen[0]?.body, {
    p_kind: "backup",
    p_target: "prod",
    p_mode: "full",
    p_label: null,
    p_r2_key: null,
    p_reason: null,
    p_request_id: REQUEST_ID,
  });
});

Deno.test("findRun() returns null for an unknown id and refuses a row of another shape", async () => {
  assert.equal(await project(() => Response.json([])).as("t").findRun(REQUEST_ID), null);
  const odd = project(() => Response.json([{ id: 1 }])).as("t");
  await assert.rejects(odd.findRun(REQUEST_ID), { code: "internal_server_error" });
});

const HOLDER = {
  kind: "restore",
  target: "dev",
  status: "running",
  requested_by: "ana@revo.example",
  created_at: "2026-11-24T12:00:00+00:00",
  request_id: REQUEST_ID,
  run_url: null,
};

function refuses(status: number, code: string, hint: string | null, details: unknown = null): Answer {
  const body = { code, hint, message: "refused", details: details === null ? "" : JSON.stringify(details) };
  return () => Response.json(body, { status });
}

const refusals: [string, Answer, ErrorCode, RegExp?][] = [
  [
    "a held lock, with who holds it and since when",
    refuses(409, "PT409", "busy", HOLDER),
    "busy",
    /restauração em dev, desde 24\/11\/2026, 09:00 .*ana@revo\.example\. Se parar de dar sinal, .* 10 minutos depois\./,
  ],
  ["a held lock without facts", refuses(409, "PT409", "busy"), "busy"],
  ["a reused id", refuses(409, "PT409", "request_id_reused"), "request_id_reused"],
  ["no active company", refuses(400, "PT400", "empresa_not_selected"), "empresa_not_selected"],
  [
    "a wrong field",
    refuses(400, "PT400", "invalid_payload", { field: "target" }),
    "invalid_payload",
    /target/,
  ],
  ["a missing right", refuses(403, "42501", null), "forbidden"],
  ["an ended token", refuses(401, "PGRST303", null), "invalid_token"],
  ["a database that is down", refuses(503, "PGRST001", null), "catalog_unavailable"],
  ["a hint that is no code", refuses(500, "XX000", "vacuum"), "internal_server_error"],
];

for (const [what, answer, code, sentence] of refusals) {
  Deno.test(`a refusal becomes ${code}: ${what}`, async () => {
    await assert.rejects(project(answer).as("t").findRun(REQUEST_ID), (error) => {
      assert.ok(error instanceof RequestError);
      assert.equal(error.code, code);
      if (sentence !== undefined) assert.match(error.answer.sentence ?? "", sentence);
      return true;
    });
  });
}

Deno.test("a caller's client headers are sent with each call of the database", async () => {
  const sent: Headers[] = [];
  const connect = connectCallers(exampleConfig(), (_, init) => {
    sent.push(new Headers(init?.headers));
    return Promise.resolve(Response.json(true));
  });
  await connect("user", { "x-empresa-id": "7" }).mayOps("view");
  await connect("user").mayOps("view");
  assert.deepEqual(sent.map((headers) => headers.get("x-empresa-id")), ["7", null]);
  assert.deepEqual(sent.map((headers) => headers.get("authorization")), ["Bearer user", "Bearer user"]);
});
