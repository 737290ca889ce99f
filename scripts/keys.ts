/**
 * Makes a pair of keys by which backups are signed: docs/runbooks/signing-keys.md; or the pair of looks: docs/production.md.
 *
 *     FILE=signing.key deno task keys
 *     FILE=look.key KEYS_OF_LOOKS=yes deno task keys
 *
 * Environment: docs/environment.md. Exit codes: docs/exit-codes.md.
 */
import { ownEnvironment, readEnvironment } from "./lib/process/environment.ts";
import { runInterruptible } from "./lib/run/main.ts";
import {
  keysEnvironment,
  keysOfLooksText,
  keysText,
  makeKeys,
  makeKeysOfLooks,
} from "./lib/doctor/make_keys.ts";

await runInterruptible(async (output) => {
  const { FILE: file, KEYS_OF_LOOKS } = readEnvironment(keysEnvironment, ownEnvironment());
  if (KEYS_OF_LOOKS) {
    const made = await makeKeysOfLooks(file);
    output.setResult({ public_key: made.publicKey, private_key_file: file });
    output.print(keysOfLooksText(made, file));
    return;
  }
  const made = await makeKeys(file);
  output.setResult({ key_id: made.keyId, public_key: made.publicKey, private_key_file: file });
  output.print(keysText(made, file));
});
