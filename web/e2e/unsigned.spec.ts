/** An unsigned backup beside signed ones: it is marked, protects nothing, and is restored only by a typed confirmation. */
import type { Page } from "@playwright/test";
import { expectAccessible } from "./axe.ts";
import { aBackupOf, emptyCatalog } from "./sample_history.ts";
import { expect, FAILED_REQUEST, openAs, stack, test } from "./test.ts";

const dialog = (page: Page) => page.getByRole("dialog");

test.beforeEach(emptyCatalog);
test.afterAll(emptyCatalog);

test("without a signed one it counts as before", async ({ page }) => {
  await aBackupOf("prod", 1, null);
  await openAs(page, stack.admin);
  await expect(page.getByRole("table").getByText("Conferido")).toBeVisible();
  await expect(page.getByText("Não assinado")).toBeHidden();
});

test("is marked, is not the newest, and is not drilled from the screen", async ({ page }) => {
  await aBackupOf("prod", 20);
  await aBackupOf("prod", 1, null);
  await openAs(page, stack.admin);
  await expect(page.getByRole("table").getByText("Não assinado")).toHaveCount(1);
  const situation = page.getByRole("region", { name: "Situação da produção" });
  await expect(situation).toContainText(/há 20\sh/);
  await expect(situation).not.toContainText(/há 1\sh/);
  await page.getByRole("button", { name: /^Detalhes/ }).first().click();
  await expect(dialog(page).getByText("Este backup não é assinado por esta instalação.")).toBeVisible();
  await expect(dialog(page).getByRole("button", { name: /^Ensaiar/ })).toBeDisabled();
  await expectAccessible(page, "details of an unsigned backup");
});

test("is simulated and restored only after its confirmation, which names it alone", async ({ page, allowConsole }) => {
  allowConsole(FAILED_REQUEST);
  await aBackupOf("prod", 2);
  const key = await aBackupOf("prod", 1, null);
  await openAs(page, stack.admin);
  await page.getByRole("button", { name: /^Restaurar…/ }).first().click();
  const next = dialog(page).getByRole("button", { name: "Continuar", exact: true });
  await expect(next).toBeDisabled();
  await expect(dialog(page).getByText("Falta digitar SEM_ASSINATURA.")).toBeVisible();
  await expectAccessible(page, "restore of an unsigned backup");
  await dialog(page).getByLabel(/^Digite SEM_ASSINATURA/).fill("SEM_ASSINATURA");
  await next.click();
  await page.route("**/functions/v1/ops-backups", (route) => route.abort());
  const planned = page.waitForRequest((request) => request.postDataJSON()?.action === "plan");
  await dialog(page).getByRole("button", { name: "Simular", exact: true }).click();
  expect((await planned).postDataJSON()).toMatchObject({ r2_key: key, allow_unsigned: key });
  await dialog(page).getByRole("button", { name: "Continuar sem simular" }).click();
  const asked = page.waitForRequest((request) => request.postDataJSON()?.action === "restore");
  await dialog(page).getByRole("button", { name: "Restaurar em Desenvolvimento" }).click();
  expect((await asked).postDataJSON()).toMatchObject({ r2_key: key, allow_unsigned: key });
});

test("a signed backup asks for nothing more", async ({ page, allowConsole }) => {
  allowConsole(FAILED_REQUEST);
  await aBackupOf("prod", 1);
  await openAs(page, stack.admin);
  await page.getByRole("button", { name: /^Restaurar…/ }).first().click();
  await expect(dialog(page).getByLabel(/SEM_ASSINATURA/)).toBeHidden();
  await dialog(page).getByRole("button", { name: "Continuar", exact: true }).click();
  await page.route("**/functions/v1/ops-backups", (route) => route.abort());
  await dialog(page).getByRole("button", { name: "Continuar sem simular" }).click();
  const asked = page.waitForRequest((request) => request.postDataJSON()?.action === "restore");
  await dialog(page).getByRole("button", { name: "Restaurar em Desenvolvimento" }).click();
  expect((await asked).postDataJSON()).not.toHaveProperty("allow_unsigned");
});
