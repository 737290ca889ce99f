/**
 * Finds an installation of PostgreSQL: on PATH, through pg_config, and where packages put it on Debian, Red Hat,
 * Homebrew, EDB's and Postgres.app's installers.
 */
import { execFileSync } from "node:child_process";
import { accessSync, constants, readdirSync, realpathSync } from "node:fs";
import { basename, delimiter, join } from "node:path";
import process from "node:process";
import { BackupError } from "@backup/errors.ts";
import { childEnvironment } from "../process/child_environment.ts";

/** The oldest major version that Supabase runs. */
export const OLDEST_MAJOR = 15;

export interface PostgresBinaries {
  major: number;
  /** For example `15.18`. */
  version: string;
  /** The folder that holds them. */
  folder: string;
  /** Absolute path of a program of this installation, for example `pg_dump`. */
  path(name: string): string;
}

export interface FindOptions {
  /** Only this major version; default: the newest. */
  major?: number;
  environment?: Readonly<Record<string, string | undefined>>;
  /** Folders of packages; `*` matches one path component. */
  places?: readonly string[];
}

const PLACES = [
  "/usr/lib/postgresql/*/bin",
  "/usr/pgsql-*/bin",
  "/opt/homebrew/opt/postgresql*/bin",
  "/usr/local/opt/postgresql*/bin",
  "/Library/PostgreSQL/*/bin",
  "/Applications/Postgres.app/Contents/Versions/*/bin",
];

/**
 * The newest installation from {@link OLDEST_MAJOR} on that has all of `needed`. `REVO_PG_BIN` names a folder
 * that is used instead of any other.
 * @throws {BackupError} `missing_tool`, saying what to install.
 */
export function findPostgres(needed: readonly string[], options: FindOptions = {}): PostgresBinaries {
  const environment = options.environment ?? process.env;
  const chosen = environment.REVO_PG_BIN;
  const folders = chosen ? [chosen] : candidates(options.places ?? PLACES, environment.PATH ?? "");
  const program = needed[0] ?? "psql";
  const complete = folders.filter((folder) => needed.every((name) => isProgram(join(folder, name))));
  const { own, wrappers } = distinct(complete, program);
  const newest = (among: readonly string[]) =>
    among
      .flatMap((folder) => describe(folder, program))
      .filter(({ major }) => options.major === undefined ? major >= OLDEST_MAJOR : major === options.major)
      .sort((a, b) => compareVersions(b.version, a.version))[0];
  const found = newest(own) ?? newest(wrappers);
  if (found !== undefined) return found;
  throw new BackupError(
    "missing_tool",
    `Cannot find PostgreSQL ${options.major ?? `${OLDEST_MAJOR} or newer`} with ${needed.join(", ")}` +
      (chosen ? ` in REVO_PG_BIN (${chosen})` : ""),
    {
      hint:
        "Install it (Debian and Ubuntu: `apt-get install postgresql`; macOS: `brew install postgresql@17`) " +
        "or name its bin folder in REVO_PG_BIN.",
    },
  );
}

/**
 * Each program once, whatever links lead to it (/bin is /usr/bin). A link to a file of another name is a wrapper that
 * starts a program of the packages' folders (Debian's `psql`). It is slow to start and tried last.
 */
function distinct(folders: readonly string[], program: string): { own: string[]; wrappers: string[] } {
  const own: string[] = [];
  const wrappers: string[] = [];
  const known = new Set<string>();
  for (const folder of folders) {
    const file = realpathSync(join(folder, program));
    if (known.has(file)) continue;
    known.add(file);
    (basename(file) === program ? own : wrappers).push(folder);
  }
  return { own, wrappers };
}

/** The packages' folders come first. */
function candidates(places: readonly string[], path: string): string[] {
  const onPath = path.split(delimiter).filter((folder) => folder !== "");
  return [...places.flatMap(expand), ...bindirOfPgConfig(onPath), ...onPath];
}

function expand(place: string): string[] {
  const star = place.split("/").findIndex((part) => part.includes("*"));
  if (star < 0) return [place];
  const parts = place.split("/");
  const parent = parts.slice(0, star).join("/");
  const [start = "", end = ""] = (parts[star] ?? "").split("*");
  try {
    return readdirSync(parent)
      .filter((name) => name.startsWith(start) && name.endsWith(end))
      .map((name) => join(parent, name, ...parts.slice(star + 1)));
  } catch {
    return []; // the folder does not exist on this machine
  }
}

function bindirOfPgConfig(path: readonly string[]): string[] {
  const program = path.map((folder) => join(folder, "pg_config")).find(isProgram);
  const answer = program === undefined ? null : tryRun(program, "--bindir");
  return answer === null ? [] : [answer.trim()];
}

function describe(folder: string, program: string): PostgresBinaries[] {
  const version = versionOf(join(folder, program));
  if (version === null) return [];
  return [{ major: Number.parseInt(version), version, folder, path: (name) => join(folder, name) }];
}

/** The version that a program prints, for example `15.18`; `null` when it is not one of PostgreSQL's. */
export function versionOf(program: string): string | null {
  const [, major, minor = "0"] =
    /\(PostgreSQL\) (\d+)(?:\.(\d+))?/.exec(tryRun(program, "--version") ?? "") ?? [];
  return major === undefined ? null : `${major}.${minor}`;
}

function tryRun(program: string, argument: string): string | null {
  try {
    return execFileSync(program, [argument], {
      encoding: "utf8",
      env: childEnvironment(),
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch {
    return null; // a program that does not print its version is not an installation
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function compareVersions(a: string, b: string): number {
  const [aMajor = 0, aMinor = 0] = a.split(".").map(Number);
  const [bMajor = 0, bMinor = 0] = b.split(".").map(Number);
  return aMajor - bMajor || aMinor - bMinor;
}
