/**
 * Runs before a package script: checks the version of Node, installs the locked dependencies, then runs a main in
 * TypeScript or a program of node_modules/.bin, if one is named.
 *
 *     node scripts/dev/setup.mjs [MAIN.ts|PROGRAM [ARGUMENT…]]
 *
 * Plain JavaScript without dependencies, because it runs before anything is installed.
 */
import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { watchParent } from "./follow_parent.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const OLDEST_NODE = [20, 19];
const FORWARDED = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);

const [main, ...args] = process.argv.slice(2);
requireNode();
installDependencies();
if (main !== undefined) run(main, args);

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  fail(
    `Node.js ${
      OLDEST_NODE.join(".")
    } or newer is needed; this is ${process.versions.node} (${process.execPath}).`,
    1,
  );
}

function installDependencies() {
  const reason = reasonToInstall();
  if (reason === null) return;
  process.stdout.write(`${reason}: installing the locked dependencies (npm ci)\n`);
  const npm = process.env.npm_execpath;
  const [program, ...first] = npm?.endsWith(".js") ? [process.execPath, npm] : ["npm"];
  const cache = isWritable(homedir()) ? null : mkdtempSync(join(tmpdir(), "revo-npm-"));
  try {
    const { status, error } = spawnSync(
      program ?? "npm",
      [
        ...first,
        "ci",
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
        "--loglevel=error",
        ...(cache ? ["--cache", cache] : []),
      ],
      { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] },
    );
    if (status !== 0) fail(`npm ci failed${error ? `: ${error.message}` : ` (exit ${status})`}.`, 1);
  } finally {
    if (cache) rmSync(cache, { recursive: true, force: true });
  }
}

/** The problem of node_modules, or `null`: npm stores there a lock file of what it installed. */
function reasonToInstall() {
  const wanted = readPackages("package-lock.json");
  const installed = readPackages(join("node_modules", ".package-lock.json"));
  if (wanted === null) fail("package-lock.json cannot be read.", 1);
  if (installed === null) return "node_modules is missing";
  const differs = Object.entries(wanted).some(([path, entry]) => {
    if (path === "") return false;
    const found = installed[path];
    // optional packages are not installed on machines that they do not support
    return found === undefined
      ? !entry.optional
      : found.version !== entry.version || found.integrity !== entry.integrity;
  });
  return differs || Object.keys(installed).some((path) => !(path in wanted))
    ? "node_modules differs from package-lock.json"
    : null;
}

/**
 * @param {string} file
 * @returns {Record<string, { version?: string, integrity?: string, optional?: boolean }> | null}
 */
function readPackages(file) {
  try {
    return JSON.parse(readFileSync(join(ROOT, file), "utf8")).packages ?? null;
  } catch {
    return null;
  }
}

/**
 * Runs the main, or the program, in this process group and exits with its status.
 * @param {string} main
 * @param {string[]} rest
 */
function run(main, rest) {
  const follow = join(ROOT, "scripts", "dev", "follow_parent.mjs");
  const [program, ...first] = main.endsWith(".ts")
    ? [process.execPath, "--import", "tsx", "--import", follow, join(ROOT, main)]
    : [join(ROOT, "node_modules", ".bin", main)];
  const child = spawn(program, [...first, ...rest], {
    cwd: ROOT,
    stdio: "inherit",
    env: { ...process.env, ...environment(), REVO_BACKUPS_LAUNCHER: String(process.pid) },
  });
  for (const signal of FORWARDED) process.on(signal, () => child.kill(signal));
  if (process.env.npm_lifecycle_event) watchParent(() => child.kill("SIGTERM"), { throughShell: true });
  child.once("error", (error) => fail(`Cannot start ${program}: ${error.message}`, 1));
  child.once("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const name of FORWARDED) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

/** Caches are kept in node_modules, and nothing is left in the temporary folder. */
function environment() {
  const cache = join(ROOT, "node_modules", ".cache");
  /** @type {Record<string, string>} */
  const environment = { DENO_NO_UPDATE_CHECK: "1", TSX_DISABLE_CACHE: "1" };
  if (process.env.DENO_DIR === undefined && isWritable(join(ROOT, "node_modules"))) {
    mkdirSync(cache, { recursive: true });
    environment.DENO_DIR = join(cache, "deno");
  }
  return environment;
}

/** @param {string} folder */
function isWritable(folder) {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {string} message
 * @param {number} code
 * @returns {never}
 */
function fail(message, code) {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}
