import assert from "node:assert/strict";
import { BackupError } from "../errors.ts";
import {
  archiveKeyOf,
  buildKeys,
  parseArchiveKey,
  reversePatchKeys,
  reversePatchTarget,
  siblingKeys,
  toUtcSecond,
  tryParseArchiveKey,
} from "./object_key.ts";

Deno.test("a key is built as documented and parses to its parts", () => {
  const keys = buildKeys({
    target: "prod",
    createdAtUtc: "2026-01-15T03:10:22Z",
    label: "antes da migracao",
  });
  assert.equal(
    keys.archive,
    "revo/prod/2026/01/15/supabase_prod_20260115_031022_antes_da_migracao.dump.gz",
  );
  assert.equal(
    keys.manifest,
    "revo/prod/2026/01/15/supabase_prod_20260115_031022_antes_da_migracao.manifest.json",
  );
  assert.deepEqual(parseArchiveKey(keys.archive), {
    target: "prod",
    createdAtUtc: "2026-01-15T03:10:22Z",
    label: "antes_da_migracao",
  });
  assert.deepEqual(siblingKeys(keys.archive), keys);
});

Deno.test("what belongs to a backup is found by its name, also of an encrypted one", () => {
  for (const encrypted of [false, true]) {
    const name = { target: "prod", createdAtUtc: "2026-01-15T03:10:22Z", label: "a.index" } as const;
    const keys = buildKeys(name, { encrypted });
    for (const key of Object.values(keys)) assert.equal(archiveKeyOf(key), keys.archive);
  }
  assert.equal(archiveKeyOf("revo/prod/2026/01/15/supabase_prod_20260115_031022.other.json"), null);
});

Deno.test("a key without label ends after the time", () => {
  const { archive } = buildKeys({ target: "dev", createdAtUtc: "2026-12-31T23:59:59Z", label: null });
  assert.equal(archive, "revo/dev/2026/12/31/supabase_dev_20261231_235959.dump.gz");
  assert.equal(parseArchiveKey(archive).label, null);
});

const foreign = [
  "",
  "revo/prod/2026/01/15/supabase_prod_20260115_031022.manifest.json",
  "revo/prod/2026/01/15/supabase_dev_20260115_031022.dump.gz", // another target than its folder
  "revo/prod/2026/01/15/supabase_prod_20260116_031022.dump.gz", // another day than its folder
  "revo/prod/2026/13/15/supabase_prod_20261315_031022.dump.gz",
  "revo/prod/2026/01/15/../15/supabase_prod_20260115_031022.dump.gz",
  "revo/prod/2026/01/15/supabase_prod_20260115_031022_a b.dump.gz",
  "other/prod/2026/01/15/supabase_prod_20260115_031022.dump.gz",
  "revo/prod/2026/01/15/supabase_prod_20260115_031022.dump.gz\n",
];
for (const key of foreign) {
  Deno.test(`${JSON.stringify(key)} is not a backup's key`, () => {
    assert.equal(tryParseArchiveKey(key), null);
    assert.throws(() => parseArchiveKey(key), (e) => e instanceof BackupError && e.code === "invalid_r2_key");
  });
}

Deno.test("an instant is truncated to the second, in UTC", () => {
  assert.equal(toUtcSecond(new Date("2026-01-15T00:10:22.987-03:00")), "2026-01-15T03:10:22Z");
});

Deno.test("the keys of a reverse patch are known as such, and as no backup's", () => {
  const takenAt = new Date("2026-01-15T10:15:00.9Z");
  for (const encrypted of [false, true]) {
    const { record, patch } = reversePatchKeys({
      target: "dev",
      takenAt,
      hash: "0123456789abcdef",
      encrypted,
    });
    assert.equal(record, "revo/dev/2026/01/15/take_dev_20260115_101500_0123456789ab.json");
    assert.equal(patch, record.replace(".json", encrypted ? ".patch.gz.age" : ".patch.gz"));
    for (const key of [record, patch]) {
      assert.equal(reversePatchTarget(key), "dev");
      assert.equal(archiveKeyOf(key), null);
    }
  }
  for (const key of ["revo/dev/2026/01/15/take_prod_20260115_101500_0123456789ab.json", "revo/x.json"]) {
    assert.equal(reversePatchTarget(key), null);
  }
});
