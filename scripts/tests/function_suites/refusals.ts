/** Every action × every caller × every form of a call: the response, and that one audit record is the only effect. */
import type postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ACTIONS, healthAnswerSchema } from "@backup/api.ts";
import { ask, type Call, claimsOf } from "../function_caller.ts";
import { expectRefusal, type FunctionPlace, R2_KEY, REQUEST_ID } from "../function_place.ts";

type Action = (typeof ACTIONS)[number];
type Answer = [status: number, code: string];

const SEALED = { v: 1, public_key: `B${"A".repeat(86)}=`, iv: "A".repeat(16), body: "ABCD" };

export const GOOD = {
  backup: { action: "backup", target: "verify", mode: "schema-only", label: "teste" },
  restore: { action: "restore", target: "dev", r2_key: R2_KEY, confirm: null },
  plan: { action: "plan", target: "dev", r2_key: R2_KEY },
  drill: { action: "drill", target: "prod" },
  status: { action: "status", request_id: REQUEST_ID },
  cancel: { action: "cancel", request_id: REQUEST_ID },
  health: { action: "health" },
  log: { action: "log", request_id: REQUEST_ID },
  features: { action: "features" },
  download: { action: "download", r2_key: R2_KEY, reason: "cópia para o auditor" },
  look: {
    action: "look",
    request_id: REQUEST_ID,
    r2_key: R2_KEY,
    reason: "pedido do titular",
    sealed: SEALED,
  },
  look_answer: { action: "look_answer", request_id: REQUEST_ID },
  look_withdraw: { action: "look_withdraw", request_id: REQUEST_ID },
} as const satisfies Record<Action, object>;

/** Invalid calls, and the code that a signed-in user gets. */
const BAD: Record<string, { call: (action: Action) => Partial<Call>; answer: Answer }> = {
  "a broken body": { call: () => ({ body: "{" }), answer: [400, "invalid_payload"] },
  "an oversized body": {
    call: (action) => ({ body: { ...GOOD[action], reason: "x".repeat(17_000) } }),
    answer: [413, "payload_too_large"],
  },
  "a wrong method": { call: () => ({ method: "PUT" }), answer: [405, "method_not_allowed"] },
  "an unknown field": {
    call: (action) => ({ body: { ...GOOD[action], force: true } }),
    answer: [400, "invalid_payload"],
  },
  "another action": { call: () => ({ body: { action: "drop" } }), answer: [400, "invalid_action"] },
  "path against body": {
    call: (action) => ({ path: action === "backup" ? "/restore" : "/backup" }),
    answer: [400, "invalid_action"],
  },
};
/** The requests of callers without a valid token. */
const FIRST_FORMS = ["a broken body", "an oversized body", "a wrong method"];

/** Callers without a valid token: the same code for every call. */
const UNKNOWN: Record<string, string> = {
  "no token": "not_signed_in",
  garbage: "invalid_token",
  "three parts of garbage": "invalid_token",
  "an expired token": "invalid_token",
  "another project's token": "invalid_token",
  "an unsigned token": "invalid_token",
  "an anonymous token": "invalid_token",
  "a service token": "invalid_token",
  "the publishable key": "invalid_token",
  "the secret key": "invalid_token",
};

/** Signed in: the response to a valid call; `null` for one that is permitted. */
const FORBIDDEN: Answer = [403, "forbidden"];
const NOT_FOUND: Answer = [404, "run_not_found"];
const NO_COMPANY: Answer = [400, "empresa_not_selected"];
const acting = (answer: Answer | null) => ({
  backup: answer,
  restore: answer,
  plan: answer,
  drill: answer,
});
const looking = (answer: Answer | null) => ({ health: answer, features: answer });
const NO_BACKUP: Answer = [404, "no_backup_found"];
const NO_LOOK: Answer = [404, "look_expired"];
const looks = (look: Answer, answer: Answer, withdraw: Answer | null) => ({
  look,
  look_answer: answer,
  look_withdraw: withdraw,
});
const KNOWN: Record<string, Record<Action, Answer | null>> = {
  stranger: {
    ...{ ...acting(FORBIDDEN), ...looking(FORBIDDEN) },
    ...{ cancel: FORBIDDEN, log: FORBIDDEN, status: FORBIDDEN, download: FORBIDDEN },
    ...looks(FORBIDDEN, FORBIDDEN, FORBIDDEN),
  },
  viewer: {
    ...acting(FORBIDDEN),
    ...looking(null),
    cancel: FORBIDDEN,
    log: FORBIDDEN,
    status: NOT_FOUND,
    download: FORBIDDEN,
    ...looks(FORBIDDEN, FORBIDDEN, FORBIDDEN),
  },
  manager: {
    ...{ ...acting(null), ...looking(null) },
    ...{ cancel: NOT_FOUND, log: NOT_FOUND, status: NOT_FOUND, download: NO_BACKUP },
    ...looks(NO_BACKUP, NO_LOOK, null),
  },
  "manager without a company": {
    ...{ ...acting(NO_COMPANY), ...looking(null) },
    ...{ cancel: NO_COMPANY, log: NO_COMPANY, status: NOT_FOUND, download: NO_COMPANY },
    ...looks(NO_COMPANY, NO_COMPANY, NO_COMPANY),
  },
};

export function describeRefusals(place: () => FunctionPlace): void {
  const refuse = async (
    who: string,
    call: Omit<Call, "token">,
    [status, code]: Answer,
    actor: string | null,
  ) => {
    await expectRefusal(place(), { ...call, token: place().tokens[who] }, { status, code, actor });
  };

  describe.each(Object.entries(UNKNOWN))("%s", (who, code) => {
    it.each(ACTIONS)("gets no information by %s", async (action) => {
      await refuse(who, { body: GOOD[action] }, [401, code], null);
      // one form each: strangers share a budget of refusals
      const form = FIRST_FORMS[ACTIONS.indexOf(action) % FIRST_FORMS.length] ?? "";
      const answer: Answer = form === "a wrong method" ? [405, "method_not_allowed"] : [401, code];
      await refuse(who, { body: GOOD[action], ...BAD[form]?.call(action) }, answer, null);
    });
  });

  describe.each(Object.entries(KNOWN))("the %s", (name, answers) => {
    const who = name.split(" ")[0] ?? "";
    if (name.includes("without")) withoutCompany(place);
    const emailOf = () => String(claimsOf(place().tokens[who] ?? "").email);

    it.each(ACTIONS)("is refused by %s where it must be", async (action) => {
      const answer = answers[action];
      if (answer !== null) await refuse(who, { body: GOOD[action] }, answer, emailOf());
      for (const { call, answer: [status, code] } of Object.values(BAD)) {
        const actor = code === "method_not_allowed" ? null : emailOf();
        await refuse(who, { body: GOOD[action], ...call(action) }, [status, code], actor);
      }
    });

    if (answers.health !== null) return;
    it("reads the health, which contains no secret", async () => {
      const { stack, tokens } = place();
      const { status, body } = await ask(stack, { token: tokens[who], body: GOOD.health });
      expect(status).toBe(200);
      const { checks } = healthAnswerSchema.parse(body);
      const bad = checks.filter((check) => check.status !== "ok" && check.name !== "github_token_expiry");
      // this stack has no ALLOWED_ORIGINS
      expect(bad.map((check) => check.name)).toEqual(["function_settings"]);
      const secrets = [stack.github.token, stack.keys.secret, stack.keys.publishable];
      for (const secret of [...secrets, ...Object.values(stack.workflowSecrets)]) {
        expect(JSON.stringify(body)).not.toContain(secret);
      }
    });
  });

  describe("an invalid request of a manager", () => {
    const restoreOfProd = { ...GOOD.restore, target: "prod" };
    const confirmed = { ...restoreOfProd, confirm: "RESTORE_PROD", request_id: REQUEST_ID };
    const mistakes: [string, object, Answer][] = [
      ["no confirmation for prod", restoreOfProd, [400, "confirmation_required"]],
      ["no request id, reason and plan for prod", { ...confirmed, request_id: undefined }, [
        400,
        "reason_required",
      ]],
      ["no reason for prod", confirmed, [400, "reason_required"]],
      ["no plan for prod", { ...confirmed, reason: "ensaio" }, [409, "plan_required"]],
      [
        "a plan that never was",
        { ...confirmed, reason: "ensaio", plan_request_id: REQUEST_ID },
        [409, "plan_required"],
      ],
      ["a key of no backup", { ...GOOD.restore, r2_key: "revo/x" }, [400, "invalid_r2_key"]],
      ["a bad label", { ...GOOD.backup, label: "a/b" }, [400, "invalid_label"]],
      ["no reason for a download", { ...GOOD.download, reason: "x" }, [400, "reason_required"]],
      ["too short a reason for a look", { ...GOOD.look, reason: "nove letr" }, [400, "reason_required"]],
      ["a look that is not sealed", { ...GOOD.look, sealed: { search: "Ana" } }, [400, "invalid_payload"]],
      ["a download of no backup", { ...GOOD.download, r2_key: "revo/x" }, [400, "invalid_r2_key"]],
      ["an unknown target", { ...GOOD.backup, target: "staging" }, [400, "invalid_payload"]],
    ];
    it.each(mistakes)("%s", async (_what, body, answer) => {
      await refuse("manager", { body }, answer, place().stack.users.admin.email);
    });
  });
}

function withoutCompany(place: () => FunctionPlace): void {
  let active: postgres.Row | undefined;
  beforeAll(async () => {
    const { sql, tokens } = place();
    const { sub } = claimsOf(tokens.manager ?? "");
    [active] = await sql`
      delete from public.usuario_empresa_ativa where user_id = ${String(sub)} returning *`;
    expect(active).toBeDefined();
  });
  afterAll(async () => {
    const { sql } = place();
    if (active) await sql`insert into public.usuario_empresa_ativa ${sql(active, "user_id", "empresa_id")}`;
  });
}
