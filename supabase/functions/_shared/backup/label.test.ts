import assert from "node:assert/strict";
import { BackupError } from "./errors.ts";
import { labelSchema, normalizeLabel } from "./label.ts";

Deno.test("spaces become underscores, an empty label becomes null", () => {
  assert.equal(normalizeLabel("  antes da  migracao "), "antes_da_migracao");
  for (const empty of [undefined, null, "", "   "]) assert.equal(normalizeLabel(empty), null);
  assert.equal(normalizeLabel("v1.2-rc_3"), "v1.2-rc_3");
});

for (const bad of ["migração", "a/b", "a;b", "$(id)", "a\nb", "a\n", "\ta", "a\u00a0", "x".repeat(41)]) {
  Deno.test(`${JSON.stringify(bad)} is refused`, () => {
    assert.throws(() => normalizeLabel(bad), (e) => e instanceof BackupError && e.code === "invalid_label");
    assert.equal(labelSchema.safeParse(bad).success, false);
  });
}

Deno.test("forty characters are allowed", () => {
  assert.equal(normalizeLabel("x".repeat(40)), "x".repeat(40));
});
