/** What the audit records of a look: counts, and never a row or the words that were searched. */
import { createHmac } from "node:crypto";
import type { AuditEntry } from "../catalog/catalog.ts";
import { parseArchiveKey } from "@backup/vault/object_key.ts";
import type { Requester } from "../run/requester.ts";
import type { LookAnswer, LookOrder } from "./look.ts";

/** @param secret of the HMAC: who has it can ask whether a text was searched; without it the words are not found by trying */
export function auditEntryOf(
  key: string,
  { requestedBy, requestId }: Requester,
  { table, page, search }: LookOrder,
  { found, hits }: LookAnswer,
  { reason, isShown, secret }: { reason: string | null; isShown: boolean; secret: string },
): AuditEntry {
  const what = search !== null ? "search" : table === null ? "tables" : "page";
  return {
    event: "look",
    actor: requestedBy,
    target: parseArchiveKey(key).target,
    request_id: requestId,
    r2_key: key,
    detail: {
      what,
      table,
      ...(what === "page" ? { page } : {}),
      ...(search === null
        ? {}
        : { hits, searched_hmac: createHmac("sha256", secret).update(search).digest("hex") }),
      rows: found.reduce((sum, { rows }) => sum + rows.length, 0),
      personal_columns: isShown ? "shown" : "covered",
      reason,
    },
  };
}
