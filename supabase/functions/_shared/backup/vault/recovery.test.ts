import { deepStrictEqual as equal, ok, throws } from "node:assert/strict";
import { downloadCommands, recoverySteps } from "./recovery.ts";

const KEY = "revo/prod/2026/01/15/supabase_prod_20260115_031022.dump.gz";
const FILE = "supabase_prod_20260115_031022.dump.gz";
const HASH = "a".repeat(64);

Deno.test("the steps download, check and restore the given archive", () => {
  const commands = recoverySteps({ bucket: "cofre", key: KEY, sha256: HASH }).flatMap(({ commands }) =>
    commands
  );
  ok(commands.some((command) => command.endsWith(`--output ${FILE} "$R2_ENDPOINT/$R2_BUCKET/${KEY}"`)));
  ok(commands.includes(`echo "${HASH}  ${FILE}" | sha256sum --check -`));
  equal(commands.at(-1), `gunzip -c ${FILE} | pg_restore --no-owner -d revo_recuperado`);
});

Deno.test("without a hash the steps compare none", () => {
  equal(downloadCommands(KEY, null), downloadCommands(KEY, HASH).slice(0, -1));
});

Deno.test("an invalid key never becomes part of a command", () => {
  throws(() => recoverySteps({ bucket: "b", key: "x; rm -rf ~", sha256: null }), { code: "invalid_r2_key" });
});
