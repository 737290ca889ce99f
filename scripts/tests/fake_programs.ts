/** Programs that are found first on the PATH, in place of installed ones. */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Writes a program that is found first on the PATH. */
export async function program(folder: string, name: string, body: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), `#!/usr/bin/env bash\n${body}\n`);
  await chmod(join(folder, name), 0o755);
}

/** PostgreSQL programs of a version that is not installed. */
export async function postgres(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) await program(folder, name, `echo "${name} (PostgreSQL) 98.1"`);
}
export const CLIENT = ["pg_dump", "pg_restore", "psql"];
export const SERVER = ["initdb", "postgres", "pg_ctl"];
