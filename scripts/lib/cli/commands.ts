/** The commands, in the order in which help and docs/commands.md show them. */
import type { Command } from "./command.ts";
import * as option from "./options.ts";

const KEY = "revo/prod/2026/01/15/supabase_prod_20260115_031022.dump.gz";

const backup: Command = {
  name: "backup",
  summary: "back one database up into the vault",
  about: [
    "Dumps, compresses and uploads in one stream; nothing is stored on this machine.",
    "It is a backup once the stored object was confirmed and its manifest written.",
  ],
  task: "backup",
  options: [option.target, option.mode, option.label, option.readBack, option.allowShrink, ...option.ASKER],
  settings: [...option.VAULT, ...option.DATABASES, option.TOOLS],
  examples: [
    { line: "backup", meaning: "prod, everything" },
    { line: "backup --label antes-da-migracao --verify", meaning: "named, and read back to its last byte" },
    { line: "backup --target dev --mode schema-only", meaning: "the structure of dev" },
  ],
  exits: ["busy", "catalogMissed"],
};

const restore: Command = {
  name: "restore",
  summary: "restore a backup into one database, all or nothing",
  about: [
    "One transaction, checked against the backup before it commits; a copy of the target is taken first.",
    "Look before you leap: `--plan` tells what would happen and changes nothing.",
    "Into prod it needs `--confirm RESTORE_PROD`.",
  ],
  task: "restore",
  options: [
    option.restoreTarget,
    option.requiredKey,
    option.plan,
    option.planRequestId,
    option.confirm,
    option.allowSchemaOnly,
    ...option.ASKER,
  ],
  operand: option.requiredKey.flag,
  settings: [...option.VAULT, ...option.DATABASES, option.TOOLS, option.ROOM],
  examples: [
    { line: `restore --target prod --plan ${KEY}`, meaning: "what a restore of prod would do" },
    { line: `restore --target dev ${KEY}`, meaning: "replaces the content of dev" },
    {
      line: `restore --target prod --confirm RESTORE_PROD --reason "migração errada" ${KEY}`,
      meaning: "replaces the content of prod",
    },
  ],
  exits: ["busy", "outcomeUnknown"],
};

const recover: Command = {
  name: "recover",
  summary: "get a backup back when nothing is left but the vault",
  about: [
    "Needs no catalog and no GitHub: docs/runbooks/from-nothing.md.",
    "Without a key it lists the backups; without DATABASE_URL it only checks the one that is named.",
    "DATABASE_URL is an empty database, of a Supabase project or of any PostgreSQL.",
  ],
  task: "restore",
  taskArguments: ["--from-vault"],
  options: [option.newestOf, option.keyOrNewest, option.allowSchemaOnly],
  operand: option.keyOrNewest.flag,
  settings: [
    ...option.VAULT,
    { variable: "DATABASE_URL", when: "where to; a secret" },
    option.TOOLS,
    option.ROOM,
  ],
  examples: [
    { line: "recover", meaning: "what there is" },
    { line: "recover newest", meaning: "with DATABASE_URL: restores it there; without: checks it" },
  ],
  exits: ["outcomeUnknown"],
};

const drill: Command = {
  name: "drill",
  summary: "prove that a backup restores, on a server that is thrown away",
  about: [
    "Makes a PostgreSQL server on this machine, restores into it as a real restore does, asks every question of",
    "docs/drill.md, and leaves the receipt beside the backup, whatever the verdict.",
  ],
  task: "drill",
  options: [
    option.target,
    { ...option.archiveKey, fallback: "the newest full backup" },
    option.freshHours,
    option.anonReads,
    option.sharedReads,
    ...option.ASKER,
  ],
  operand: option.archiveKey.flag,
  settings: [...option.VAULT, option.CATALOG, option.TOOLS, option.ROOM],
  examples: [
    { line: "drill", meaning: "the newest backup of prod" },
    { line: `drill ${KEY}`, meaning: "this one" },
  ],
  exits: [],
};

const list: Command = {
  name: "list",
  summary: "show the backups, newest first",
  about: [
    "What the catalog knows, in a moment; `--from-vault` asks the bucket, which is the truth, and is what happens",
    "where SUPABASE_DB_URL_PROD is not set.",
    "PROOF is the newest drill's verdict: `none` means that nobody has restored it yet.",
  ],
  task: "list",
  options: [option.eachTarget, option.limit, option.fromVault],
  settings: [
    ...option.VAULT,
    { ...option.CATALOG, isRequired: false, when: "without it the vault is asked" },
    option.TOOLS,
  ],
  examples: [
    { line: "list", meaning: "the newest fifty" },
    { line: "list --target prod --limit 5 --from-vault", meaning: "five of prod, as they lie in the bucket" },
    { line: "list --json", meaning: "for programs" },
  ],
  exits: [],
};

const verify: Command = {
  name: "verify",
  summary: "compare a backup with its manifest, without restoring it",
  about: [
    "Reads every stored byte once: sizes, SHA-256, compression, table of contents, the manifest's own hash.",
    "Needs the vault's keys alone. Writes nothing, not even on this machine.",
    "That it restores is what a drill proves.",
  ],
  task: "verify",
  options: [{ ...option.keyOrNewest, isRequired: true }, option.newestOf],
  operand: option.keyOrNewest.flag,
  settings: option.VAULT,
  examples: [
    { line: "verify newest", meaning: "the newest full backup of prod" },
    { line: `verify ${KEY}`, meaning: "this one" },
  ],
  exits: [],
};

const prune: Command = {
  name: "prune",
  summary: "retention: tell which backups go and why, or delete them",
  about: ["The rules: docs/retention.md."],
  task: "prune",
  options: [option.eachTarget, option.apply, ...option.ASKER],
  settings: [...option.VAULT, option.CATALOG, option.TOOLS],
  examples: [
    { line: "prune", meaning: "what would go, of every database; nothing is deleted" },
    { line: "prune --target dev --apply", meaning: "deletes what dev need not keep" },
  ],
  exits: ["busy", "pruneIncomplete"],
};

const reconcile: Command = {
  name: "reconcile",
  summary: "put the catalog right after the vault, which is the truth",
  about: ["After a restore of prod, a lost catalog, or a backup that ended with exit code 4."],
  task: "reconcile",
  options: [option.apply],
  settings: [...option.VAULT, option.CATALOG, option.TOOLS],
  examples: [
    { line: "reconcile", meaning: "how they differ; nothing is changed" },
    { line: "reconcile --apply", meaning: "enters what is missing, marks what is gone" },
  ],
  exits: [],
};

const upload: Command = {
  name: "upload",
  summary: "put a backup of this machine into the vault",
  about: [
    "What scripts/backup_db_local.sh made; from then on it is a backup like another.",
    "A relative path is relative to the folder you are in.",
  ],
  task: "upload",
  options: [option.file],
  operand: option.file.flag,
  settings: [...option.VAULT, option.CATALOG, option.TOOLS],
  examples: [{
    line: "upload backups/supabase_prod_20260115_031022.dump.gz",
    meaning: "with the manifest that lies beside it",
  }],
  exits: ["catalogMissed"],
};

const GITHUB = [
  { variable: "GITHUB_TOKEN", when: "with GITHUB_REPOSITORY: whose workflows and issues" },
  { variable: "GITHUB_REPOSITORY", when: "owner/name" },
] as const;

const WEBHOOK = [
  { variable: "OPS_ALERT_WEBHOOK_URL", when: "where alarms are sent" },
  { variable: "OPS_ALERT_WEBHOOK_SECRET", when: "what signs them" },
] as const;

const watchdog: Command = {
  name: "watchdog",
  summary: "look whether the backups are well, and tell when they are not",
  about: ["One round of what the workflow does every hour: docs/watchdog.md."],
  task: "watchdog",
  options: [option.target],
  settings: [
    ...option.VAULT,
    option.CATALOG,
    ...GITHUB,
    { variable: "FUNCTION_GITHUB_TOKEN", when: "to learn until when it lives" },
    { variable: "HEALTHCHECK_URL", when: "a dead man's switch" },
    ...WEBHOOK,
    option.TOOLS,
  ],
  examples: [{ line: "watchdog", meaning: "looks at prod; tells whoever is set" }],
  exits: [],
};

const doctor: Command = {
  name: "doctor",
  summary: "check everything that backups need, one line per check",
  about: [
    "OK, ATENÇÃO or FALHA, with what to do about it: docs/doctor.md.",
    "Looks at what is set; what is missing is said.",
  ],
  task: "doctor",
  options: [option.report],
  settings: [
    ...option.VAULT,
    ...option.DATABASES,
    ...GITHUB,
    { variable: "FUNCTION_GITHUB_TOKEN", when: "sees the names of the repository's secrets, too" },
    { variable: "CLOUDFLARE_API_TOKEN", when: "sees the bucket's rules" },
    { variable: "FUNCTION_URL", when: "default: that of prod's project" },
    option.TOOLS,
  ].map((setting) => ({ ...setting, isRequired: false })),
  examples: [
    { line: "doctor", meaning: "from this machine, with what is set here" },
    { line: "doctor --report", meaning: "and the screen shows it" },
  ],
  exits: [],
};

const alarmTest: Command = {
  name: "alarm-test",
  summary: "plant a damaged copy, and see that the alarm is raised",
  about: ["Fails unless it was found and told through every channel: docs/watchdog.md."],
  task: "alarm-test",
  options: [option.target],
  settings: [...option.VAULT, ...GITHUB, ...WEBHOOK],
  examples: [{ line: "alarm-test", meaning: "sends a test alarm to whoever is set" }],
  exits: [],
};

export const COMMANDS: readonly Command[] = [
  backup,
  restore,
  recover,
  drill,
  list,
  verify,
  prune,
  reconcile,
  upload,
  watchdog,
  doctor,
  alarmTest,
];
