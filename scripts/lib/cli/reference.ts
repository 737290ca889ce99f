/** docs/commands.md, from the tables: `npm run backups --silent -- help --markdown`. */
import { type Command, COMMON_EXITS, type Option, PROGRAM, type Setting } from "../command/command.ts";
import { COMMANDS } from "./commands.ts";
import { exitCodes, exitTable } from "./exit_codes.ts";
import { optionMeaning, optionText, OWN_SUMMARIES, sentence, settingMeaning, usageOf } from "./help.ts";
import { COMMON } from "../command/options.ts";

const INTRODUCTION = `<!-- Made by \`npm run backups --silent -- help --markdown\`; a test compares. -->

# Commands

One entry for everything that is done by hand: \`${PROGRAM} COMMAND\`. It needs Git and
Node ≥ 20.19; the rest comes with it. The workflows run the same commands through \`deno task\`, with the same variables.

- An option sets the variable beside it ([environment.md](environment.md)); what is not typed is taken from the
  environment. Secrets are never options: other programs of the machine can read those.
- On a terminal the bytes of a phase are shown as a bar, elsewhere as a line every ten seconds.
- npm prints a line of its own before; \`npm run backups --silent -- …\` does not.
- Ctrl-C rolls back what was begun; exit code 130.`;

const JSON_TEXT = `## For programs

With \`--json\` the last line of standard output is one JSON object:

| field | meaning |
|---|---|
| \`ok\`, \`exit_code\` | whether all is well, and the exit code |
| \`error\` | \`null\`, or \`code\`, \`phase\`, \`message\`, \`hint\`, \`details\` |
| \`result\` | the result: \`list\`, \`recover\` with DATABASE_URL, \`verify\`, \`prune\` without \`--apply\`, \`reconcile\`, \`upload\`, \`watchdog\`, \`doctor\` |
| \`runs\` | runs as they ended, each with \`kind\`, \`target\`, \`request_id\`, \`status\`, \`r2_key\`, \`error_code\`, \`error_message\`, \`result\`; the plan of \`restore --plan\` is \`runs[0].result.plan\` |

\`\`\`sh checked
npm run backups --silent -- list --json | jq -r '.result.backups[0].r2_key'
\`\`\``;

const COMPLETION_TEXT = `## Completion

Defines \`backups\`, which runs this checkout from any folder, and completes its commands, options and values:

\`\`\`sh checked
eval "$(npm run backups --silent -- completion bash)"     # in ~/.bashrc; for zsh: completion zsh, in ~/.zshrc
\`\`\``;

export function reference(): string {
  return [
    INTRODUCTION,
    table(["command", "does"], [
      ...COMMANDS.map(({ name, summary }) => [`[\`${name}\`](#${name})`, summary]),
      ["`help [COMMAND]`", OWN_SUMMARIES.help],
      ["`completion bash\\|zsh`", OWN_SUMMARIES.completion],
    ]),
    "Every command takes:",
    optionTable(COMMON),
    JSON_TEXT,
    COMPLETION_TEXT,
    "## Exit codes",
    exitTable(),
    ...COMMANDS.map(section),
  ].join("\n\n") + "\n";
}

function section(command: Command): string {
  const { about, examples, exits, name, options, settings, summary } = command;
  return [
    `## ${name}`,
    `${sentence(summary)} ${about.join(" ")}`,
    ["```sh checked", ...examples.map(({ line, meaning }) => `${PROGRAM} ${line}    # ${meaning}`), "```"]
      .join("\n"),
    `\`${PROGRAM} ${name} ${usageOf(command)}\``,
    ...options.length > 0 ? [optionTable(options)] : [],
    `From the environment: ${settings.map(settingText).join(", ")}.`,
    `Exit codes: ${exitCodes([...COMMON_EXITS, ...exits])}.`,
  ].join("\n\n");
}

function settingText(setting: Setting): string {
  const meaning = settingMeaning(setting);
  return meaning === "" ? `\`${setting.variable}\`` : `\`${setting.variable}\` (${meaning})`;
}

function optionTable(options: readonly Option[]): string {
  return table(
    ["option", "variable", ""],
    options.map((option) => [
      `\`${optionText(option).replaceAll("|", "\\|")}\``,
      `\`${option.variable}\``,
      optionMeaning(option),
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
