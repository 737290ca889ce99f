/** A laptop at night: what a person has who follows a runbook, beside a project and a vault in trouble. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { ROOT } from "./documented_names.ts";
import { binaries, commandEnvironment, type TestPlace } from "./engine_fixture.ts";
import { follow, type Situation } from "./markdown_commands.ts";

export interface Laptop {
  folder: string;
  /** Programs, and where npm and Deno keep what they know: before anybody exported anything. */
  machine: Record<string, string>;
  /** What docs/runbooks/README.md asks for. */
  prepared: Record<string, string>;
  /** Does what a runbook says, on the prepared machine. @param name without folder and ending */
  follow(name: string, fill?: Situation["fill"]): Promise<string>;
  remove(): Promise<void>;
}

export async function openLaptop(place: TestPlace): Promise<Laptop> {
  const folder = await mkdtemp(join(tmpdir(), "revo-laptop-"));
  const machine = machineOf(place, folder);
  const prepared = {
    ...place.store.secrets,
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
      await follow(await runbook(name), { cwd: ROOT, env: { ...machine, ...prepared }, fill }),
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

/** For `fill`: the newest key of the lists that were printed so far which is such a one. */
export function newest(wanted: RegExp): (said: string) => string {
  return (said) => {
    const keys = [...said.matchAll(/^(revo\/\S+\.dump\.gz) {2}/gm)].map(([, key = ""]) => key);
    const key = keys.filter((it) => wanted.test(it)).sort().at(-1);
    if (key === undefined) throw new Error(`no backup like ${wanted} in:\n${said}`);
    return key;
  };
}
