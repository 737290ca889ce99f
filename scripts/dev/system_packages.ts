/** Programs that npm cannot install: on Debian and Ubuntu installed by apt, where that is permitted. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import process from "node:process";
import { findProgram } from "../lib/process/find_program.ts";
import { findPostgres } from "../lib/postgres/binaries.ts";
import { CHROMIUM_PROGRAMS } from "./chromium.ts";

/** The programs that the stack starts and its workflows call. */
export const POSTGRES_PROGRAMS = ["postgres", "initdb", "pg_ctl", "psql", "pg_dump", "pg_restore"] as const;

interface SystemPackage {
  isThere: () => boolean;
  /** Names of the packages. */
  apt: readonly string[];
  /** What it is needed for. */
  why: string;
}

const PACKAGES = {
  postgresql: { isThere: hasPostgres, apt: ["postgresql"], why: "the databases, pg_dump and pg_restore" },
  isal: { isThere: () => onPath("igzip"), apt: ["isal"], why: "igzip, the fastest gzip" },
  age: { isThere: () => onPath("age") && onPath("age-keygen"), apt: ["age"], why: "encrypted backups" },
  chromium: {
    isThere: () => CHROMIUM_PROGRAMS.some(onPath),
    apt: ["chromium-headless-shell", "fonts-liberation"],
    why: "the browser tests",
  },
} as const satisfies Record<string, SystemPackage>;

export type SystemPackageName = keyof typeof PACKAGES;

/**
 * Installs the missing ones, if apt is present and this user may run it without a password.
 * @returns the ones that are still missing
 * @throws {Error} when apt fails, with its output.
 */
export async function installSystemPackages(
  names: readonly SystemPackageName[],
  log: (line: string) => void,
): Promise<SystemPackageName[]> {
  const missing = () => names.filter((name) => !PACKAGES[name].isThere());
  const wanted = missing();
  if (wanted.length === 0) return [];
  const administrator = administratorPrefix();
  if (!onPath("apt-get") || administrator === null) {
    log(`missing on this machine: ${wanted.join(", ")}`);
    return wanted;
  }
  for (const name of wanted) {
    log(`installing ${PACKAGES[name].apt.join(", ")} by apt, for ${PACKAGES[name].why}; it stays installed`);
  }
  runApt(administrator, ["update", "-q"]);
  if (wanted.includes("postgresql")) await installWithoutCluster(administrator);
  runApt(administrator, install(wanted.flatMap((name) => PACKAGES[name].apt)));
  return missing();
}

const CREATE_CLUSTER = "/etc/postgresql-common/createcluster.conf";

/** Only the programs are needed: if Debian's common package is new, it is configured not to create a server. */
async function installWithoutCluster(administrator: readonly string[]): Promise<void> {
  if (existsSync(CREATE_CLUSTER)) return;
  runApt(administrator, install(["postgresql-common"]));
  const line = "create_main_cluster = false\n";
  if (administrator.length === 0) await appendFile(CREATE_CLUSTER, line);
  else {execFileSync("sudo", ["-n", "tee", "-a", CREATE_CLUSTER], {
      input: line,
      stdio: ["pipe", "ignore", "inherit"],
    });}
}

function install(packages: readonly string[]): string[] {
  return ["install", "-q", "-y", "--no-install-recommends", ...packages];
}

function runApt(administrator: readonly string[], args: readonly string[]): void {
  const [program = "apt-get", ...rest] = [
    ...administrator,
    "env",
    "DEBIAN_FRONTEND=noninteractive",
    "apt-get",
    ...args,
  ];
  const { status, stderr, stdout, error } = spawnSync(program, rest, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (status === 0) return;
  const said = `${stdout ?? ""}\n${stderr ?? ""}`.trim().split("\n").slice(-5).join("\n");
  throw new Error(`apt-get ${args[0]} failed: ${error?.message ?? said}`);
}

/** The prefix of a command that needs root; `null` if this user cannot become root without a prompt. */
function administratorPrefix(): string[] | null {
  if (process.getuid?.() === 0) return [];
  if (!onPath("sudo")) return null;
  return spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0 ? ["sudo", "-n"] : null;
}

function hasPostgres(): boolean {
  try {
    findPostgres(POSTGRES_PROGRAMS);
    return true;
  } catch {
    return false;
  }
}

function onPath(program: string): boolean {
  return findProgram(program, process.env.PATH ?? "") !== null;
}
