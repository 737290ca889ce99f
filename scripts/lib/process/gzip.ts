/** The fastest gzip of the machine. Every one writes plain gzip that `gunzip` reads. */
import process from "node:process";
import { BackupError } from "@backup/errors.ts";
import { findProgram } from "./find_program.ts";
import { type Stage } from "./pipeline.ts";

export interface Gzip {
  /** What the manifest says, for example `igzip -1`. */
  name: string;
  compress: Stage;
  decompress: Stage;
}

/** In order of measured speed; level 1 is several times faster than 6 for a few percent of size. */
const KNOWN = ["igzip", "pigz", "gzip"] as const;

/** @throws {BackupError} `missing_tool` when the machine has none. */
export function chooseGzip(path: string = process.env.PATH ?? ""): Gzip {
  for (const name of KNOWN) {
    const program = findProgram(name, path);
    if (program) {
      return { name: `${name} -1`, compress: [program, "-1", "-c"], decompress: [program, "-d", "-c"] };
    }
  }
  throw new BackupError("missing_tool", "Cannot find gzip on PATH", { hint: "Install isal, pigz or gzip." });
}
