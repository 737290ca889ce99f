/**
 * Packages of the extensions that a backup names: PostgreSQL's own package has those of contrib, others have one each. They
 * are installed on GitHub's own machines, which are discarded afterwards; elsewhere a drill names the package.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { toBackupError } from "@backup/errors.ts";
import type { PostgresBinaries } from "../postgres/binaries.ts";
import type { Progress } from "../run/progress.ts";
import { runAsServerUser } from "./server_user.ts";

/**
 * What follows `postgresql-MAJOR-` in the name of the package, for the extensions that a project on the platform can create.
 * Source: Debian 12 and 13, and the PostgreSQL project's repository, which has them for every major version.
 */
const PACKAGES: Readonly<Record<string, string>> = {
  address_standardizer: "postgis-3",
  address_standardizer_data_us: "postgis-3",
  http: "http",
  hypopg: "hypopg",
  pg_cron: "cron",
  pg_partman: "partman",
  pg_repack: "repack",
  pgaudit: "pgaudit",
  pgrouting: "pgrouting",
  pgtap: "pgtap",
  plpgsql_check: "plpgsql-check",
  postgis: "postgis-3",
  postgis_raster: "postgis-3",
  postgis_sfcgal: "postgis-3",
  postgis_tiger_geocoder: "postgis-3",
  postgis_topology: "postgis-3",
  rum: "rum",
  vector: "pgvector",
};

/** Extensions that can be created only where the server has loaded their library at its start. */
const PRELOADED = ["pg_cron", "pgaudit"];

/** @returns the package of an extension; `undefined` for one of contrib, and for one that no package has */
export function packageOf(extension: string, major: number): string | undefined {
  const name = PACKAGES[extension];
  return name === undefined ? undefined : `postgresql-${major}-${name}`;
}

/** Runs apt-get with these arguments. @throws when it fails */
type AptGet = (args: readonly string[]) => Promise<void>;

/**
 * Installs the packages of these extensions. One that cannot be installed is reported and passed over: the drill leaves
 * out its objects by name.
 */
export async function installExtensions(
  extensions: readonly string[],
  major: number,
  progress: Progress,
  aptGet: AptGet,
): Promise<void> {
  const packages = new Set(extensions.flatMap((name) => packageOf(name, major) ?? []));
  if (packages.size === 0) return;
  const install = (name: string) => aptGet(["install", "-q", "-y", "--no-install-recommends", name]);
  let isRead = false;
  for (const name of packages) {
    try {
      await install(name).catch(async (failure) => {
        if (isRead) throw failure;
        isRead = true; // the machine's lists of packages may be older than its mirror
        await aptGet(["update", "-q"]);
        await install(name);
      });
      progress.log(`installed ${name}`);
    } catch (thrown) {
      progress.log(`cannot install ${name}: ${toBackupError(thrown).message}`);
    }
  }
}

/** apt-get of this machine; `null` where nothing may be installed. */
export function aptGetOf(
  environment: Readonly<Record<string, string | undefined>>,
  signal?: AbortSignal,
): AptGet | null {
  if (environment.RUNNER_ENVIRONMENT !== "github-hosted") return null;
  const [program = "", ...first] = process.getuid?.() === 0 ? ["apt-get"] : ["sudo", "-n", "apt-get"];
  return (args) => runAsServerUser(program, [...first, ...args], { user: null, cwd: "/", signal });
}

/**
 * Settings of a server on which these extensions are created in one database. Jobs of pg_cron do not run there.
 * @param database in which pg_cron is created
 */
export function settingsOf(
  extensions: readonly string[],
  { folder }: Pick<PostgresBinaries, "folder">,
  database: string,
): Record<string, string> {
  // beside the programs, where packages put it; a server does not start with a library that it lacks
  const has = (name: string) => existsSync(join(folder, "../lib", `${name}.so`));
  const loaded = PRELOADED.filter((name) => extensions.includes(name) && has(name));
  if (loaded.length === 0) return {};
  return {
    shared_preload_libraries: loaded.join(", "),
    ...loaded.includes("pg_cron") && {
      "cron.database_name": database,
      "cron.launch_active_jobs": "off",
      "cron.timezone": "UTC",
    },
  };
}
