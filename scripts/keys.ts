/**
 * Makes a pair of keys by which backups are signed: docs/runbooks/signing-keys.md.
 *
 *     FILE=signing.key deno task keys
 *
 * Environment: docs/environment.md. Exit codes: docs/exit-codes.md.
 */
import { ownEnvironment, readEnvironment } from "./lib/process/environment.ts";
import { runInterruptible } from "./lib/run/main.ts";
import { keysEnvironment, keysText, makeKeys } from "./lib/doctor/make_keys.ts";

await runInterruptible(async (output) => {
  const { FILE: file } = readEnvironment(keysEnvironment, ownEnvironment());
  const made = await makeKeys(file);
  output.setResult({ key_id: made.keyId, public_key: made.publicKey, private_key_file: file });
  output.print(keysText(made, file));
});
