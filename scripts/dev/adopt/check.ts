/** The state of a checkout of Revo ERP before and during the adoption of this product. Reads only. */
import { createHash } from "node:crypto";
import { adoptedFiles, type Checkout, filesOf, packagesOf, type Part, PARTS, secretsOf } from "./checkout.ts";
import type { Finding } from "./finding.ts";
import { MIGRATIONS, probeFindings } from "./probes.ts";

/** In the checkout: version of this product, and SHA-256 by path of the files that were copied last. */
export const RECORD_FILE = ".revo-backups.json";

export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** @throws {Error} when a required JSON file is invalid. */
export function checkCheckout(ours: Checkout, erp: Checkout): Finding[] {
  return [
    ...checkFiles(ours, erp),
    ...checkPackages(ours, erp),
    ...probeFindings(ours, erp),
    ...secretsOf(ours).map((name): Finding => ({
      about: "GitHub",
      item: `secret ${name}`,
      standing: "unseen",
      hint: `gh secret list shows whether it is set; else gh secret set ${name}`,
    })),
  ];
}

/** Names that the older system also uses, with the same meaning. */
const CONTRACT_NAMES =
  /^(\.github\/workflows\/db-(backup|backup-restore-drill|restore-from-r2)\.yml|scripts\/(rg03_db_asserts\.sql|backup_db_local\.sh))$/;

export function checkFiles(ours: Checkout, erp: Checkout): Finding[] {
  const recorded = erp.json(RECORD_FILE).files ?? {};
  const adopted = new Set(adoptedFiles(ours));
  const standingOf = (path: string, { own }: Part): Omit<Finding, "about" | "item"> => {
    const text = erp.text(path);
    const hash = recorded[path];
    if (text === null) return { standing: "missing", hint: "copy it (adopt apply)" };
    if (text === ours.text(path)) return { standing: "there" };
    if (path.startsWith(MIGRATIONS)) {
      const hint =
        "a migration that a database may have is never changed: rename the ERP's own, or compare by hand";
      return { standing: "conflict", why: "a migration of this name has other content", hint };
    }
    if (hash !== undefined && hash !== hashOf(text)) {
      const hint = "bring the change into Revo Backups first, or drop it with adopt apply --replace";
      return { standing: "conflict", why: "it was changed since it was copied", hint };
    }
    if (hash === undefined && !own && !CONTRACT_NAMES.test(path)) {
      const hint = "rename the ERP's file, or replace it with adopt apply --replace";
      return { standing: "conflict", why: "the ERP has a file of its own there", hint };
    }
    return { standing: "differs", why: "it is of another version", hint: "adopt apply --replace copies it" };
  };
  return PARTS.flatMap((part) => [
    ...filesOf(part, ours).map((path) => ({ about: "files", item: path, ...standingOf(path, part) })),
    ...filesOf(part, erp).filter((path) => part.own && !adopted.has(path)).map((path): Finding => ({
      about: "files",
      item: path,
      standing: "differs",
      why: "it is not of this product, in a folder of this product alone",
      hint: "remove it, or move it elsewhere when the ERP needs it",
    })),
  ]);
}

function checkPackages(ours: Checkout, erp: Checkout): Finding[] {
  const [wanted, given] = [ours.json("package.json"), erp.json("package.json")];
  return [...packagesOf(ours)].toSorted().map(([name, { inProduction }]): Finding => {
    const tested = wanted.dependencies?.[name] ?? wanted.devDependencies?.[name] ?? "";
    const has = given.dependencies?.[name] ?? (inProduction ? undefined : given.devDependencies?.[name]);
    const base = {
      about: "packages",
      item: name,
      hint: `npm install ${inProduction ? "" : "-D "}${name}@^${tested}`,
    };
    if (has === undefined) {
      const isDev = given.devDependencies?.[name] !== undefined;
      const why = isDev ? "it is a dev dependency, which the workflows leave out" : `tested with ${tested}`;
      return { ...base, standing: isDev ? "differs" : "missing", why };
    }
    const why = `it has ${has}, tested is ${tested}`;
    const [major, itsMajor] = [tested, has].map((version) => /\d+/.exec(version)?.[0]);
    if (major === itsMajor) return { about: base.about, item: name, standing: "there", why };
    return { ...base, standing: "conflict", why };
  });
}
