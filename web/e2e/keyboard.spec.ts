import { beginRun } from "./catalog.ts";
import { ensureBackup, expect, openAs, pressOn, reach, stack, test } from "./test.ts";

test("dialogs open, close and restore the focus by keyboard", async ({ page }) => {
  test.setTimeout(180_000);
  await openAs(page, stack.admin);
  await ensureBackup(page);
  await beginRun();
  await page.reload();
  for (const name of [/^Backup agora$/, /^Cancelar…/, /^Restaurar…/]) {
    const opener = page.getByRole("button", { name }).first();
    await pressOn(page, opener);
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

test("arrow keys choose the target, Enter continues, and each step starts scrolled to its top", async ({ page }) => {
  test.setTimeout(180_000);
  await openAs(page, stack.admin);
  await ensureBackup(page);
  await page.getByRole("button", { name: /^Restaurar…/ }).first().focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await reach(page, dialog.getByRole("radio", { name: /Desenvolvimento/ }));
  await page.keyboard.press("ArrowDown");
  await expect(dialog.getByRole("radio", { name: /Verificação/ })).toBeChecked();
  await page.keyboard.press("Enter");
  await expect(dialog.getByRole("heading", { name: "Restaurar em Verificação" })).toBeVisible();
  await expect(dialog.getByText("Passo 2 de 3: o que mudaria")).toBeVisible();
  await reach(page, dialog.getByRole("button", { name: "Continuar sem simular" }));
  await page.keyboard.press("Enter");
  await expect(dialog.getByText("Passo 3 de 3: conferir e confirmar")).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(dialog.getByLabel("Motivo")).toBeFocused();
});
