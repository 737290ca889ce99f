/** `download`: links to a backup's archive and manifest; `features`: whether there are any. */
import {
  DOWNLOAD_LINK_SECONDS,
  type DownloadAnswer,
  type DownloadRequest,
  type FeaturesAnswer,
} from "@backup/api.ts";
import { siblingKeys } from "@backup/vault/object_key.ts";
import { readConfig, type ReadEnv, readVaultAccess, repositoryUrl, type VaultAccess } from "./env.ts";
import { offersLooks } from "./look.ts";
import type { CallerDatabase } from "./ports.ts";
import { encode, presign } from "./presign.ts";
import { RequestError } from "./responses.ts";
import { timedFetch } from "./timed_fetch.ts";

const TIMEOUT_MS = 10_000;

export interface DownloadDependencies {
  env: ReadEnv;
  database: Pick<CallerDatabase, "recordDownload">;
  fetch: typeof fetch;
  now: () => Date;
}

/** @throws {BackupError} `config_error` */
export function readFeatures({ env }: Pick<DownloadDependencies, "env">): FeaturesAnswer {
  return {
    ok: true,
    kind: "features",
    download: readVaultAccess(env).access !== null,
    look: offersLooks(env),
    repository: repositoryUrl(readConfig(env)),
  };
}

/**
 * The caller's reason is in the audit before anything is signed. The links are in the answer alone.
 * @throws {BackupError} `downloads_off`, the catalog's refusals, `vault_*`
 */
export async function giveLinks(
  request: DownloadRequest,
  deps: DownloadDependencies,
): Promise<DownloadAnswer> {
  const { access } = readVaultAccess(deps.env);
  if (access === null) throw new RequestError("downloads_off", "Cannot download: R2_DOWNLOAD_* are not set");
  const { bucket, key } = await deps.database.recordDownload(request.r2_key, request.reason ?? "");
  const at = deps.now();
  const linkOf = async (key: string) => {
    if (!await isStored(await linkTo({ bucket, key }, access, at, "HEAD"), deps.fetch)) return null;
    return { file: fileOf(key), url: await linkTo({ bucket, key }, access, at, "GET") };
  };
  const archive = await linkOf(key);
  if (archive === null) throw new RequestError("vault_object_missing", "The vault has no such object");
  return {
    ok: true,
    kind: "download",
    archive,
    manifest: await linkOf(siblingKeys(key).manifest),
    expires_at: new Date(at.getTime() + DOWNLOAD_LINK_SECONDS * 1000).toISOString(),
  };
}

function fileOf(key: string): string {
  return key.slice(key.lastIndexOf("/") + 1);
}

/** The browser stores what it gets under the object's name, and does not show it. */
async function linkTo(
  { bucket, key }: { bucket: string; key: string },
  access: VaultAccess,
  at: Date,
  method: "GET" | "HEAD",
): Promise<string> {
  const path = [bucket, ...key.split("/")].map(encode).join("/");
  const query = { "response-content-disposition": `attachment; filename="${fileOf(key)}"` };
  return await presign(`${access.endpoint}/${path}`, access, {
    ...{ method, at, seconds: DOWNLOAD_LINK_SECONDS },
    query: method === "GET" ? query : {},
  });
}

const OF_THE_FUNCTION = "Na função, são os segredos R2_DOWNLOAD_*.";

/** A link that answers an error would show it to the user as a page. @throws {BackupError} `vault_*` */
async function isStored(link: string, fetchImpl: typeof fetch): Promise<boolean> {
  const { status } = await timedFetch(fetchImpl, TIMEOUT_MS)(link, { method: "HEAD" }).catch((cause) => {
    throw new RequestError(
      "vault_unreachable",
      "Cannot reach the vault",
      { sentence: OF_THE_FUNCTION },
      cause,
    );
  });
  if (status === 200 || status === 404) return status === 200;
  const code = status === 401 || status === 403 ? "vault_auth_failed" : "vault_error";
  throw new RequestError(code, `The vault answered ${status}`, { sentence: OF_THE_FUNCTION });
}
