/** The set-up of the runner: what `install.sh` installs, and what it does without when a mirror of packages is down. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { CLIENT, postgres, program, SERVER } from "./fake_programs.ts";

const SETUP = fileURLToPath(new URL("../../.github/actions/setup", import.meta.url));
/** The machine's package of Deno, as a lock file names it. */
const DENO_PACKAGE = `@deno/${process.platform}-${process.arch}${
  process.platform === "linux" ? "-glibc" : ""
}`;
const DENO = {
  [`node_modules/${DENO_PACKAGE}`]: { version: "98.7.6", optional: true, integrity: "sha512-x" },
};

/** Of the package postgresql-common. */
const PGDG = "/usr/share/postgresql-common/pgdg/apt.postgresql.org.sh";

describe("install.sh", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "install-"));
    await mkdir(join(folder, "node_modules"));
    await writeFile(join(folder, "node_modules/.package-lock.json"), "{}");
    await writeFile(join(folder, "package-lock.json"), JSON.stringify({ packages: DENO }));
    await program(join(folder, "bin"), "deno", 'echo "deno 98.7.6 (stable)"');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Runs it in the folder, with the folder's programs first on the PATH. */
  async function install(env: Record<string, string>) {
    const path = join(folder, "path");
    const PATH = `${join(folder, "bin")}:/usr/bin:/bin`;
    const options = { cwd: folder, env: { PATH, GITHUB_PATH: path, POSTGRES_MAJOR: "98", ...env } };
    const done = promisify(execFile)(join(SETUP, "install.sh"), options);
    const { code, stdout } = await done.then(({ stdout }) => ({ code: 0, stdout }), (error) => error);
    return { code, stdout, path: await readFile(path, "utf8").catch(() => "") };
  }

  it("does nothing when everything is installed", async () => {
    await postgres(join(folder, "bin"), [...CLIENT, ...SERVER]);
    await program(join(folder, "bin"), "igzip", "true");
    const { code, stdout, path } = await install({ POSTGRES: "server" });
    expect(code).toBe(0);
    expect(path).toBe(`${join(folder, "bin")}\n`);
    expect(stdout).toContain("PostgreSQL: pg_dump (PostgreSQL) 98.1");
    expect(stdout).toContain("node_modules is there already");
  });

  it("names what is missing on a self-hosted machine, and installs nothing", async () => {
    await postgres(join(folder, "bin"), CLIENT);
    await program(join(folder, "bin"), "sudo", `echo installed >> ${join(folder, "sudo")}`);
    expect((await install({ POSTGRES: "client" })).code).toBe(0);
    const { code, stdout } = await install({ POSTGRES: "server", RUNNER_ENVIRONMENT: "self-hosted" });
    expect(code).toBe(1);
    expect(stdout).toContain(
      "::error::PostgreSQL 98 is missing on this machine: pg_dump pg_restore psql initdb postgres pg_ctl.",
    );
    expect(await readdir(folder)).not.toContain("sudo");
  });

  it("refuses any version other than the required one, and other words", async () => {
    await postgres(join(folder, "bin"), CLIENT);
    expect((await install({ POSTGRES: "client", POSTGRES_MAJOR: "9" })).code).toBe(1);
    expect((await install({ POSTGRES: "client", POSTGRES_MAJOR: "99" })).code).toBe(1);
    expect((await install({ POSTGRES: "psql" })).code).toBe(2);
  });

  it("reads the lists of packages once, and installs what is needed, on a GitHub-hosted machine", async () => {
    const bin = join(folder, "bin");
    const scripts = [...CLIENT, ...SERVER].map((name) =>
      `printf '#!/bin/sh\\necho "${name} (PostgreSQL) 98.1"\\n' > ${bin}/${name}; chmod +x ${bin}/${name}`
    );
    const asked = join(folder, "asked");
    await program(
      bin,
      "sudo",
      `echo "$*" >> ${asked}\ncase "$*" in *postgresql-client-98*) ${
        scripts.join("; ")
      };; esac\n[ "$1" != tee ] || cat > /dev/null`,
    );
    await program(bin, "npm", `echo "npm $*" >> ${asked}`);
    await rm(join(folder, "node_modules"), { recursive: true });
    const { code } = await install({ RUNNER_ENVIRONMENT: "github-hosted", POSTGRES: "server" });
    expect(code).toBe(0);
    const calls = await readFile(asked, "utf8");
    // it reads the lists itself; without its package they are read before
    expect(calls).toContain("apt.postgresql.org.sh -y\n");
    expect(calls.split("apt-get update").length - 1).toBe(existsSync(PGDG) ? 0 : 1);
    expect(calls).toMatch(/apt-get install .* postgresql-client-98 postgresql-98( isal)?\n/);
    expect(calls).toContain(
      "npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund --prefer-offline\n",
    );
  });

  it("while the mirror of packages is down, a command without programs of PostgreSQL starts, and igzip is left out", async () => {
    const bin = join(folder, "bin");
    const asked = join(folder, "asked");
    await program(bin, "sudo", `echo "$*" >> ${asked}; exit 100`);
    expect((await install({ RUNNER_ENVIRONMENT: "github-hosted" })).code).toBe(0);
    expect(existsSync(asked)).toBe(false);
    await postgres(bin, CLIENT);
    // a machine without igzip
    for (const name of ["bash", "dirname"]) await symlink(join("/usr/bin", name), join(bin, name));
    await symlink(process.execPath, join(bin, "node"));
    const { code, stdout } = await install({
      RUNNER_ENVIRONMENT: "github-hosted",
      POSTGRES: "client",
      PATH: bin,
    });
    expect(code).toBe(0);
    expect(stdout).toContain("::notice::igzip (package isal) is missing");
    expect(await readFile(asked, "utf8")).toBe("apt-get update -q\n");
    expect((await install({ RUNNER_ENVIRONMENT: "github-hosted", POSTGRES: "server" })).code).not.toBe(0);
  });

  it("takes Deno from the registry only as the package of the lock file", async () => {
    await program(join(folder, "bin"), "deno", 'echo "deno 98.7.5 (stable)"');
    const registry = await startDenoRegistry(folder);
    const env = {
      PATH: `${join(folder, "bin")}:${dirname(process.execPath)}:/usr/bin:/bin`,
      HOME: folder,
      RUNNER_TEMP: folder,
      npm_config_cache: join(folder, "cache"),
      npm_config_registry: registry.url,
    };
    const refused = await install(env);
    expect([refused.code, refused.path]).toEqual([1, ""]);
    expect(refused.stdout).toContain(
      `::error::${DENO_PACKAGE} 98.7.6 is not the package of package-lock.json`,
    );
    const locked = { version: "98.7.6", integrity: registry.integrity };
    const packages = { [`node_modules/${DENO_PACKAGE}`]: locked };
    await writeFile(join(folder, "package-lock.json"), JSON.stringify({ packages }));
    const { code, path } = await install(env);
    expect(code).toBe(0);
    const { stdout } = await promisify(execFile)(join(path.trim(), "deno"));
    expect(stdout).toBe("from the package\n");
    await registry.stop();
  }, 30_000);

  it("with npm's cache the dependencies need no registry", async () => {
    await rm(join(folder, "node_modules"), { recursive: true });
    const registry = await startRegistry(folder);
    const env = {
      PATH: `${join(folder, "bin")}:${dirname(process.execPath)}:/usr/bin:/bin`,
      HOME: folder,
      npm_config_cache: join(folder, "cache"),
      npm_config_fetch_retries: "0",
    };
    expect((await install(env)).code).toBe(0);
    expect(registry.requests).not.toBe(0);
    await registry.stop();
    await rm(join(folder, "node_modules"), { recursive: true });
    expect((await install(env)).code).toBe(0);
    expect(await readdir(join(folder, "node_modules"))).toContain("small");
    // and without both it fails
    await rm(join(folder, "node_modules"), { recursive: true });
    await rm(join(folder, "cache"), { recursive: true });
    expect((await install(env)).code).not.toBe(0);
  });
});

/** A registry that has Deno's package for this machine. */
async function startDenoRegistry(folder: string) {
  const content = join(folder, "made", "package");
  await program(content, "deno", 'echo "from the package"');
  await writeFile(join(content, "package.json"), JSON.stringify({ name: DENO_PACKAGE, version: "98.7.6" }));
  await promisify(execFile)("tar", ["-czf", join(folder, "deno.tgz"), "-C", join(folder, "made"), "package"]);
  const archive = await readFile(join(folder, "deno.tgz"));
  const integrity = `sha512-${createHash("sha512").update(archive).digest("base64")}`;
  const server = createServer(({ url = "", headers }, response) => {
    if (url.endsWith(".tgz")) return void response.end(archive);
    const dist = { integrity, tarball: `http://${headers.host}/deno.tgz` };
    const version = { name: DENO_PACKAGE, version: "98.7.6", dist };
    response.end(JSON.stringify({ name: DENO_PACKAGE, versions: { "98.7.6": version } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return {
    url: `http://127.0.0.1:${port}/`,
    integrity,
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

/** A registry with one package, which the folder's lock file names. */
async function startRegistry(folder: string) {
  const content = join(folder, "content", "package");
  await mkdir(content, { recursive: true });
  await writeFile(join(content, "package.json"), '{"name": "small", "version": "1.0.0"}');
  await promisify(execFile)("tar", ["-czf", join(folder, "small.tgz"), "-C", join(content, ".."), "package"]);
  const archive = await readFile(join(folder, "small.tgz"));
  const state = { requests: 0 };
  const server = createServer((_, response) => {
    state.requests++;
    response.end(archive);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = z.object({ port: z.number() }).parse(server.address());
  const integrity = `sha512-${createHash("sha512").update(archive).digest("base64")}`;
  const dependencies = { small: "1.0.0" };
  const root = { name: "root", version: "1.0.0", dependencies };
  await writeFile(join(folder, "package.json"), JSON.stringify(root));
  await writeFile(
    join(folder, "package-lock.json"),
    JSON.stringify({
      ...root,
      lockfileVersion: 3,
      packages: {
        "": root,
        ...DENO,
        "node_modules/small": {
          version: "1.0.0",
          resolved: `http://127.0.0.1:${port}/small-1.0.0.tgz`,
          integrity,
        },
      },
    }),
  );
  return Object.assign(state, { stop: () => new Promise((resolve) => server.close(resolve)) });
}
