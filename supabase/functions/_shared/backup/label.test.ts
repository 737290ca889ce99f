import assert from "node:assert/strict";
import { BackupError } from "./errors.ts";
import { labelSchema, normalizeLabel } from "./label.ts";

Deno.test("spaces become underscores, an empty label becomes null", () => {
  assert.equal(normalizeLabel("  antes da  migracao "), "antes_da_migracao");
  for (const empty of [undefined, null, "", "   "]) assert.equal(normalizeLabel(empty), null);
  assert.equal(normalizeLabel("v1.2-rc_3"), "v1.2-rc_3");
});

for (
  const bad of ["coração ♥", "ø", "a/b", "a;b", "$(id)", "a\nb", "a\n", "\ta", "a\u00a0", "x".repeat(41)]
) {
  Deno.test(`${JSON.stringify(bad)} is refused`, () => {
    assert.throws(() => normalizeLabel(bad), (e) => e instanceof BackupError && e.code === "invalid_label");
    assert.equal(labelSchema.safeParse(bad).success, false);
  });
}

Deno.test("letters lose their accents, composed or not", () => {
  assert.equal(normalizeLabel("Migração às 3"), "Migracao_as_3");
  assert.equal(normalizeLabel("migrac\u0327a\u0303o"), "migracao");
  assert.equal(normalizeLabel("\u0301"), null);
  assert.equal(normalizeLabel("ã".repeat(40)), "a".repeat(40));
});

Deno.test("forty characters are allowed", () => {
  assert.equal(normalizeLabel("x".repeat(40)), "x".repeat(40));
});
