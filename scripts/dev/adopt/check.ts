/** The state of a checkout of Revo ERP before and during the adoption of this product. Reads only. */
import { createHash } from "node:crypto";
import { adoptedFiles, type Checkout, filesOf, packagesOf, type Part, PARTS, secretsOf } from "./checkout.ts";
import type { Finding } from "./finding.ts";
import { projectFindings } from "./project.ts";

/** In the checkout: version of this product, and SHA-256 by path of the files that were copied last. */
export const RECORD_FILE = ".revo-backups.json";
export const MIGRATIONS = "supabase/migrations/";
/** Names that the older system also uses, with the same meaning. */
const CONTRACT_NAMES =
  /^(\.github\/workflows\/db-(backup|backup-restore-drill|restore-from-r2)\.yml|scripts\/(rg03_db_asserts\.sql|backup_db_local\.sh))$/;

export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** @throws {Error} when a required JSON file is invalid. */
export function checkCheckout(ours: Checkout, erp: Checkout): Finding[] {
  const secrets = secretsOf(ours).map((name): Finding => {
    const hint = `gh secret list shows whether it is set; else gh secret set ${name}`;
    return { about: "GitHub", item: `secret ${name}`, standing: "unseen", hint };
  });
  return [...checkFiles(ours, erp), ...checkPackages(ours, erp), ...projectFindings(ours, erp), ...secrets];
}

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
    ...filesOf(part, erp).filter((path) => part.own && !adopted.has(path)).map((path): Finding => {
      const why = "it is not of this product, in a folder of this product alone";
      const hint = "remove it, or move it elsewhere when the ERP needs it";
      return { about: "files", item: path, standing: "differs", why, hint };
    }),
  ]);
}

function checkPackages(ours: Checkout, erp: Checkout): Finding[] {
  const [wanted, given] = [ours.json("package.json"), erp.json("package.json")];
  return packagesOf(ours).map(([item, inProduction]): Finding => {
    const tested = wanted.dependencies?.[item] ?? wanted.devDependencies?.[item] ?? "";
    const dev = given.devDependencies?.[item];
    const has = given.dependencies?.[item] ?? (inProduction ? undefined : dev);
    const hint = `npm install ${inProduction ? "" : "-D "}${item}@^${tested}`;
    const base = { about: "packages", item };
    if (has === undefined && dev !== undefined) {
      return {
        ...base,
        standing: "differs",
        why: "it is a dev dependency, which the workflows leave out",
        hint,
      };
    }
    if (has === undefined) return { ...base, standing: "missing", why: `tested with ${tested}`, hint };
    const why = `it has ${has}, tested is ${tested}`;
    const [major, itsMajor] = [tested, has].map((version) => /\d+/.exec(version)?.[0]);
    return major === itsMajor
      ? { ...base, standing: "there", why }
      : { ...base, standing: "conflict", why, hint };
  });
}
