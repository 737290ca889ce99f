/** Parses a request: size and JSON of the body, the action, then the action's own fields, strictly. */
import { z } from "zod";
import {
  type Action,
  ACTIONS,
  backupRequestSchema,
  type CancelRequest,
  cancelRequestSchema,
  type DownloadRequest,
  downloadRequestSchema,
  drillRequestSchema,
  type FeaturesRequest,
  featuresRequestSchema,
  type HealthRequest,
  healthRequestSchema,
  type LogRequest,
  logRequestSchema,
  type LookAnswerRequest,
  lookAnswerRequestSchema,
  type LookRequest,
  lookRequestSchema,
  type LookWithdrawRequest,
  lookWithdrawRequestSchema,
  NO_PRIVILEGES,
  planRequestSchema,
  restoreRequestSchema,
  type StartRequest,
  type StatusRequest,
  statusRequestSchema,
} from "@backup/api.ts";
import { isReason, LOOK_REASON_MIN_LETTERS, REASON_MIN_LETTERS } from "@backup/reason.ts";
import { parseArchiveKey } from "@backup/vault/object_key.ts";
import { isRestoreConfirmed, isSourceConfirmed } from "@backup/target.ts";
import { RequestError } from "./responses.ts";

export const MAX_BODY_BYTES = 16 * 1024;

const pageLanguage = z.locales.ptBR().localeError;
const actionSchema = z.enum(ACTIONS);
type JsonObject = Record<string, unknown>;

/** A request with valid fields, before the permission check. */
export type ActionRequest =
  | StartRequest
  | StatusRequest
  | CancelRequest
  | HealthRequest
  | FeaturesRequest
  | LogRequest
  | DownloadRequest
  | LookRequest
  | LookAnswerRequest
  | LookWithdrawRequest;

/** Actions that create a run: `Idempotency-Key` may give their `request_id`. */
const STARTING: readonly Action[] = ["backup", "restore", "plan", "drill"];

/**
 * @throws {RequestError} `payload_too_large`, `invalid_action`, or `invalid_payload`, `invalid_label`,
 * `invalid_r2_key` with the fields' names in `details.fields`.
 */
export async function readActionRequest(request: Request): Promise<ActionRequest> {
  const body = await readObject(request);
  const action = readAction(body.action, new URL(request.url).pathname);
  const payload = withIdempotencyKey({ ...body, action }, request.headers.get("idempotency-key"));
  switch (action) {
    case "backup":
      return checked(backupRequestSchema, payload);
    case "restore":
      return withConfirmedKey(withArchiveKey(checked(restoreRequestSchema, payload)));
    case "plan":
      return withConfirmedKey(withArchiveKey(checked(planRequestSchema, payload)));
    case "drill":
      return withArchiveKey(checked(drillRequestSchema, payload));
    case "status":
      return checked(statusRequestSchema, payload);
    case "cancel":
      return checked(cancelRequestSchema, payload);
    case "health":
      return checked(healthRequestSchema, payload);
    case "log":
      return checked(logRequestSchema, payload);
    case "features":
      return checked(featuresRequestSchema, payload);
    case "download":
      return withArchiveKey(checked(downloadRequestSchema, payload));
    case "look":
      return withArchiveKey(checked(lookRequestSchema, payload));
    case "look_answer":
      return checked(lookAnswerRequestSchema, payload);
    case "look_withdraw":
      return checked(lookWithdrawRequestSchema, payload);
  }
}

/** The body as a JSON object. @throws {RequestError} `payload_too_large`, `invalid_payload` */
export async function readObject(request: Request): Promise<JsonObject> {
  return parseObject(await readText(request));
}

/** Reads at most the limit, whatever Content-Length says. */
async function readText(request: Request): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) {
      throw new RequestError("payload_too_large", `Cannot read a body of more than ${MAX_BODY_BYTES} bytes`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function parseObject(text: string): JsonObject {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new RequestError("invalid_payload", "Cannot read the body: it is not JSON", {
      sentence: "O corpo não é um JSON válido.",
    }, cause);
  }
  const object = z.record(z.string(), z.unknown()).safeParse(json);
  if (object.success) return object.data;
  throw new RequestError("invalid_payload", "Cannot read the body: it is not a JSON object", {
    sentence: "O corpo deve ser um objeto JSON.",
  });
}

/** The body's action, or the path's last part; both may be given when they agree. */
function readAction(fromBody: unknown, path: string): Action {
  const fromPath = actionSchema.safeParse(path.replace(/\/+$/, "").split("/").at(-1));
  if (fromBody === undefined && fromPath.success) return fromPath.data;
  const action = actionSchema.safeParse(fromBody);
  if (!action.success) {
    throw new RequestError(
      "invalid_action",
      `Cannot do ${JSON.stringify(fromBody) ?? "nothing"}: unknown action`,
    );
  }
  if (fromPath.success && fromPath.data !== action.data) {
    throw new RequestError("invalid_action", "Cannot act: the path and the body name different actions", {
      sentence: `O endereço pede ${fromPath.data}, o corpo pede ${action.data}.`,
    });
  }
  return action.data;
}

/** `Idempotency-Key` is another form of `request_id`; two different ids are refused. */
function withIdempotencyKey(payload: JsonObject, key: string | null): JsonObject {
  if (key === null || !STARTING.some((action) => action === payload.action)) return payload;
  if (payload.request_id === undefined) return { ...payload, request_id: key };
  if (payload.request_id === key) return payload;
  throw new RequestError("invalid_payload", "Cannot act: request_id and Idempotency-Key differ", {
    sentence: "Os campos request_id e Idempotency-Key são diferentes.",
    details: { fields: { request_id: "difere de Idempotency-Key" } },
  });
}

function checked<Schema extends z.ZodType>(schema: Schema, payload: JsonObject): z.output<Schema> {
  const result = schema.safeParse(payload, { error: pageLanguage });
  if (result.success) return result.data;
  const issues = result.error.issues;
  const fields = Object.assign({}, ...issues.map(describeIssue));
  const code = issues.every(isLabelRule) ? "invalid_label" : "invalid_payload";
  throw new RequestError(code, `Cannot use the fields ${Object.keys(fields).join(", ")}`, {
    sentence: code === "invalid_label" ? undefined : `Campos: ${Object.keys(fields).join(", ")}.`,
    details: { fields },
  });
}

function isLabelRule(issue: z.core.$ZodIssue): boolean {
  return issue.code === "custom" && issue.path[0] === "label";
}

/** Field → what is wrong with it. Unknown fields are named one by one, cut to a readable length. */
function describeIssue(issue: z.core.$ZodIssue): Record<string, string> {
  if (issue.code === "unrecognized_keys") {
    return Object.fromEntries(issue.keys.map((key) => [key.slice(0, 60), "campo desconhecido"]));
  }
  return {
    [issue.path.join(".")]: isLabelRule(issue) ? "caracteres ou tamanho não permitidos" : issue.message,
  };
}

function withArchiveKey<Fields extends { r2_key?: string; privileges_from?: string | null | undefined }>(
  request: Fields,
): Fields {
  if (request.r2_key !== undefined) parseArchiveKey(request.r2_key);
  const source = request.privileges_from;
  if (source && source !== NO_PRIVILEGES) parseArchiveKey(source);
  return request;
}

/** The confirmation of an unsigned backup is for this one alone; whether it is needed is known where it is read. */
function withConfirmedKey<Fields extends { r2_key: string; allow_unsigned?: string | null | undefined }>(
  request: Fields,
): Fields {
  if (!request.allow_unsigned || request.allow_unsigned === request.r2_key) return request;
  throw new RequestError("invalid_payload", "Cannot allow another backup than the one that is asked for", {
    sentence: "A confirmação do backup sem assinatura é de outro backup.",
    details: { fields: { allow_unsigned: "deve ser a chave de r2_key" } },
  });
}

/**
 * Requires the confirmation of a restore into production, for another target's backup its name too, a reason and a plan;
 * of a download and a look the reason.
 * @throws {RequestError} `confirmation_required`, `source_confirmation_required`, `reason_required`, `plan_required`
 */
export function requireConsent(request: ActionRequest): void {
  if (request.action === "download") requireReason(request, "Cannot give a backup away");
  if (request.action === "look") requireReason(request, "Cannot look into a backup", LOOK_REASON_MIN_LETTERS);
  if (request.action !== "restore" || request.target !== "prod") return;
  if (!isRestoreConfirmed(request.target, request.confirm)) {
    throw new RequestError("confirmation_required", "Cannot restore into prod without its confirmation", {
      details: { fields: { confirm: "deve ser RESTORE_PROD" } },
    });
  }
  const { target: source } = parseArchiveKey(request.r2_key);
  if (!isSourceConfirmed({ source, target: request.target }, request.confirm_source)) {
    throw new RequestError("source_confirmation_required", `Cannot restore a backup of ${source} into prod`, {
      details: { source, fields: { confirm_source: `deve ser ${source}` } },
    });
  }
  requireReason(request, "Cannot restore into prod");
  if (request.plan_request_id === undefined) {
    throw new RequestError("plan_required", "Cannot restore into prod without a plan", {
      details: { why: "missing", fields: { plan_request_id: "obrigatório" } },
    });
  }
}

function requireReason(
  { reason }: { reason?: string | undefined },
  what: string,
  letters = REASON_MIN_LETTERS,
): void {
  if (isReason(reason, letters)) return;
  throw new RequestError("reason_required", `${what} without a reason`, {
    details: { fields: { reason: `obrigatório, com ao menos ${letters} letras` } },
  });
}
