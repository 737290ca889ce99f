import type { Command } from "../command/command.ts";
import { CATALOG, eachTarget, positive, VAULT } from "../command/options.ts";

export const listCommand: Command = {
  name: "list",
  summary: "show the backups, newest first",
  about: [
    "What the catalog has, in a moment; `--from-vault` reads the bucket, which is the truth, and is what happens",
    "where SUPABASE_DB_URL_PROD is not set.",
    "PROOF is the newest drill's verdict: `none` means that it was never restored.",
  ],
  task: "list",
  options: [
    eachTarget,
    {
      flag: "limit",
      variable: "LIMIT",
      value: { placeholder: "N", schema: positive.int("must be a whole number") },
      summary: "how many at most",
      fallback: "50",
    },
    {
      flag: "from-vault",
      variable: "FROM_VAULT",
      summary: "read the vault itself, not the catalog: slower, and always true",
    },
  ],
  settings: [...VAULT, { ...CATALOG, isRequired: false, when: "without it the vault is read" }],
  environment: async () => (await import("./environment.ts")).listEnvironment,
  examples: [
    { line: "list", meaning: "the newest fifty" },
    { line: "list --target prod --limit 5 --from-vault", meaning: "five of prod, as the bucket has them" },
    { line: "list --json", meaning: "for programs" },
  ],
  exits: [],
};
