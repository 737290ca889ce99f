import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { z } from "zod";

const BUDGET_BYTES = 180_000;
/** Chunks that are loaded on demand. */
const LATER = [
  "components/dialogs",
  "dialogs/backup_dialog",
  "dialogs/restore_dialog",
  "components/details/details_sheet",
  "components/overview/health_sheet",
  "components/overview/size_chart",
];
const manifestSchema = z.record(
  z.string(),
  z.object({ file: z.string(), imports: z.array(z.string()).default([]) }),
);

/** Builds for production, in a separate process because NODE_ENV of this one selects React's development build. */
async function build(outDir: string): Promise<void> {
  const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
  const options = ["build", "--config", path("../vite.config.ts"), "--outDir", outDir, "--logLevel", "error"];
  await promisify(execFile)(process.execPath, [path("../../node_modules/vite/bin/vite.js"), ...options], {
    env: { ...process.env, NODE_ENV: "production" },
  });
}

/** The files that a chunk needs before it can run, itself included. */
function filesOf(
  manifest: z.infer<typeof manifestSchema>,
  name: string,
  files = new Set<string>(),
): Set<string> {
  const chunk = manifest[name];
  if (chunk === undefined) throw new Error(`The build's manifest lacks ${name}`);
  if (files.has(chunk.file)) return files;
  files.add(chunk.file);
  for (const imported of chunk.imports) filesOf(manifest, imported, files);
  return files;
}

it("the first view's JavaScript stays within its budget; dialogs, details and charts are not part of it", async () => {
  const outDir = await mkdtemp(join(tmpdir(), "revo-web-"));
  try {
    await build(outDir);
    const manifest = manifestSchema.parse(
      JSON.parse(readFileSync(join(outDir, ".vite/manifest.json"), "utf8")),
    );
    const files = filesOf(manifest, "index.html");
    const bytes = [...files].reduce(
      (sum, file) => sum + gzipSync(readFileSync(join(outDir, file))).length,
      0,
    );
    expect(bytes).toBeLessThanOrEqual(BUDGET_BYTES);
    for (const name of LATER) {
      const chunk = manifest[`src/features/backups/${name}.tsx`];
      expect(chunk, name).toBeDefined();
      expect(files).not.toContain(chunk?.file);
    }
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
});
