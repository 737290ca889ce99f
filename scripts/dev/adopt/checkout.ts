/** A checkout of a repository, read with git. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

export class Checkout {
  constructor(readonly root: string) {}

  git(...args: string[]): string {
    return execFileSync("git", args, { cwd: this.root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  }

  /** The file's bytes, `null` if there is none. */
  bytes(path: string): Buffer | null {
    const full = join(this.root, path);
    return existsSync(full) && statSync(full).isFile() ? readFileSync(full) : null;
  }

  /** The file's text, empty if there is none. */
  text(path: string): string {
    return this.bytes(path)?.toString("utf8") ?? "";
  }

  /** Sorted paths of the files below folders, without those that git ignores. */
  files(...folders: string[]): string[] {
    const listed = this.git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ...folders);
    return [...new Set(listed.split("\0"))].filter((path) => path !== "" && this.bytes(path) !== null).sort();
  }
}
