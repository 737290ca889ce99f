/**
 * docs/manifest.schema.json is generated from the schema in the code: `npx vitest -u -c scripts/vitest.config.ts
 * manifest_schema` updates it.
 */
import { readFile } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { exampleManifest } from "@backup/vault/manifest_example.ts";
import { expect, test } from "vitest";
import { z } from "zod";
import { manifestV2Schema, sealManifest } from "@backup/vault/manifest.ts";

const FILE = new URL("../../docs/manifest.schema.json", import.meta.url);

test("the published schema is current", async () => {
  const schema = {
    title: "Manifest of a backup of Revo ERP",
    ...z.toJSONSchema(manifestV2Schema, { io: "input" }),
  };
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(FILE.pathname);
});

test("a manifest is valid under the published schema, and one without a proof is not", async () => {
  const ajv = new Ajv2020();
  addFormats.default(ajv);
  const fits = ajv.compile(JSON.parse(await readFile(FILE, "utf8")));
  const sealed: object = JSON.parse(await sealManifest(exampleManifest));
  expect(fits(sealed), JSON.stringify(fits.errors)).toBe(true);
  expect(fits({ ...sealed, rows: undefined })).toBe(false);
  expect(fits({ ...sealed, sha256: "short" })).toBe(false);
});
