/**
 * backup_db_local.sh and restore_db_local.sh on real servers: what they create, what they refuse, what remains when
 * they are stopped. Wrappers around PostgreSQL's programs record every argument, so that a password in an argument
 * fails the test; the substitute for Docker does the same and runs the program of the image.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parseManifest, sealManifest } from "@backup/vault/manifest.ts";
import { makeKeyPair, Signer } from "@backup/vault/signature.ts";
import { siblingKeys } from "@backup/vault/object_key.ts";
import type { Connection } from "../lib/postgres/connection.ts";
import { PostgresServer } from "../lib/server/server.ts";
import { makeServerFolder } from "../lib/server/server_user.ts";
import { uploadLocalBackup } from "../lib/backup/upload.ts";
import {
  binaries,
  createProject,
  fixture,
  restore,
  sql,
  startPlace,
  type TestPlace,
} from "./engine_fixture.ts";
import { shells } from "./shells.ts";

const script = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const BACKUP = script("backup_db_local.sh");
const RESTORE = script("restore_db_local.sh");
/** The superuser of a plain PostgreSQL server, for restore_db_local.sh. */
const PLAIN = { name: "dono", password: "plain-secret" };

let place: TestPlace;
let plain: PostgresServer;
let plainFolder: string;
let prod: Connection;
let url: string;
let lab: string;
let shell: string;

beforeEach(async () => {
  lab = await mkdtemp(join(tmpdir(), "revo-test-local-"));
  await mkdir(join(lab, "bin"));
  for (const program of ["psql", "pg_dump", "pg_restore"]) await wrap(program);
});
afterEach(() => rm(lab, { recursive: true, force: true }));

function urlOf({ env }: Connection): string {
  const [user, password] = [env.PGUSER, env.PGPASSWORD].map((word) => encodeURIComponent(word ?? ""));
  return `postgres://${user}:${password}@${env.PGHOST}:${env.PGPORT}/${env.PGDATABASE}`;
}

/** As the plain server's superuser, with PostgreSQL's own programs. */
function plainEnvironment(): Record<string, string> {
  return {
    PGHOST: "127.0.0.1",
    PGPORT: String(plain.port),
    PGUSER: PLAIN.name,
    PGPASSWORD: PLAIN.password,
    PATH: `${binaries.folder}:${process.env.PATH}`,
  };
}

/** Signs the manifest beside an archive, as a job does. */
async function signManifest(file: string, privateKey: string): Promise<void> {
  const path = join(lab, file.replace(".dump.gz", ".manifest.json"));
  const manifest = await parseManifest(await readFile(path, "utf8"));
  const key = siblingKeys(objectKeyOf(file)).manifest;
  await writeFile(path, await sealManifest(await new Signer(privateKey).signJson(key, manifest)));
}

/** In the vault, of a file of this machine. */
function objectKeyOf(file: string): string {
  const name = file.split("/").at(-1) ?? "";
  const [, target, year, month, day] = /^supabase_([a-z]+)_(\d{4})(\d\d)(\d\d)_/.exec(name) ?? [];
  return `revo/${target}/${year}/${month}/${day}/${name}`;
}

function askPlain(text: string, database: string): string {
  const env = plainEnvironment();
  return execFileSync(binaries.path("psql"), ["-XAtqc", text, database], { env, encoding: "utf8" }).trim();
}

/** A wrapper around a program of this machine that records its arguments; `before` runs first. */
async function wrap(program: string, before = "", real?: string): Promise<void> {
  const path = join(lab, "bin", program);
  const target = real ?? binaries.path(program as "psql");
  await writeFile(
    path,
    `#!/bin/bash\nprintf '%s\\n' "${program} $*" >>"${lab}/arguments"\n${before}\nexec "${target}" "$@"\n`,
  );
  await chmod(path, 0o755);
}

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

interface Options {
  arguments?: string[];
  env?: Record<string, string>;
  /** Shell commands that run before the script, for example `ulimit`. */
  before?: string;
  /** Called when the script runs. */
  during?: (pid: number) => Promise<void>;
}

function run(file: string, options: Options = {}): Promise<Ended> {
  const args = options.arguments ?? [];
  const command = options.before === undefined
    ? [file, ...args]
    : ["-c", `${options.before}; exec "$BASH" --norc "$0" "$@"`, file, ...args];
  const child = spawn(shell, ["--norc", ...command], {
    cwd: lab,
    env: {
      PATH: `${join(lab, "bin")}:${process.env.PATH}`,
      HOME: lab,
      LC_ALL: "C.UTF-8",
      DATABASE_URL: url,
      OUT_DIR: "saida",
      ...options.env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => said.stdout += String(chunk));
  child.stderr.on("data", (chunk) => said.stderr += String(chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, ...said }));
    options.during?.(child.pid ?? 0).catch(reject);
  });
}

/** All files in the output folder, working folders included. */
async function left(): Promise<string[]> {
  return await readdir(join(lab, "saida")).catch(() => []);
}

async function argumentsOfPrograms(): Promise<string> {
  return await readFile(join(lab, "arguments"), "utf8").catch(() => "");
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let n = 0; n < 600; n++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("what was waited for did not come");
}

describe.each(shells())("backup_db_local.sh and restore_db_local.sh under bash %s", (_version, path) => {
  beforeAll(async () => {
    shell = path;
    place = await startPlace();
    prod = await createProject(place.server, "prod");
    await sql(prod, await fixture("every_kind.sql"));
    url = urlOf(prod);
    plainFolder = await makeServerFolder("revo-test-plain-");
    plain = await PostgresServer.create({ binaries, folder: plainFolder, superuser: PLAIN });
    await plain.start();
  });

  afterAll(async () => {
    await plain?.stop("immediate");
    if (plainFolder) await rm(plainFolder, { recursive: true, force: true });
    await place?.stop();
  });

  test("makes an archive and its manifest, readable by the owner only, without a password in any argument", async () => {
    const ended = await run(BACKUP, { env: { LABEL: " antes da migracao " } });
    expect(ended.stderr).toContain(binaries.version);
    expect(ended).toMatchObject({ code: 0 });
    const file = ended.stdout.trim();
    expect(file).toMatch(/^saida\/supabase_prod_\d{8}_\d{6}_antes_da_migracao\.dump\.gz$/);
    expect((await left()).sort()).toEqual(
      [file, file.replace(".dump.gz", ".manifest.json")].map((path) => path.replace("saida/", "")),
    );
    const path = join(lab, file);
    const manifest = await parseManifest(await readFile(path.replace(".dump.gz", ".manifest.json"), "utf8"));
    expect(manifest).toMatchObject({ kind: "supabase_db_backup_local", target: "prod", mode: "full" });
    expect(manifest.bytes).toBe((await stat(path)).size);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const given = await argumentsOfPrograms();
    expect(given).toContain("pg_dump --format=custom");
    expect(given).not.toContain(prod.env.PGPASSWORD);
  });

  test("its backup uploads to the vault, restores from there by the product and by pg_restore, and is never uploaded twice", async () => {
    const made = await run(BACKUP);
    const file = join(lab, made.stdout.trim());
    const progress = { phase: () => {}, bytes: () => {}, log: () => {} };
    const { key } = await uploadLocalBackup(place.store.vault, file, progress);
    const target = await createProject(place.server, "do_local");
    await restore(place.store.vault, target, key);
    expect(await sql(target, await fixture("content.sql"))).toEqual(
      await sql(prod, await fixture("content.sql")),
    );
    const recovery = await place.store.vault.text(siblingKeys(key).recovery);
    expect(recovery).toContain("| Feito por | backup_db_local.sh");
    const commands = [...recovery.matchAll(/```sh\n([^]*?)```/g)].map(([, block]) => block).join("");
    const env = { ...plainEnvironment(), ...place.store.secrets };
    execFileSync(shell, ["--norc", "-e", "-c", commands], { env, cwd: lab });
    expect(askPlain("select count(*) from public.clientes", "revo_recuperado")).toBe(
      (await sql(prod, "select count(*) from public.clientes;"))[0],
    );
    await expect(uploadLocalBackup(place.store.vault, file, progress)).rejects.toMatchObject({
      code: "vault_object_exists",
    });
    const bytes = await readFile(file);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    await writeFile(file, bytes);
    await expect(uploadLocalBackup(place.store.vault, file, progress)).rejects.toMatchObject({
      code: "archive_corrupt",
    });
  });

  test("restore_db_local.sh restores it into a plain server, roles and privileges included", async () => {
    const made = await run(BACKUP);
    const env = plainEnvironment();
    const restored = await run(RESTORE, { arguments: [made.stdout.trim(), "exame"], env });
    expect(restored, restored.stderr).toMatchObject({ code: 0 });
    const ask = (text: string) => askPlain(text, "exame");
    expect(ask("select count(*) from public.clientes")).toBe(
      (await sql(prod, "select count(*) from public.clientes;"))[0],
    );
    expect(ask("select has_function_privilege('anon', 'public.segredo()', 'execute')")).toBe("f");
    const again = await run(RESTORE, { arguments: [made.stdout.trim(), "exame"], env });
    expect(again).toMatchObject({ code: 2 });
    expect(again.stderr).toContain("já existe");

    const [ours, theirs] = await Promise.all([makeKeyPair(), makeKeyPair()]);
    const keys = { ...env, BACKUP_PUBLIC_KEYS: `# uma chave\n${ours.publicKey}` };
    const file = made.stdout.trim();
    const restoredWith = (more: Record<string, string> = {}) =>
      run(RESTORE, { arguments: [file, "exame"], env: { ...keys, ...more } });
    const refused = [expect.stringContaining("não há assinatura no manifesto"), 2];
    const untouched = "já existe; nada foi alterado";
    const unsigned = await restoredWith();
    expect([unsigned.stderr, unsigned.code]).toEqual(refused);
    const allowed = await restoredWith({ ALLOW_UNSIGNED: file.split("/").at(-1) ?? "" });
    expect(allowed.stderr).toContain("usado sem assinatura, como pedido");
    expect(allowed.stderr).toContain(untouched);
    await signManifest(file, theirs.privateKey);
    expect((await restoredWith()).stderr).toContain("nenhuma chave desta instalação assinou");
    await signManifest(file, ours.privateKey);
    const signed = await restoredWith();
    expect(signed.stderr).not.toContain("atenção");
    expect(signed.stderr).toContain(untouched);

    await writeFile(join(lab, made.stdout.trim()), "isto não é um backup");
    const broken = await run(RESTORE, { arguments: [made.stdout.trim(), "outro"], env });
    expect(broken).toMatchObject({ code: 1 });
    expect(broken.stderr).toContain("o arquivo não é o do manifesto");
    expect(ask("select count(*) from pg_database where datname = 'outro'")).toBe("0");
  });

  test("passes the password to the Docker container by the variable's name, never as an argument", async () => {
    await writeFile(
      join(lab, "bin", "docker"),
      `#!/bin/bash
printf '%s\\n' "docker $*" >>"${lab}/arguments"
case $1 in info) exit 0 ;; run) shift ;; *) exit 64 ;; esac
while [ $# -gt 0 ]; do
  case $1 in
    --env) case $2 in *=*) echo "the value of \${2%%=*} is an argument" >&2; exit 64 ;; esac; shift 2 ;;
    --*) shift ;;
    *) image=$1; shift; break ;;
  esac
done
case $image in postgres:*) ;; *) echo "unknown image $image" >&2; exit 64 ;; esac
program=$1; shift
exec "${binaries.folder}/$program" "$@"
`,
    );
    await chmod(join(lab, "bin", "docker"), 0o755);
    const ended = await run(BACKUP, { env: { TOOLS: "docker" } });
    expect(ended.stderr).toContain("de Docker (postgres:");
    expect(ended).toMatchObject({ code: 0 });
    expect(await left()).toHaveLength(2);
    const given = await argumentsOfPrograms();
    expect(given).toContain("--env PGPASSWORD");
    expect(given).not.toContain(prod.env.PGPASSWORD);

    // a container does not see the certificate: it is left out, unless the URL demands it
    const hosted = async (query: string) => {
      const DATABASE_URL = `postgres://u:p@nenhum.supabase.co/b${query}`;
      return await run(BACKUP, { env: { TOOLS: "docker", SUPABASE_CA_FILE: BACKUP, DATABASE_URL } });
    };
    expect((await hosted("")).stderr).toMatch(/com Docker .* não é conferido[^]*o banco não respondeu/);
    expect((await hosted(`?sslmode=verify-full&sslrootcert=${BACKUP}`)).stderr).toContain(
      "não é possível com Docker",
    );
  });

  const REFUSED: readonly [string, string, Options, number][] = [
    [
      "the transaction pooler",
      "pooler de transações",
      { env: { DATABASE_URL: "postgres://u:p@h:6543/b" } },
      2,
    ],
    ["no URL", "falta DATABASE_URL", { env: { DATABASE_URL: "" } }, 2],
    ["another kind of URL", "não é a URL de um banco", { env: { DATABASE_URL: "https://h/b" } }, 2],
    ["an unknown parameter", "'target_session'", {
      env: { DATABASE_URL: "postgres://u:p@h/b?target_session=1" },
    }, 2],
    ["a label with other characters", "etiqueta inválida", { env: { LABEL: "a/b" } }, 2],
    ["a long label", "41 caracteres", { env: { LABEL: "x".repeat(41) } }, 2],
    ["an unknown mode", "MODE desconhecido", { env: { MODE: "data" } }, 2],
    ["an unknown target", "banco desconhecido", { arguments: ["producao"] }, 2],
    ["a folder that is a file", "não é uma pasta", { env: { OUT_DIR: "arguments" } }, 1],
    ["a folder without space", "pouco espaço", {
      before: 'df() { printf "x\\nx 9 9 9 9%% /\\n"; }; export -f df',
    }, 1],
    ["a full disk", "o dump não terminou", { before: "ulimit -f 8" }, 1],
  ];
  test.each(REFUSED)("refuses %s and leaves nothing behind", async (_what, words, options, code) => {
    const ended = await run(BACKUP, options);
    expect(ended.stderr).toContain(words);
    expect(ended).toMatchObject({ code, stdout: "" });
    expect(await left()).toEqual([]);
  });

  test("refuses a wrong password and an empty database", async () => {
    const wrong = await run(BACKUP, { env: { DATABASE_URL: url.replace(/:[^:@]+@/, ":errada@") } });
    expect(wrong).toMatchObject({ code: 1 });
    expect(wrong.stderr).toContain("o banco não respondeu");
    const empty = await createProject(place.server, "vazio");
    const nothing = await run(BACKUP, { env: { DATABASE_URL: urlOf(empty) } });
    expect(nothing).toMatchObject({ code: 1 });
    expect(nothing.stderr).toContain("um backup vazio não é um backup");
  });

  test("refuses an old pg_dump and an existing file name", async () => {
    await wrap("pg_dump", "echo 'pg_dump (PostgreSQL) 9.6.1'; exit 0");
    const old = await run(BACKUP, { env: { TOOLS: "local", PATH: `${join(lab, "bin")}:/usr/bin:/bin` } });
    // another installation of the machine may be found: then it is used, with a message
    if (old.code === 0) expect(old.stderr).toMatch(/pg_dump (?!9\.)\d+\.\d+/);
    else expect(old.stderr).toContain("mais antigas que o servidor");
    await rm(join(lab, "saida"), { recursive: true, force: true });
    await wrap("date", "echo 2026-01-15T03:10:22Z; exit 0", "/bin/true");
    await wrap("pg_dump");
    expect(await run(BACKUP)).toMatchObject({ code: 0 });
    const taken = await run(BACKUP);
    expect(taken).toMatchObject({ code: 1 });
    expect(taken.stderr).toContain("já existe saida/supabase_prod_20260115_031022.dump.gz");
    expect(await left()).toHaveLength(2);
  });

  test("refuses a dump that breaks off or lacks tables", async () => {
    await wrap(
      "pg_dump",
      `case "$*" in *--version*) ;; *) "${binaries.path("pg_dump")}" "$@" | head -c 20000; exit 1 ;; esac`,
    );
    const broken = await run(BACKUP);
    expect(broken).toMatchObject({ code: 1 });
    expect(broken.stderr).toContain("o dump não terminou");
    expect(await left()).toEqual([]);
    await wrap(
      "pg_dump",
      'case "$*" in *--version*) ;; *) set -- "$@" --exclude-table=public.clientes ;; esac',
    );
    const fewer = await run(BACKUP);
    expect(fewer).toMatchObject({ code: 1 });
    expect(fewer.stderr).toMatch(/o dump tem \d+ tabelas, o banco tem \d+/);
    expect(await left()).toEqual([]);
  });

  const STEPS = [
    ["the first question", "psql", "1"],
    ["the tables", "psql", "4"],
    ["the dump", "pg_dump", "2"],
    ["the reading back", "pg_restore", "1"],
    ["the manifest", "git", "1"],
    ["the final names", "mv", "1"],
    ["the manifest's final name", "mv", "2"],
  ] as const;
  test.each(STEPS)("stopped at %s it leaves nothing behind, and no process", async (_step, program, call) => {
    const real = ["git", "mv"].includes(program)
      ? execFileSync("which", [program], { encoding: "utf8" }).trim()
      : undefined;
    const stops = `echo x >>"${lab}/calls"; if [ "$(grep -c x "${lab}/calls")" = ${call} ]; then
      touch "${lab}/there"; for n in $(seq 300); do sleep 0.1; [ ! -e "${lab}/go" ] || break; done; fi`;
    await wrap(program, stops, real);
    const ended = await run(BACKUP, {
      during: async (pid) => {
        await until(() => exists(join(lab, "there")));
        process.kill(pid, "SIGTERM");
        // bash handles a signal when the program that it waits for has ended
        await writeFile(join(lab, "go"), "");
      },
    });
    expect(ended.stderr).toContain("interrompido; nada ficou");
    expect(ended.code).toBe(130);
    expect(await left()).toEqual([]);
    expect(spawnSync("pgrep", ["-f", lab], { encoding: "utf8" }).stdout).toBe("");
  });

  test("the next run removes what a SIGKILL left behind", async () => {
    await wrap("pg_restore", `touch "${lab}/there"; exec >/dev/null 2>&1; sleep 1`);
    const killed = await run(BACKUP, {
      during: async (pid) => {
        await until(() => exists(join(lab, "there")));
        process.kill(pid, "SIGKILL");
      },
    });
    expect(killed.code).toBeNull();
    expect(await left()).toEqual([expect.stringMatching(/^\.revo-backup-\d+$/)]);
    await wrap("pg_restore");
    expect(await run(BACKUP)).toMatchObject({ code: 0 });
    expect(await left()).toHaveLength(2);
  });
});
