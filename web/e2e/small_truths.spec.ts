/** Small statements of the screen that must not mislead. */
import type { Page } from "@playwright/test";
import { expectAccessible } from "./axe.ts";
import { beginRun, finishRun, inCatalog } from "./catalog.ts";
import { emptyCatalog, fillWithSamples } from "./sample_history.ts";
import { expect, FAILED_REQUEST, openAs, stack, test } from "./test.ts";

const PHONE = { width: 360, height: 740 };
const region = (page: Page, name: string) => page.getByRole("region", { name, exact: true });

test.beforeEach(fillWithSamples);
test.afterAll(emptyCatalog);

test("a sample cannot be drilled, and a watchdog that never reported is no calm state", async ({ page }) => {
  await inCatalog((sql) => sql`delete from public.ops_db_backup_reports`);
  await openAs(page, stack.admin);
  const watchdog = page.getByRole("button", { name: "Vigia: nunca deixou relatório" });
  await expect(watchdog).toHaveClass(/bg-warn-soft/);
  await page.getByRole("button", { name: /^Detalhes/ }).first().click();
  await expect(page.getByRole("dialog").getByRole("button", { name: /^Ensaiar/ })).toBeDisabled();
});

test("the runs are not the history's second copy: it has the backups, also those that failed", async ({ page }) => {
  const [backup, drill] = [
    await beginRun({ kind: "backup", target: "prod", mode: "full" }),
    await beginRun({ target: "prod" }),
  ];
  await finishRun(backup, { status: "failed", error_code: "database_unreachable" });
  await finishRun(drill);
  await openAs(page, stack.admin);
  const past = page.getByRole("region", { name: /^Execuções/ }).getByRole("article");
  await expect(past.filter({ hasText: "Ensaio" }).first()).toBeVisible();
  await expect(past.filter({ has: page.getByRole("heading", { name: /^Backup/ }) })).toHaveCount(0);
  await expect(page.getByRole("table").getByText("Falhou").first()).toBeVisible();
});

test("a run that ended is not under way, and runs have no columns of backups", async ({ page }) => {
  const [running, ending] = [await beginRun(), await beginRun({ target: "dev" })];
  await openAs(page, stack.admin);
  await expect(region(page, "Em andamento").getByRole("article")).toHaveCount(2);
  await finishRun(ending);
  await expect(region(page, "Acabou de terminar").getByRole("article")).toHaveCount(1, { timeout: 20_000 });
  await expect(region(page, "Em andamento").getByRole("article")).toHaveCount(1);
  await finishRun(running);
  await page.getByLabel("Mostrar").selectOption("Restaurações");
  await expect(page.getByRole("columnheader")).toHaveText([
    "Quando",
    "Banco",
    "O que aconteceu",
    "Estado",
    "Ações",
  ]);
});

test("on a phone no toast lies over a dialog, and the accepted run is in view", async ({ page, allowConsole }) => {
  test.setTimeout(180_000);
  allowConsole(FAILED_REQUEST);
  await page.setViewportSize(PHONE);
  const id = await beginRun({ target: "dev" });
  await openAs(page, stack.admin);
  await expect(region(page, "Em andamento")).toBeVisible();
  await finishRun(id);
  const toast = page.locator("[data-sonner-toast]");
  await expect(toast).toBeVisible({ timeout: 20_000 });
  await page.getByRole("button", { name: "Backup agora" }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await expect(toast).toBeHidden();
  await expectAccessible(page, "phone: dialog after a toast");
  await page.getByRole("dialog").getByRole("radio", { name: /Verificação/ }).check();
  await page.getByRole("button", { name: /^Fazer backup d[ae] / }).click();
  await expect(page.getByRole("dialog")).toBeHidden();
  await expect(region(page, "Em andamento").getByRole("article", { name: /^Backup da verificação/ }))
    .toBeInViewport();
  await expect(page.getByText(/^O backup da verificação (foi concluído|falhou)/).first()).toBeAttached({
    timeout: 120_000,
  });
});
