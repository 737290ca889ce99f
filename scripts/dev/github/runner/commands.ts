/** Messages of a script to the runner: workflow commands in its output, and the files of `GITHUB_ENV` and so on. */

/** A line `::name key=value,…::message`. */
interface Command {
  name: string;
  message: string;
}

const COMMAND = /^\s*::([A-Za-z-]+)(?:\s.*?)?::(.*)$/;
/** Commands that become lines of the log, and their prefixes there. */
const LOGGED: Readonly<Record<string, string>> = {
  error: "##[error]",
  warning: "##[warning]",
  notice: "##[notice]",
  group: "##[group]",
  endgroup: "##[endgroup]",
};

function parseCommand(line: string): Command | null {
  const [, name, message] = COMMAND.exec(line) ?? [];
  return name === undefined || message === undefined
    ? null
    : { name: name.toLowerCase(), message: unescape(message) };
}

function unescape(text: string): string {
  return text.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%");
}

/** An annotation that a command makes. */
export interface Annotation {
  level: "error" | "warning" | "notice";
  message: string;
}

export interface CommandSinks {
  write(line: string): void;
  addMask(secret: string): void;
  annotate(annotation: Annotation): void;
}

/**
 * Reads a script's lines one by one and executes their commands. Commands that GitHub itself has disabled or replaced
 * by files (`set-env`, `set-output`, …) are reported as an error in the log.
 */
export class CommandReader {
  readonly #sinks: CommandSinks;
  #stoppedUntil: string | null = null;

  constructor(sinks: CommandSinks) {
    this.#sinks = sinks;
  }

  read(line: string): void {
    const command = parseCommand(line);
    if (this.#stoppedUntil !== null) return this.#readStopped(line);
    if (command === null) return this.#sinks.write(line);
    this.#run(command, line);
  }

  #readStopped(line: string): void {
    if (line.trim() === `::${this.#stoppedUntil}::`) this.#stoppedUntil = null;
    else this.#sinks.write(line);
  }

  #run({ name, message }: Command, line: string): void {
    const begin = LOGGED[name];
    if (name === "error" || name === "warning" || name === "notice") {
      this.#sinks.annotate({ level: name, message });
    }
    if (begin !== undefined) this.#sinks.write(begin + message);
    else if (name === "add-mask") this.#addMask(message);
    else if (name === "stop-commands") this.#stoppedUntil = message;
    else if (name === "debug" || name === "echo") return;
    else this.#sinks.write(`##[error]The local GitHub does not know the command '${line.trim()}'`);
  }

  #addMask(secret: string): void {
    this.#sinks.addMask(secret);
    this.#sinks.write("::add-mask::***");
  }
}

/**
 * The pairs of a file such as `GITHUB_OUTPUT`: lines `name=value`, or `name<<END` … `END` for several lines.
 * @throws {Error} for a line in neither format, and for a missing end.
 */
export function parsePairs(content: string): Map<string, string> {
  const pairs = new Map<string, string>();
  const lines = content.split(/\r?\n/);
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? "";
    if (line === "") continue;
    const [, name, operator, rest = ""] = /^(.+?)(=|<<)(.*)$/.exec(line) ?? [];
    if (name === undefined) throw new Error(`Invalid format '${line}'`);
    if (operator === "=") {
      pairs.set(name, rest);
      continue;
    }
    const end = lines.indexOf(rest, i + 1);
    if (end < 0) throw new Error(`Invalid value. Matching delimiter not found '${rest}'`);
    pairs.set(name, lines.slice(i + 1, end).join("\n"));
    i = end;
  }
  return pairs;
}
