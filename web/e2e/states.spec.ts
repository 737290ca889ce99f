import type { Page } from "@playwright/test";
import { ensureBackup, expect, FAILED_REQUEST, signIn, stack, test } from "./test.ts";

const LIST = "**/rpc/ops_db_backups_list*";
const EMPTY = "Nenhum backup ainda.";

const history = (page: Page) => page.getByRole("region", { name: "Histórico" });

test("a history that cannot be read is an error with a way out, never an empty list", async ({ page, allowConsole }) => {
  allowConsole(FAILED_REQUEST);
  await page.route(LIST, (route) => route.abort());
  await signIn(page, stack.admin);
  const panel = history(page).getByRole("alert");
  await expect(panel).toContainText("Não foi possível carregar o histórico.");
  await expect(panel).toContainText("Sem resposta do servidor.");
  await expect(page.getByText(EMPTY)).toBeHidden();
  await page.unroute(LIST);
  await panel.getByRole("button", { name: "Tentar de novo" }).click();
  await expect(panel).toBeHidden();
});

test("while the history loads slowly nothing is claimed about it", async ({ page }) => {
  await page.route(LIST, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await route.continue();
  });
  await signIn(page, stack.admin);
  await expect(page.getByText("Carregando o histórico")).toBeAttached();
  await expect(page.getByText(EMPTY)).toBeHidden();
  await expect(page.getByText(/Não há backup da produção/)).toBeHidden();
  await expect(page.getByText("Carregando o histórico")).not.toBeAttached();
});

test("data that could not be renewed stays, with its age", async ({ page, allowConsole }) => {
  test.setTimeout(180_000);
  allowConsole(FAILED_REQUEST);
  await signIn(page, stack.admin);
  await ensureBackup(page);
  await page.route(LIST, (route) => route.abort());
  await page.getByLabel("Alvo").selectOption("prod");
  await expect(history(page).getByRole("alert")).toBeVisible();
  await page.getByLabel("Alvo").selectOption("");
  await expect(history(page).getByText(/^Dados de .*; a atualização falhou\.$/)).toBeVisible();
  await expect(history(page).getByRole("button", { name: /^Restaurar…/ }).first()).toBeVisible();
});

test("a function that does not answer is said in words, and repeating is the same request", async ({ page, allowConsole }) => {
  test.setTimeout(180_000);
  allowConsole(FAILED_REQUEST);
  await signIn(page, stack.admin);
  const ids: unknown[] = [];
  await page.route("**/functions/v1/ops-backups", (route) => {
    ids.push(route.request().postDataJSON()?.request_id);
    return route.abort();
  });
  await page.getByRole("button", { name: "Backup agora" }).click();
  const submit = page.getByRole("button", { name: "Fazer backup de prod" });
  for (let attempt = 1; attempt <= 2; attempt++) {
    await submit.click();
    await expect(page.getByRole("alert")).toContainText("Sem resposta do servidor.");
    await expect(page.getByText("Repetir é seguro")).toBeVisible();
    await expect.poll(() => ids.length).toBe(attempt);
  }
  expect(ids[0]).toBe(ids[1]);
  await page.getByLabel("Etiqueta").fill("outro-pedido");
  await submit.click();
  await expect.poll(() => ids.length).toBe(3);
  expect(ids[2]).not.toBe(ids[0]);
});

test("the filter is in the address", async ({ page }) => {
  await signIn(page, stack.admin);
  await page.getByLabel("Alvo").selectOption("verify");
  await expect(page).toHaveURL(/\?alvo=verify$/);
  await page.reload();
  await expect(page.getByLabel("Alvo")).toHaveValue("verify");
  await expect(page.getByRole("heading", { name: "Execuções: Verificação" })).toBeVisible();
});
