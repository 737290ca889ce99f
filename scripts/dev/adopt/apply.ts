/** Copies the files over. */
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { checkFiles } from "./check_files.ts";
import { type Finding, isOpen } from "./finding.ts";
import { adoptedFiles } from "./parts.ts";
import { hashOf, RECORD_FILE } from "./record.ts";
import type { Tree } from "./tree.ts";

export interface ApplyResult {
  copied: string[];
  /** Left as they are: without `replace` what differs, and in any case what is not ours to take away. */
  left: Finding[];
}

/**
 * Copies what is missing and, with `replace`, over what differs or is in conflict, but for migrations; then writes down
 * what the checkout has of this product. Removes nothing.
 * @throws {Error} when the checkout is no clean git work tree: git is the way back.
 */
export function applyTo(ours: Tree, erp: Tree, { replace }: { replace: boolean }): ApplyResult {
  requireCleanGit(erp);
  const ownPaths = new Set(adoptedFiles(ours).map(({ path }) => path));
  const open = checkFiles(ours, erp).filter(isOpen);
  const mayCopy = ({ item, standing }: Finding) =>
    ownPaths.has(item) &&
    (standing === "missing" || (replace && !item.startsWith("supabase/migrations/")));
  const copied = open.filter(mayCopy).map(({ item }) => item);
  for (const path of copied) copy(path, ours, erp);
  writeRecord(ours, erp);
  return { copied, left: open.filter((finding) => !mayCopy(finding)) };
}

function requireCleanGit({ root }: Tree): void {
  let changes: string;
  try {
    changes = execFileSync("git", ["status", "--porcelain"], { cwd: root, encoding: "utf8", stdio: "pipe" });
  } catch (cause) {
    throw new Error(`Cannot copy into ${root}: it is no git work tree, so nothing could take the copy back`, {
      cause,
    });
  }
  if (changes.trim() !== "") {
    throw new Error(`Cannot copy into ${root}: it has uncommitted changes; commit or stash them first`);
  }
}

function copy(path: string, ours: Tree, erp: Tree): void {
  const [from, to] = [join(ours.root, path), join(erp.root, path)];
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  chmodSync(to, statSync(from).mode & 0o777);
}

function writeRecord(ours: Tree, erp: Tree): void {
  const version = ours.json("package.json", z.object({ version: z.string() }))?.version ?? "";
  const files = adoptedFiles(ours).flatMap(({ path }) => {
    const text = erp.text(path);
    return text !== null && text === ours.text(path) ? [[path, hashOf(text)]] : [];
  });
  const record = { version, files: Object.fromEntries(files) };
  writeFileSync(join(erp.root, RECORD_FILE), JSON.stringify(record, null, 2) + "\n");
}
