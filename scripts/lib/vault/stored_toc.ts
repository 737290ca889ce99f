/** The table of contents of an archive in the vault. */
import { Readable } from "node:stream";
import type { ArchiveToc } from "../archive/archive_toc.ts";
import { readGzippedToc } from "../archive/contents.ts";
import { plainArchive } from "./encryption.ts";
import type { Vault } from "./vault.ts";

/** The table of contents of a stored archive; reads no further than it. */
export async function readStoredToc(vault: Vault, key: string): Promise<ArchiveToc> {
  return await readGzippedToc(Readable.from(plainArchive(vault, key, vault.download(key))));
}
