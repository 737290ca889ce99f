import { expect, test } from "vitest";
import { formatManifest } from "@backup/vault/manifest.ts";
import { exampleManifest } from "@backup/vault/manifest_example.ts";
import { siblingKeys } from "@backup/vault/object_key.ts";
import { MemoryStore } from "../vault/memory_store.ts";
import { StoredVault } from "../vault/stored_vault.ts";
import { listBackups } from "./list_backups.ts";

test("a manifest that cannot be read hides no other backup", async () => {
  const vault = new StoredVault(new MemoryStore());
  for (
    const [day, manifest] of [["15", await formatManifest("x", exampleManifest, null)], ["16", "{"]] as const
  ) {
    const key = `revo/prod/2026/01/${day}/supabase_prod_202601${day}_031022.dump.gz`;
    await vault.put(key, "x", "application/gzip");
    await vault.put(siblingKeys(key).manifest, manifest, "application/json");
  }
  const lines: string[] = [];
  await listBackups(vault, "prod", (line) => lines.push(line));
  expect(lines).toEqual([
    expect.stringMatching(/^revo\/\S+20260116\S+ {2}UNUSABLE: /),
    expect.stringMatching(/^revo\/\S+20260115\S+ {2}.* MB, full/),
    expect.stringMatching(/^2 backups of prod/),
  ]);
});
