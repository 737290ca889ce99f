/** The vault's failures in the product's words. */
import { BackupError } from "@backup/errors.ts";

/**
 * Makes a call to the vault. @throws {BackupError} `vault_*`, or `otherwise` for what is neither a refused
 * credential, a missing object nor a taken name.
 */
export async function callVault<T>(
  key: string,
  call: () => Promise<T>,
  otherwise?: "upload_failed",
): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw explain(key, cause, otherwise);
  }
}

function explain(key: string, cause: unknown, otherwise?: "upload_failed"): BackupError {
  const error = cause as { name?: string; message?: string; $metadata?: { httpStatusCode?: number } };
  const status = error.$metadata?.httpStatusCode;
  const said = `${error.name ?? "error"}: ${error.message ?? "no message"}`;
  if (status === 412) {
    return new BackupError("vault_object_exists", `Cannot write ${key}: it exists already`, { cause });
  }
  if (status === 401 || status === 403) {
    return new BackupError(
      "vault_auth_failed",
      `Cannot reach ${key}: the vault refused the credential (${said})`,
      {
        cause,
        hint: "Check R2_ACCESS_KEY_ID, R2_SECRET_ACCESS_KEY and the token's right to read and write objects.",
      },
    );
  }
  if (status === 404) {
    return new BackupError("vault_object_missing", `Cannot find ${key} in the vault`, { cause });
  }
  if (otherwise) return new BackupError(otherwise, `Cannot upload ${key}: ${said}`, { cause });
  return status === undefined
    ? new BackupError("vault_unreachable", `Cannot reach the vault for ${key}: ${said}`, { cause })
    : new BackupError("vault_error", `Cannot use ${key}: the vault answered ${status} ${said}`, { cause });
}
