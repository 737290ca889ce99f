import { ensureBackup, expect, signIn, stack, test } from "./test.ts";

test("both dialogs open, are left and give the focus back without a mouse", async ({ page }) => {
  test.setTimeout(180_000);
  await signIn(page, stack.admin);
  await ensureBackup(page);
  for (const name of [/^Backup agora$/, /^Restaurar…/]) {
    const opener = page.getByRole("button", { name }).first();
    await opener.focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await expect(dialog).toBeVisible();
    await expect.poll(() => dialog.evaluate((element) => element.contains(document.activeElement))).toBe(
      true,
    );
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
    await expect(opener).toBeFocused();
  }
});

test("the restore's steps are reached and walked by keyboard alone", async ({ page }) => {
  test.setTimeout(180_000);
  await signIn(page, stack.admin);
  await ensureBackup(page);
  await page.getByRole("button", { name: /^Restaurar…/ }).first().focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("radio", { name: /Desenvolvimento/ }).focus();
  await page.keyboard.press("ArrowDown");
  await expect(dialog.getByRole("radio", { name: /Verificação/ })).toBeChecked();
  await page.keyboard.press("Enter");
  await expect(dialog.getByRole("heading", { name: "Restaurar em verify" })).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(dialog.getByLabel("Motivo")).toBeFocused();
});
