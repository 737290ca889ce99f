import { expect, historyRow, makeBackup, signIn, stack, test } from "./test.ts";

test("an admin backs up production and restores it into dev", async ({ page }) => {
  test.setTimeout(300_000);
  const label = `e2e-${Date.now()}`;
  await signIn(page, stack.admin);

  await test.step("the backup is asked for, seen running, and becomes a row", async () => {
    await makeBackup(page, label);
    const outcome = page.getByRole("region", { name: /Em andamento|Acabou de terminar/ });
    await expect(outcome.getByText("Concluída")).toBeVisible();
    await expect(outcome.getByText(/Conferido: .*tabelas? · .*registros? · .* no cofre\./)).toBeVisible();
    await expect(page.getByText(/Último backup da produção: agora/)).toBeVisible();
    await expect(page.getByRole("status").filter({ hasText: "Backup da produção: concluída." }))
      .toBeAttached();
  });

  await test.step("the row is the backup that was asked for", async () => {
    const row = historyRow(page, label);
    await expect(row).toContainText("Produção");
    await expect(row).toContainText("No cofre");
    await expect(row).toContainText(stack.admin.email);
    await row.getByRole("button", { name: /^Detalhes/ }).click();
    const key = page.getByText(new RegExp(`^revo/prod/.*_${label}\\.dump\\.gz$`));
    await expect(key).toBeVisible();
  });

  await test.step("it is restored into dev, all of it checked", async () => {
    await historyRow(page, label).getByRole("button", { name: /^Restaurar…/ }).click();
    const dialog = page.getByRole("dialog");
    await expect(dialog.getByRole("radio", { name: /Desenvolvimento/ })).toBeChecked();
    await dialog.getByRole("button", { name: "Continuar" }).click();
    await dialog.getByRole("button", { name: "Restaurar em dev" }).click();
    await expect(dialog).toBeHidden();
    const run = page.getByRole("region", { name: /Em andamento|Acabou de terminar/ })
      .getByRole("article", { name: "Restauração em dev" });
    await expect(run.getByText("Concluída")).toBeVisible({ timeout: 180_000 });
    await expect(run.getByText(/Conferido: .*tabelas? · .*registros?/)).toBeVisible();
    await expect(run.getByText(/antes-da-restauracao/)).toBeVisible();
  });

  await test.step("the outcome is still there after a reload", async () => {
    await page.reload();
    const past = page.getByRole("region", { name: "Execuções" });
    await expect(past.getByRole("article", { name: "Restauração em dev" }).first()).toContainText(
      "Concluída",
    );
  });
});

test("two clicks are one request", async ({ page }) => {
  test.setTimeout(180_000);
  await signIn(page, stack.admin);
  const bodies: string[] = [];
  page.on("request", (request) => {
    const body = request.postData() ?? "";
    if (request.url().includes("/functions/") && body.includes('"backup"')) bodies.push(body);
  });
  await page.getByRole("button", { name: "Backup agora" }).click();
  const label = `duas-vezes-${Date.now()}`;
  await page.getByLabel("Etiqueta").fill(label);
  await page.getByRole("button", { name: "Fazer backup de prod" }).dblclick();
  await expect(historyRow(page, label)).toBeVisible({ timeout: 120_000 });
  expect(bodies).toHaveLength(1);
});

test("a label is judged while it is typed", async ({ page }) => {
  await signIn(page, stack.admin);
  await page.getByRole("button", { name: "Backup agora" }).click();
  const label = page.getByLabel("Etiqueta");
  const submit = page.getByRole("button", { name: "Fazer backup de prod" });
  await label.fill("antes da migração");
  await expect(page.getByText("Estes caracteres não são permitidos: “ç”, “ã”.")).toBeVisible();
  await expect(submit).toBeDisabled();
  await label.fill("antes da migracao");
  await expect(page.getByRole("dialog").getByText("antes_da_migracao", { exact: true })).toBeVisible();
  await expect(submit).toBeEnabled();
  await label.fill("x".repeat(41));
  await expect(page.getByText("São no máximo 40 caracteres; aqui há 41.")).toBeVisible();
});
