/** The packages that what goes over imports, against those of the checkout. */
import { z } from "zod";
import type { Finding } from "./finding.ts";
import { adoptedFiles, packagesOf } from "./parts.ts";
import type { Tree } from "./tree.ts";

const ABOUT = "packages";
const versions = z.record(z.string(), z.string()).default({});
const packageSchema = z.object({ dependencies: versions, devDependencies: versions });
type Packages = z.infer<typeof packageSchema>;

/** Not imported: what runs the commands for people, who draws the screen's notices, what its style sheet is made by. */
const BESIDE_IMPORTS = ["deno", "sonner", "tailwindcss"];

export function checkPackages(ours: Tree, erp: Tree): Finding[] {
  const wanted = ours.json("package.json", packageSchema);
  const given = erp.json("package.json", packageSchema);
  if (wanted === null) throw new Error("This repository has no package.json");
  if (given === null) {
    return [{
      about: ABOUT,
      item: "package.json",
      standing: "conflict",
      why: "there is none at the checkout's root",
      hint: "is this the ERP's repository? The workflows install from package-lock.json at its root",
    }];
  }
  const paths = adoptedFiles(ours).map(({ path }) => path);
  const ofScreen = packagesOf(paths.filter((path) => path.startsWith("web/")), ours);
  const ofScripts = packagesOf(paths.filter((path) => !path.startsWith("web/")), ours);
  const ofBoth = [...new Set([...ofScripts, ...ofScreen, ...BESIDE_IMPORTS])].sort();
  return [
    ...ofBoth.map((name) => ofPackage(name, ofScripts.includes(name), wanted, given)),
    lockFile(erp),
  ];
}

function ofPackage(name: string, inProduction: boolean, wanted: Packages, given: Packages): Finding {
  const tested = wanted.dependencies[name] ?? wanted.devDependencies[name];
  if (tested === undefined) throw new Error(`package.json of this repository does not name ${name}`);
  const place = given.dependencies[name] !== undefined ? "dependencies" : "devDependencies";
  const has = given[place][name];
  const base = { about: ABOUT, item: name };
  const kind = inProduction ? "" : " -D";
  const install = `npm install${kind} ${name}@^${tested}`;
  if (has === undefined) return { ...base, standing: "missing", why: `tested with ${tested}`, hint: install };
  if (inProduction && place === "devDependencies") {
    const hint =
      `the workflows leave dev dependencies out: move it to dependencies (npm install ${name}@${has})`;
    return { ...base, standing: "differs", why: "it is a dev dependency", hint };
  }
  return { ...base, ...compare(has, tested, install) };
}

/** A range is taken at its least version: that is what a lock may hold. */
function compare(has: string, tested: string, install: string): Pick<Finding, "standing" | "why" | "hint"> {
  const [given, wanted] = [numbersOf(has), numbersOf(tested)];
  const why = `it has ${has}, tested is ${tested}`;
  if (given === null || wanted === null) {
    return { standing: "differs", why, hint: "compare the two by hand: this is no plain version" };
  }
  const sameMajor = given[0] === wanted[0] && (given[0] !== 0 || given[1] === wanted[1]);
  if (!sameMajor) {
    return { standing: "conflict", why, hint: `another major version: ${install}, and test the ERP with it` };
  }
  return isOlder(given, wanted) ? { standing: "differs", why, hint: install } : { standing: "there", why };
}

function numbersOf(version: string): number[] | null {
  const found = /^[\^~>=v\s]*(\d+)\.(\d+)\.(\d+)(?![-\w])/.exec(version);
  return found === null ? null : found.slice(1, 4).map(Number);
}

function isOlder(given: readonly number[], wanted: readonly number[]): boolean {
  const at = given.findIndex((number, place) => number !== wanted[place]);
  return at !== -1 && (given[at] ?? 0) < (wanted[at] ?? 0);
}

function lockFile(erp: Tree): Finding {
  const base = { about: ABOUT, item: "package-lock.json" };
  if (erp.has("package-lock.json")) return { ...base, standing: "there" };
  const other = ["pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb"].find((name) => erp.has(name));
  return {
    ...base,
    standing: other === undefined ? "missing" : "conflict",
    why: other === undefined ? "nothing locks the versions" : `the ERP locks with ${other}`,
    hint: "the workflows install with npm ci: keep a package-lock.json, or change ensure_dependencies in " +
      ".github/actions/setup/install.sh",
  };
}
