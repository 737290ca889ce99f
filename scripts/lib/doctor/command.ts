import type { Command } from "../command/command.ts";
import { AGE_RECIPIENTS, DATABASES, GITHUB, TOOLS, VAULT } from "../command/options.ts";

export const doctorCommand: Command = {
  name: "doctor",
  summary: "check everything that backups need, one line per check",
  about: [
    "OK, ATENÇÃO or FALHA, with what to do about it: docs/doctor.md.",
    "Checks what is set, and names what is missing.",
  ],
  task: "doctor",
  options: [{
    flag: "report",
    variable: "REPORT",
    summary: "keep it in the catalog, where the screen shows it",
  }, {
    flag: "r2-access",
    variable: "R2_ACCESS",
    value: { placeholder: "ACCESS", choices: ["read", "write"] },
    summary: "what the key of the vault is for: `read` expects that writing is refused",
    fallback: "write",
  }],
  settings: [
    ...VAULT,
    AGE_RECIPIENTS,
    ...DATABASES,
    ...GITHUB,
    { variable: "FUNCTION_GITHUB_TOKEN", when: "reads the names of the repository's secrets, too" },
    { variable: "CLOUDFLARE_API_TOKEN", when: "reads the bucket's rules" },
    { variable: "FUNCTION_URL", when: "default: that of prod's project" },
    TOOLS,
  ].map((setting) => ({ ...setting, isRequired: false })),
  environment: async () => (await import("./environment.ts")).doctorEnvironment,
  examples: [
    { line: "doctor", meaning: "from this machine, with what is set here" },
    { line: "doctor --report", meaning: "and the screen shows it" },
  ],
  exits: [],
};
