/** Answers the look of a screen: its request and the answer are sealed, and nothing of them is printed. */
import { BackupError, toBackupError } from "@backup/errors.ts";
import { lookOrderSchema } from "@backup/look/order.ts";
import { type LookHolder, type LookPlace, type Sealed } from "@backup/look/seal.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { isTrusted, readSignedManifest } from "../vault/trust.ts";
import type { Vault } from "../vault/vault.ts";
import { lookDetail } from "./audit_entry.ts";
import { look } from "./look.ts";
import type { IsPersonal } from "./look_text.ts";
import { openRows } from "./row_source.ts";
import { sealedAnswerOf } from "./sealed_answer.ts";

export interface SealedLookParts {
  catalog: Pick<Catalog, "takeLook" | "putLook">;
  vault: Vault;
  holder: LookHolder;
  isPersonal: IsPersonal;
  /** Bytes of an archive that is read as a whole, so far and in all. */
  onBytes: (done: number, expected: number | null) => void;
}

/**
 * Takes the request, looks, and puts the answer with its record of the audit. A look that fails is put as its error code.
 * @throws {BackupError} `look_expired`; the first error, without what it says of the request or of rows
 */
export async function answerSealed(requestId: string, parts: SealedLookParts): Promise<void> {
  const { r2Key, sealed } = await parts.catalog.takeLook(requestId);
  try {
    const end = await sealedEnd({ requestId, r2Key }, sealed, parts);
    await parts.catalog.putLook({ request_id: requestId, ...end });
  } catch (thrown) {
    const error = withoutContents(toBackupError(thrown));
    const end = { request_id: requestId, error_code: error.code, detail: {} };
    await parts.catalog.putLook(end).catch(() => {}); // the first error is reported
    throw error;
  }
}

async function sealedEnd(place: LookPlace, request: Sealed, parts: SealedLookParts) {
  const { vault, holder } = parts;
  const opened = lookOrderSchema.safeParse(await holder.open(place, request));
  if (!opened.success) {
    throw new BackupError("look_unreadable", "Cannot use the sealed request: it has another form");
  }
  const { show, ...order } = opened.data;
  const { manifest, trust } = await readSignedManifest(vault, place.r2Key);
  const source = await openRows(
    vault,
    place.r2Key,
    manifest,
    (done) => parts.onBytes(done, manifest?.bytes ?? null),
  );
  const found = await look(source, order);
  const isCovered: IsPersonal = (table, column) => !show && parts.isPersonal(table, column);
  const answer = sealedAnswerOf(found, isCovered, isTrusted(vault, trust));
  return {
    sealed: await holder.seal(place, request.public_key, answer),
    detail: lookDetail(order, found, { isShown: show, secret: await holder.auditSecret() }),
  };
}

/** Whose messages name the vault's objects, the catalog or the environment, and nothing that was typed or read. */
const PLAIN = /^(vault|catalog|look|missing|backup)_/;

/** GitHub keeps the log, and more people read it than may look: of other errors only the code is reported. */
function withoutContents(error: BackupError): BackupError {
  if (PLAIN.test(error.code)) return error;
  return new BackupError(error.code, "Cannot answer the look: the message is left out, as it may quote rows");
}
