/** The archive of a backup as it is stored: encrypted where there are recipients. */
import { once } from "node:events";
import { PassThrough } from "node:stream";
import type { AnyManifest } from "@backup/vault/manifest.ts";
import type { ArchiveToc } from "../archive/archive_toc.ts";
import { readGzippedToc } from "../archive/contents.ts";
import { encrypt } from "../process/age.ts";

export interface OutgoingArchive {
  /** What is stored. */
  bytes: AsyncIterable<Uint8Array>;
  /** The table of contents as it went by; `null` where the stored archive can be read. Settles with `bytes`. */
  toc: Promise<ArchiveToc | null>;
}

/** @param archive the `.dump.gz` */
export function encryptTo(
  recipients: readonly string[],
  archive: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): OutgoingArchive {
  if (recipients.length === 0) return { bytes: archive, toc: Promise.resolve(null) };
  const copy = new PassThrough();
  const toc = readGzippedToc(copy);
  toc.catch(() => {}); // its reader throws it, unless the upload fails before
  return { bytes: encrypt(copied(archive, copy), recipients, signal), toc };
}

/** The fields of the manifest that say how the archive is encrypted. */
export function encryptionOf(recipients: readonly string[]): Pick<AnyManifest, "encryption"> {
  return recipients.length === 0 ? {} : { encryption: { program: "age", recipients: [...recipients] } };
}

/** Passes the bytes on, and to the reader of the contents as long as it reads. */
async function* copied(source: AsyncIterable<Uint8Array>, copy: PassThrough) {
  try {
    for await (const chunk of source) {
      if (!copy.destroyed && !copy.write(chunk)) {
        await Promise.race([once(copy, "drain"), once(copy, "close")]).catch(() => {});
      }
      yield chunk;
    }
    copy.end();
  } catch (error) {
    copy.destroy(error as Error);
    throw error;
  } finally {
    if (!copy.writableEnded) copy.destroy(); // the upload ended early
  }
}
