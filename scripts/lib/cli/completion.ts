/** Completion for bash (from 3.2 on, macOS') and zsh, from the tables of the commands. */
import type { Option } from "../command/command.ts";
import { COMMON } from "../command/options.ts";
import { COMMANDS } from "./commands.ts";

export const SHELLS = ["bash", "zsh"] as const;
export type Shell = (typeof SHELLS)[number];

/** The syntax of a shell's completion. */
interface Dialect {
  words(words: readonly string[]): string;
  files: string;
  frame(folder: string, cases: { values: string; options: string; commands: string }): string;
}

/** Commands about commands included. */
export const NAMES: readonly string[] = [...COMMANDS.map(({ name }) => name), "help", "completion"];

/** @param folder of this checkout: the function `backups` works in every folder */
export function completionScript(shell: Shell, folder: string): string {
  const dialect = DIALECTS[shell];
  return dialect.frame(quote(folder), {
    commands: dialect.words(NAMES),
    values: valueCases(dialect).join("\n"),
    options: optionCases(dialect).join("\n"),
  });
}

/** After a flag that takes a value: its choices, files, or nothing. */
function valueCases(dialect: Dialect): string[] {
  return COMMANDS.flatMap(({ name, options }) =>
    options.filter(({ value }) => value).map((option) =>
      `    ${quote(`${name} --${option.flag}`)}) ${valuesOf(dialect, option)}return ;;`
    )
  );
}

function valuesOf(dialect: Dialect, { value }: Option): string {
  if (value?.isFile) return `${dialect.files}; `;
  return value?.choices ? `${dialect.words(value.choices)}; ` : "";
}

function optionCases(dialect: Dialect): string[] {
  const cases = COMMANDS.map(({ name, operand, options }) => {
    const flags = [...options, ...COMMON].map(({ flag }) => `--${flag}`);
    const placed = options.find(({ flag }) => flag === operand)?.value;
    const words = [...flags, "--help", ...placed?.placeholder.includes("newest") ? ["newest"] : []];
    return `    ${name}) ${dialect.words(words)}${placed?.isFile ? `; ${dialect.files}` : ""} ;;`;
  });
  return [
    ...cases,
    `    help) ${dialect.words(NAMES)} ;;`,
    `    completion) ${dialect.words(SHELLS)} ;;`,
  ];
}

const RUN = (folder: string) => `backups() { npm --prefix ${folder} run --silent backups -- "$@"; }`;

const DIALECTS: Record<Shell, Dialect> = {
  bash: {
    words: (words) => `COMPREPLY+=($(compgen -W ${quote(words.join(" "))} -- "$current"))`,
    files: `while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -f -- "$current")`,
    frame: (folder, { commands, options, values }) =>
      `${RUN(folder)}
_backups() {
  local name current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}"
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    ${commands}
    return
  fi
  # bash splits --flag=value into three words
  if [ "$current" = = ]; then current=; previous="\${COMP_WORDS[COMP_CWORD - 1]}"
  elif [ "$previous" = = ]; then previous="\${COMP_WORDS[COMP_CWORD - 2]}"; fi
  case "\${COMP_WORDS[1]} $previous" in
${values}
  esac
  case "\${COMP_WORDS[1]}" in
${options}
  esac
}
complete -o filenames -F _backups backups
`,
  },
  zsh: {
    words: (words) => `compadd -- ${words.map(quote).join(" ")}`,
    files: "_files",
    frame: (folder, { commands, options, values }) =>
      `${RUN(folder)}
_backups() {
  if (( CURRENT == 2 )); then
    ${commands}
    return
  fi
  case "\${words[2]} \${words[CURRENT - 1]}" in
${values}
  esac
  case "\${words[2]}" in
${options}
  esac
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
compdef _backups backups
`,
  },
};

function quote(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
