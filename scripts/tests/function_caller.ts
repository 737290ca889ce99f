/** For tests: calls the Edge Function of the embedded stack as its users, and with forged tokens. */
import { createHmac } from "node:crypto";
import { z } from "zod";

/** The parts of a stack that calls need, and the secret to forge a token. */
export interface FunctionHost {
  urls: { supabase: string };
  keys: { publishable: string; jwtSecret: string };
}

export interface Credentials {
  email: string;
  password: string;
}

/** One HTTP call; a string `body` is sent unchanged, any other value as JSON. */
export interface Call {
  token?: string;
  body?: unknown;
  method?: string;
  path?: string;
  headers?: Record<string, string>;
}

const session = z.object({ access_token: z.string() });
const answer = z.record(z.string(), z.unknown());

/** Signs in. @throws when the auth server refuses. */
export async function signIn(host: FunctionHost, { email, password }: Credentials): Promise<string> {
  const response = await fetch(`${host.urls.supabase}/auth/v1/token?grant_type=password`, {
    method: "POST",
    headers: { apikey: host.keys.publishable, "content-type": "application/json" },
    body: JSON.stringify({ email, password }),
  });
  return session.parse(await response.json()).access_token;
}

/** Sends one call to the function through the project's own address. */
export async function send(host: FunctionHost, call: Call): Promise<Response> {
  const { token, body, method = "POST", path = "", headers = {} } = call;
  return await fetch(`${host.urls.supabase}/functions/v1/ops-backups${path}`, {
    method,
    body: typeof body === "string" || body === undefined ? body : JSON.stringify(body),
    headers: {
      apikey: host.keys.publishable,
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
  });
}

/** Sends one call and reads status and body. */
export async function ask(
  host: FunctionHost,
  call: Call,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await send(host, call);
  return { status: response.status, body: answer.parse(await response.json()) };
}

/** Claims of a token, not verified. */
export function claimsOf(token: string): Record<string, unknown> {
  return answer.parse(JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()));
}

/** A user's token with other claims, signed with `secret`. */
export function forgeToken(token: string, claims: Record<string, unknown>, secret: string): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const unsigned = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ ...claimsOf(token), ...claims })}`;
  return `${unsigned}.${createHmac("sha256", secret).update(unsigned).digest("base64url")}`;
}
