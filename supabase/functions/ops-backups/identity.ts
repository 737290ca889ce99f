/** Reads the caller's token from the request; the database verifies it. */
import { RequestError } from "./responses.ts";

const BEARER = /^Bearer +(\S+)$/i;

/** @throws {RequestError} `not_signed_in` without a bearer token. */
export function bearerToken(headers: Headers): string {
  const token = BEARER.exec(headers.get("authorization")?.trim() ?? "")?.[1];
  if (token === undefined) throw new RequestError("not_signed_in", "Cannot act without a bearer token");
  return token;
}
