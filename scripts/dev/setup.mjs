/**
 * Checks the version of Node and installs the locked dependencies, if the installed ones are others. Plain JavaScript
 * without dependencies, because it runs before anything is installed.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const OLDEST_NODE = [20, 19];

requireNode();
installDependencies();

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
  process.stdout.write(
    `${reason}: installing the locked dependencies (npm ci), into this folder's node_modules alone\n`,
  );
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
