/** What the audit records of a look: counts, and never a row or the words that were searched. */
import { createHmac } from "node:crypto";
import type { AuditEntry } from "../catalog/catalog.ts";
import { parseArchiveKey } from "@backup/vault/object_key.ts";
import type { Requester } from "../run/requester.ts";
import type { LookAnswer, LookOrder } from "./look.ts";

/** @param about as {@link lookDetail} takes it, and the reason */
export function auditEntryOf(
  key: string,
  { requestedBy, requestId }: Requester,
  order: LookOrder,
  answer: LookAnswer,
  { reason, ...about }: { reason: string | null; isShown: boolean; secret: string },
): AuditEntry {
  return {
    event: "look",
    actor: requestedBy,
    target: parseArchiveKey(key).target,
    request_id: requestId,
    r2_key: key,
    detail: { ...lookDetail(order, answer, about), reason },
  };
}

/** @param secret of the HMAC: who has it can ask whether a text was searched; without it the words are not found by trying */
export function lookDetail(
  { table, page, search }: LookOrder,
  { found, hits }: LookAnswer,
  { isShown, secret }: { isShown: boolean; secret: string },
): Record<string, unknown> {
  const what = search !== null ? "search" : table === null ? "tables" : "page";
  return {
    what,
    table,
    ...(what === "page" ? { page } : {}),
    ...(search === null
      ? {}
      : { hits, searched_hmac: createHmac("sha256", secret).update(search).digest("hex") }),
    rows: found.reduce((sum, { rows }) => sum + rows.length, 0),
    personal_columns: isShown ? "shown" : "covered",
  };
}
