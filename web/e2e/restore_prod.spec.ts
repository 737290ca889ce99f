import { ensureBackup, expect, signIn, stack, test } from "./test.ts";

test("production is not restored without the word and the reason", async ({ page }) => {
  test.setTimeout(180_000);
  await signIn(page, stack.admin);
  await ensureBackup(page);
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/functions/") && request.postData()?.includes('"restore"')) {
      asked.push(request.url());
    }
  });
  await page.getByRole("button", { name: /^Restaurar…/ }).first().click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("radio", { name: /Produção/ })).not.toBeChecked();
  await dialog.getByRole("radio", { name: /Produção/ }).check();
  await dialog.getByRole("button", { name: "Continuar" }).click();

  const submit = dialog.getByRole("button", { name: "Restaurar em prod" });
  const word = dialog.getByLabel("Digite RESTORE_PROD para confirmar");
  const reason = dialog.getByLabel("Motivo");
  await expect(submit).toBeDisabled();
  await expect(dialog.getByText("Falta digitar RESTORE_PROD e escrever o motivo.")).toBeVisible();
  for (const wrong of ["restore_prod", "RESTORE_PRO", "RESTORE PROD", "RESTORE_PROD "]) {
    await word.fill(wrong);
    await reason.fill("voltar ao fechamento");
    await expect(submit).toBeDisabled();
    await word.press("Enter");
  }
  await word.fill("RESTORE_PROD");
  await reason.fill("   ");
  await expect(submit).toBeDisabled();
  await expect(dialog.getByText("Falta escrever o motivo.")).toBeVisible();
  await reason.fill("voltar ao fechamento");
  await expect(submit).toBeEnabled();

  await dialog.getByRole("button", { name: "Voltar" }).click();
  await dialog.getByRole("button", { name: "Continuar" }).click();
  await expect(word).toHaveValue("");
  await expect(submit).toBeDisabled();
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  expect(asked).toEqual([]);
});
