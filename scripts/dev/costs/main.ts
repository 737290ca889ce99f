/**
 * `npm run costs`: writes docs/costs.md. `npm run costs -- FILE.manifest.json`: prints what the database of that
 * manifest costs.
 */
import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { isProving, parseManifest } from "@backup/vault/manifest.ts";
import { pricesSchema } from "./model.ts";
import { costsOf, costsPage, sampleOf } from "./report.ts";

const at = (path: string) => new URL(`../../../${path}`, import.meta.url);
const prices = pricesSchema.parse(
  JSON.parse(await readFile(new URL("prices.json", import.meta.url), "utf8")),
);
const sample = sampleOf(await readFile(at("docs/benchmarks.md"), "utf8"));
const [file] = process.argv.slice(2);
if (file === undefined) {
  await writeFile(at("docs/costs.md"), costsPage(sample, prices));
} else {
  const manifest = await parseManifest(await readFile(file, "utf8"));
  if (!isProving(manifest)) {
    throw new Error(`${file} is of the old format: it does not say the size before compression`);
  }
  process.stdout.write(
    costsOf({
      rawBytes: manifest.raw_bytes,
      storedBytes: manifest.bytes,
      backupSeconds: manifest.duration_ms / 1000,
      // as the sample's restores to its backups
      restoreSeconds: manifest.duration_ms / 1000 * sample.restoreSeconds / sample.backupSeconds,
    }, prices) + "\n",
  );
}
