/** The machine of an operator who follows a runbook, with a project and a vault after an incident. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { makeKeyPair } from "@backup/vault/signature.ts";
import { ROOT } from "./documented_names.ts";
import { binaries, commandEnvironment, type TestPlace } from "./engine_fixture.ts";
import { follow, type Situation } from "./markdown_commands.ts";

export interface Laptop {
  folder: string;
  /** PATH and the caches of npm and Deno: the environment before any export. */
  machine: Record<string, string>;
  /** What docs/runbooks/README.md requires. */
  prepared: Record<string, string>;
  /**
   * Runs the commands of a runbook on the prepared machine, where `npx` starts the installed program without npm, which
   * takes half a second for each. @param name without folder and suffix
   */
  follow(name: string, fill?: Situation["fill"]): Promise<string>;
  remove(): Promise<void>;
}

export async function openLaptop(place: TestPlace): Promise<Laptop> {
  const folder = await mkdtemp(join(tmpdir(), "revo-laptop-"));
  const machine = machineOf(place, folder);
  const quick = join(folder, "quick");
  await mkdir(quick);
  await writeFile(join(quick, "npx"), `#!/bin/sh\nexec "${ROOT}/node_modules/.bin/$@"\n`, { mode: 0o755 });
  const { publicKey, privateKey } = await makeKeyPair();
  const prepared = {
    ...place.store.secrets,
    BACKUP_PUBLIC_KEYS: publicKey,
    BACKUP_SIGNING_KEY: privateKey,
    SUPABASE_DB_URL_PROD: place.server.url("postgres", "prod"),
    SUPABASE_DB_URL_DEV: place.server.url("postgres", "dev"),
    REQUESTED_BY: "noite@example.com",
    OUT_DIR: join(folder, "noite"),
    GITHUB_STEP_SUMMARY: join(folder, "noite/resumo.md"),
  };
  return {
    folder,
    machine,
    prepared,
    follow: async (name, fill = {}) =>
      await follow(await runbook(name), {
        cwd: ROOT,
        env: { ...machine, ...prepared, PATH: `${quick}:${machine.PATH}` },
        fill,
      }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function machineOf(place: TestPlace, folder: string): Record<string, string> {
  const { HOME = folder, TMPDIR = folder, DENO_DIR = "" } = commandEnvironment(place);
  const path = [dirname(process.execPath), binaries.folder, "/usr/bin", "/bin"].join(":");
  return { PATH: path, HOME, TMPDIR, DENO_NO_UPDATE_CHECK: "1", ...DENO_DIR && { DENO_DIR } };
}

/** The text of a runbook. */
export function runbook(name: string): Promise<string> {
  return readFile(join(ROOT, "docs/runbooks", `${name}.md`), "utf8");
}

/** For `fill`: the newest matching key of the lists printed so far. */
export function newest(wanted: RegExp): (said: string) => string {
  return (said) => {
    const keys = [...said.matchAll(/^(revo\/\S+\.dump\.gz) {2}/gm)].map(([, key = ""]) => key);
    const key = keys.filter((it) => wanted.test(it)).sort().at(-1);
    if (key === undefined) throw new Error(`no backup like ${wanted} in:\n${said}`);
    return key;
  };
}
