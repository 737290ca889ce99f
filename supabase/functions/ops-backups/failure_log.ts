/** Formats a failure for the function's log: facts in one JSON line, no secret. */
import { BackupError } from "@backup/errors.ts";

const MAX_CAUSES = 4;
const SECRETS: readonly [RegExp, string][] = [
  [/(\w+:\/\/)[^\s/@]+@/g, "$1"],
  [/\b(gh[a-z]_|github_pat_|sb_secret_|sb_publishable_)\w+/g, "$1…"],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, "eyJ…"],
  [/\b(Bearer|token) +\S+/gi, "$1 …"],
  [/([?&]X-Amz-[\w-]+=)[^&\s)]+/gi, "$1…"],
];

/** One line of JSON: the code, the English fact and the chain of causes, each without secrets. */
export function formatFailure(error: BackupError): string {
  const causes: string[] = [];
  for (let cause = error.cause; cause instanceof Error && causes.length < MAX_CAUSES; cause = cause.cause) {
    causes.push(withoutSecrets(`${cause.name}: ${cause.message}`));
  }
  return JSON.stringify({ level: "error", code: error.code, message: withoutSecrets(error.message), causes });
}

/** Replaces what looks like a credential. */
export function withoutSecrets(text: string): string {
  return SECRETS.reduce((clean, [pattern, replacement]) => clean.replaceAll(pattern, replacement), text);
}
