import assert from "node:assert/strict";
import { BackupError } from "@backup/errors.ts";
import type { ErrorCode } from "@backup/messages.ts";
import { type ActionRequest, MAX_BODY_BYTES, readActionRequest, requireConsent } from "./request.ts";
import { R2_KEY, REQUEST_ID } from "./test_fakes.ts";

const OTHER_ID = "33333333-3333-4333-8333-333333333333";

function post(body: unknown, { path = "/ops-backups", key }: { path?: string; key?: string } = {}): Request {
  return new Request(`https://functions.example${path}`, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: key === undefined ? {} : { "Idempotency-Key": key },
  });
}

Deno.test("readActionRequest() reads the existing client's calls", async () => {
  const backup = await readActionRequest(
    post({ action: "backup", target: "dev", mode: "schema-only", label: "antes de" }),
  );
  assert.deepEqual(backup, { action: "backup", target: "dev", mode: "schema-only", label: "antes_de" });
  const restore = await readActionRequest(
    post({ action: "restore", target: "dev", r2_key: R2_KEY, confirm: null }),
  );
  assert.deepEqual(restore, { action: "restore", target: "dev", r2_key: R2_KEY, confirm: null });
});

Deno.test("readActionRequest() takes the action from the path", async () => {
  const path = "/functions/v1/ops-backups/status/";
  assert.deepEqual(await readActionRequest(post({ request_id: REQUEST_ID }, { path })), {
    action: "status",
    request_id: REQUEST_ID,
  });
  const both = await readActionRequest(
    post({ action: "backup", target: "prod" }, { path: "/ops-backups/backup" }),
  );
  assert.equal(both.action, "backup");
});

Deno.test("readActionRequest() takes the request id from Idempotency-Key", async () => {
  const request = await readActionRequest(post({ action: "backup", target: "prod" }, { key: REQUEST_ID }));
  assert.deepEqual(request, {
    action: "backup",
    target: "prod",
    mode: "full",
    label: null,
    request_id: REQUEST_ID,
  });
});

const backup = { action: "backup", target: "prod" };
const restore = { action: "restore", target: "prod", r2_key: R2_KEY };
const DEV_KEY = R2_KEY.replaceAll("prod", "dev");

const refusals: [string, Request, ErrorCode, unknown?][] = [
  ["no JSON", post("{"), "invalid_payload"],
  ["an empty body", post(""), "invalid_payload"],
  ["an array", post([]), "invalid_payload"],
  ["null", post(null), "invalid_payload"],
  ["too many bytes", post({ ...backup, reason: "é".repeat(MAX_BODY_BYTES / 2) }), "payload_too_large"],
  ["no action", post({}), "invalid_action"],
  ["an unknown action", post({ action: "drop" }), "invalid_action"],
  ["path against body", post(backup, { path: "/ops-backups/restore" }), "invalid_action"],
  ["an unknown field", post({ ...backup, force: true }), "invalid_payload", { force: "campo desconhecido" }],
  ["an unknown target", post({ ...backup, target: "staging" }), "invalid_payload"],
  ["a bad label", post({ ...backup, label: "a/b" }), "invalid_label"],
  ["a bad label and a bad mode", post({ ...backup, label: "a/b", mode: "half" }), "invalid_payload"],
  ["an id that is no UUID", post(backup, { key: "again" }), "invalid_payload"],
  ["two ids", post({ ...backup, request_id: OTHER_ID }, { key: REQUEST_ID }), "invalid_payload"],
  ["a key of no backup", post({ ...restore, r2_key: "../x.dump.gz", target: "dev" }), "invalid_r2_key"],
  ["a plan of no backup", post({ action: "plan", target: "dev", r2_key: "revo/x" }), "invalid_r2_key"],
  [
    "privileges of no backup",
    post({ action: "plan", target: "dev", r2_key: R2_KEY, privileges_from: "newest" }),
    "invalid_r2_key",
  ],
  ["a drill of no backup", post({ action: "drill", target: "dev", r2_key: "revo/x" }), "invalid_r2_key"],
  ["a plan without a key", post({ action: "plan", target: "dev" }), "invalid_payload"],
  [
    "the confirmation of another unsigned backup",
    post({ ...restore, allow_unsigned: DEV_KEY }),
    "invalid_payload",
    {
      allow_unsigned: "deve ser a chave de r2_key",
    },
  ],
  [
    "a plan with the confirmation of another backup",
    post({ action: "plan", target: "dev", r2_key: R2_KEY, allow_unsigned: "sim" }),
    "invalid_payload",
  ],
  ["a cancellation of nothing", post({ action: "cancel" }), "invalid_payload"],
  ["health with more than its name", post({ action: "health", target: "prod" }), "invalid_payload"],
];

for (const [what, request, code, fields] of refusals) {
  Deno.test(`readActionRequest() refuses ${what}`, async () => {
    await assert.rejects(readActionRequest(request), (error) => {
      assert.ok(error instanceof BackupError);
      assert.equal(error.code, code);
      if (fields !== undefined) assert.deepEqual(error.details.fields, fields);
      return true;
    });
  });
}

Deno.test("readActionRequest() stops reading at the limit", async () => {
  let pulled = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(4096));
    },
  });
  const request = new Request("https://functions.example", { method: "POST", body: endless });
  await assert.rejects(readActionRequest(request), { code: "payload_too_large" });
  assert.ok(pulled < 10, `read ${pulled} chunks`);
});

const CONSENT = {
  action: "restore",
  target: "prod",
  r2_key: R2_KEY,
  confirm: "RESTORE_PROD",
  request_id: REQUEST_ID,
  reason: "migração ruim",
  plan_request_id: OTHER_ID,
} as const;

const consents: [string, ActionRequest, ErrorCode | null][] = [
  ["everything said", CONSENT, null],
  ["a client of the time before request ids", {
    action: "restore",
    target: "prod",
    r2_key: R2_KEY,
    confirm: "RESTORE_PROD",
  }, "reason_required"],
  ["another target", { action: "restore", target: "dev", r2_key: R2_KEY, request_id: REQUEST_ID }, null],
  ["a plan for prod", { action: "plan", target: "prod", r2_key: R2_KEY, request_id: REQUEST_ID }, null],
  ["no word", { ...CONSENT, confirm: null }, "confirmation_required"],
  ["nearly the word", { ...CONSENT, confirm: "restore_prod" }, "confirmation_required"],
  ["a backup of dev", { ...CONSENT, r2_key: DEV_KEY }, "source_confirmation_required"],
  [
    "a backup of dev, named wrongly",
    { ...CONSENT, r2_key: DEV_KEY, confirm_source: "prod" },
    "source_confirmation_required",
  ],
  ["a backup of dev, of an old client", {
    action: "restore",
    target: "prod",
    r2_key: DEV_KEY,
    confirm: "RESTORE_PROD",
  }, "source_confirmation_required"],
  ["a backup of dev, by its name", { ...CONSENT, r2_key: DEV_KEY, confirm_source: "dev" }, null],
  ["a backup of dev into verify", { ...CONSENT, target: "verify", r2_key: DEV_KEY }, null],
  ["no reason", { ...CONSENT, reason: "" }, "reason_required"],
  ["a reason of one letter", { ...CONSENT, reason: "x" }, "reason_required"],
  ["no plan", { ...CONSENT, plan_request_id: undefined }, "plan_required"],
];

for (const [what, request, code] of consents) {
  Deno.test(`requireConsent() returns ${code ?? "nothing"} for ${what}`, () => {
    if (code === null) return requireConsent(request);
    assert.throws(() => requireConsent(request), { code });
  });
}
