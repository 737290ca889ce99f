/** Maps the vault's responses to error codes. */
import { BackupError } from "@backup/errors.ts";

interface S3Failure {
  name?: string;
  message?: string;
  $metadata?: { httpStatusCode?: number };
}

/** Why a request failed: `vault_*`, with the answer's `status` and `name` in the details. */
export function explainFailure(key: string, cause: unknown): BackupError {
  const error = cause as S3Failure;
  const status = error.$metadata?.httpStatusCode;
  const answer = `${error.name ?? "error"}: ${error.message ?? "no message"}`;
  const options = { cause, details: { status, name: error.name } };
  if (status === undefined) return unreachable(key, answer, cause);
  if (status === 412) {
    return new BackupError("vault_object_exists", `Cannot write ${key}: it exists already`, options);
  }
  if (status === 401 || status === 403) {
    return new BackupError(
      "vault_auth_failed",
      `Cannot reach ${key}: the vault refused the credential (${answer})`,
      {
        ...options,
        hint: "Check R2_ACCESS_KEY_ID, R2_SECRET_ACCESS_KEY and the token's right to read and write objects.",
      },
    );
  }
  if (status === 404) {
    return new BackupError("vault_object_missing", `Cannot find ${key} in the vault`, options);
  }
  return new BackupError("vault_error", `Cannot use ${key}: the vault answered ${status} ${answer}`, options);
}

/** No answer arrived, or not all of it. */
export function unreachable(key: string, why: string, cause?: unknown): BackupError {
  return new BackupError("vault_unreachable", `Cannot reach the vault for ${key}: ${why}`, { cause });
}
