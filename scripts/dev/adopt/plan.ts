/** The files that an adoption writes into the ERP's repository: which, where, and with what content. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Checkout } from "./checkout.ts";

/** The product's own folder in the ERP's repository: its commands with their own packages, lock and settings. */
export const FOLDER = "backups";
/** Version of the product, and SHA-256 by path of the files that were written last. */
export const RECORD_FILE = `${FOLDER}/adopted.json`;
/** The ERP's own public keys, by which its backups are known: never written, changed or removed. */
export const KEYS_FILE = `${FOLDER}/scripts/signing_keys.txt`;
/** The ERP's own list of personal columns and measures of the business: written where there are none, and then left alone. */
export const OWNERS_FILES: readonly string[] = [
  `${FOLDER}/scripts/personal_columns.txt`,
  `${FOLDER}/scripts/business.sql`,
];

/** Folders in which the ERP has no file of its own, except its keys. */
export const OWN_FOLDERS = [
  FOLDER,
  "supabase/functions/ops-backups",
  "supabase/functions/_shared/backup",
  "supabase/functions/_shared/alerts",
] as const;

const IN_FOLDER = new RegExp(
  `^(${
    [
      "(package|package-lock|deno)\\.json|\\.npmrc|\\.gitignore|LICENSE",
      "scripts/[^/]+\\.(ts|sh|sql)|scripts/personal_columns\\.txt|scripts/lib/.+|scripts/dev/(run\\.sh|setup\\.mjs|github/package\\.json)",
      "supabase/(functions|migrations)/.+|\\.github/actions/.+",
      "docs/[^/]+\\.md|docs/(guia|runbooks|screens)/.+",
      "web/(index\\.html|vite\\.config\\.ts|security_headers\\.ts|tsconfig\\.json|src/.+|module/.+)",
    ].join("|")
  })$`,
);
/** Tests need the embedded stack of this repository. */
const STAYS = /\.test\.tsx?$|\/(test_fakes|test_rows|manifest_example|vitest\.config)\.ts$/;
const FUNCTION = /^supabase\/functions\//;
const WORKFLOW = /^\.github\/workflows\/db-[\w-]+\.yml$/;
export const MIGRATION = /^supabase\/migrations\/(\d+)_(\w+)\.sql$/;

export function hashOf(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

const recordSchema = z.object({ version: z.string(), files: z.record(z.string(), z.string()) });
export type AdoptionRecord = z.infer<typeof recordSchema>;

/** What the last adoption wrote; `null` before the first. @throws {Error} when the record cannot be read. */
export function readRecord(erp: Checkout): AdoptionRecord | null {
  const text = erp.text(RECORD_FILE);
  return text === "" ? null : recordSchema.parse(JSON.parse(text));
}

/** Content by path in the ERP's repository. */
export function plannedFiles(ours: Checkout, erp: Checkout): Map<string, Buffer> {
  const planned = new Map<string, Buffer>();
  for (const path of ours.files(".").filter((path) => !STAYS.test(path))) {
    const content = ours.bytes(path) ?? Buffer.alloc(0);
    if (IN_FOLDER.test(path)) planned.set(`${FOLDER}/${path}`, inFolder(path, content));
    if (FUNCTION.test(path)) planned.set(path, content);
    if (WORKFLOW.test(path)) planned.set(path, workflowOf(content));
  }
  for (const [path, content] of adoptedMigrations(ours, erp)) planned.set(path, content);
  return planned;
}

/** Places that begin at the repository's root: the lock by which packages are cached, and the documents. */
const ROOTED: Readonly<Record<string, readonly [from: string, to: string]>> = {
  ".github/actions/setup/action.yml": ["cache-dependency-path: ", `cache-dependency-path: ${FOLDER}/`],
  "web/src/features/backups/model/documents.ts": ["blob/HEAD/", `blob/HEAD/${FOLDER}/`],
};

function inFolder(path: string, content: Buffer): Buffer {
  const change = ROOTED[path];
  return change === undefined ? content : edited(content, [change]);
}

/** Workflows run their commands in the product's folder, whatever package manager the repository has. */
function workflowOf(content: Buffer): Buffer {
  return edited(content, [
    ["\njobs:\n", `\ndefaults:\n  run:\n    working-directory: ${FOLDER}\n\njobs:\n`],
    ["uses: ./.github/actions/", `uses: ./${FOLDER}/.github/actions/`],
  ]);
}

function edited(content: Buffer, changes: readonly (readonly [from: string, to: string])[]): Buffer {
  const text = changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`Cannot adopt a file without "${from.trim()}"`);
    return text.replaceAll(from, to);
  }, content.toString("utf8"));
  return Buffer.from(text);
}

/**
 * Our migrations, under versions after the newest one of the ERP: they use its permission functions, and close what an
 * older migration opened. A migration keeps the version that it once got.
 */
function adoptedMigrations(ours: Checkout, erp: Checkout): [path: string, content: Buffer][] {
  const theirs = migrationsOf(erp);
  const names = migrationsOf(ours).map(({ name }) => name);
  const newest = theirs.reduce((latest, { version }) => version > latest ? version : latest, "0");
  const free = versionsAfter(newest);
  return migrationsOf(ours).map(({ name, path }) => {
    const given = theirs.find((it) => it.name === name);
    const version = given?.version ?? free[names.indexOf(name)];
    return [`supabase/migrations/${version}_${name}.sql`, ours.bytes(path) ?? Buffer.alloc(0)];
  });
}

/** Migrations of a checkout, oldest first. */
export function migrationsOf(checkout: Checkout): { path: string; version: string; name: string }[] {
  return checkout.files("supabase/migrations").flatMap((path) => {
    const [, version = "", name = ""] = MIGRATION.exec(path) ?? [];
    return name === "" ? [] : [{ path, version, name }];
  });
}

/** One version for each minute of the first hour of the day after a version, or of the year 2026. */
function versionsAfter(version: string): string[] {
  const [, year = "2026", month = "01", day = "01"] = /^(\d{4})(\d\d)(\d\d)/.exec(version) ?? [];
  const next = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day) + 1));
  const date = next.toISOString().slice(0, 10).replaceAll("-", "");
  return Array.from({ length: 60 }, (_, minute) => `${date}00${String(minute).padStart(2, "0")}00`);
}
