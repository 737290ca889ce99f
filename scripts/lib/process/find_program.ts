/** Programs on a PATH. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The first executable of that name on a PATH. */
export function findProgram(name: string, path: string): string | null {
  for (const folder of path.split(delimiter)) {
    const program = join(folder, name);
    try {
      accessSync(program, constants.X_OK);
      return program;
    } catch {
      continue;
    }
  }
  return null;
}
