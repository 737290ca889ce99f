import type { Page } from "@playwright/test";
import { expectAccessible } from "./axe.ts";
import { inCatalog, whileCatalogWaits } from "./catalog.ts";
import { emptyCatalog, fillWithSamples } from "./sample_history.ts";
import { expect, openAs, stack, test } from "./test.ts";

const situation = (page: Page) => page.getByRole("region", { name: "Situação da produção" });
/** The region of the overview with the days. */
const SITUATION = "section:has([data-state])";
const days = (page: Page) => page.getByRole("group", { name: /^Backups por dia/ }).getByRole("button");

test.beforeEach(fillWithSamples);
test.afterAll(emptyCatalog);

test("states the data loss, the duration of a restore and the proof", async ({ page }) => {
  await openAs(page, stack.admin);
  await expect(situation(page)).toContainText(
    /Se a produção parasse agora:.*perda de até .*volta em cerca de 3\smin.*provado há/,
  );
  await expect(situation(page).getByText("Protegido")).toBeVisible();
  await expect(situation(page).getByRole("region", { name: "Primeiros passos" }))
    .toContainText("Vigia. Ele deixa o primeiro relatório sozinho");
  await expect(page.getByText("Esta tela mostra dados de amostra.")).toBeVisible();
});

test("each day has a description, by mouse and by keyboard, and links to its backups", async ({ page }) => {
  await openAs(page, stack.admin);
  await expect(days(page)).toHaveCount(30);
  for (const state of ["proven", "made", "failed", "overdue"]) {
    await expect(situation(page).locator(`[data-state=${state}]`).first()).toBeVisible();
  }
  const failed = days(page).filter({ has: page.locator("xpath=self::*[@data-state='failed']") });
  await failed.hover();
  await expect(situation(page).getByText(/falhou\. 1 tentativa de backup falhou\./)).toBeVisible();

  await days(page).last().focus();
  await page.keyboard.press("Home");
  await expect(days(page).first()).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await expect(days(page).nth(1)).toBeFocused();
  await expect(days(page).nth(1)).toHaveAttribute("aria-label", /: (feito|provado)\. 1 backup feito: às /);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/alvo=prod&de=(\d{4}-\d\d-\d\d)&ate=\1/);
  await expect(page.getByRole("table").getByRole("row")).toHaveCount(2);
});

test("a sudden drop in size is described in text", async ({ page }) => {
  await inCatalog((sql) =>
    sql`update public.ops_db_backups set bytes = bytes / 3
         where created_at > now() - interval '26 hours' and target = 'prod'`
  );
  await openAs(page, stack.admin);
  await expect(situation(page).getByText(/Queda brusca em .*: de .* para .* \(−6\d%\)/)).toBeVisible();
  const chart = situation(page).getByRole("figure");
  await expect(chart).toContainText(/[\d,]+\s[kMG]B.*0/); // the axis
  const { height } = await chart.locator("..").boundingBox() ?? { height: 0 };
  expect(height, "room for the chart is kept while it loads").toBeGreaterThanOrEqual(144);
  await expectAccessible(page, "sudden drop", SITUATION);
});

test("overdue, failed and unproven backups are shown, with what to do", async ({ page }) => {
  await inCatalog((sql) => sql`update public.ops_db_backups set created_at = created_at - interval '2 days'`);
  await inCatalog((sql) => sql`update public.ops_db_backups set proven_at = null`);
  await openAs(page, stack.admin);
  await expect(situation(page)).toContainText("nunca provado");
  await expect(situation(page).getByText("O backup diário está atrasado.")).toBeVisible();
  await expect(situation(page).getByText("Nenhum backup foi provado num ensaio de restauração."))
    .toBeVisible();
  await expect(days(page).last()).toHaveAttribute("data-state", "overdue");
  await expectAccessible(page, "overdue", SITUATION);
});

test("without any backup production is at risk, and no day counts as missed", async ({ page }) => {
  await emptyCatalog();
  await openAs(page, stack.admin);
  await expect(situation(page).getByText("Em risco")).toBeVisible();
  await expect(situation(page).getByText("Não há backup completo da produção no cofre.")).toBeVisible();
  await expect(situation(page).locator("[data-state=before]")).toHaveCount(30);
  await expect(page.getByText("Esta tela mostra dados de amostra.")).toBeHidden();
  await expect(page.getByRole("link", { name: /^Primeiros passos, no guia/ }).last()).toHaveAttribute(
    "href",
    /\/blob\/HEAD\/docs\/guia\/primeiros-passos\.md$/,
  );
  await expectAccessible(page, "nothing yet");
});

test("while the catalog does not respond nothing is stated", async ({ page }) => {
  await openAs(page, stack.admin);
  await whileCatalogWaits(async () => {
    await page.reload();
    await expect(page.getByText("Procurando o último backup")).toBeAttached();
    await expect(page.getByText(/Em risco|Não há backup|Nenhum backup/)).toHaveCount(0);
  });
  await expect(situation(page).getByText("Protegido")).toBeVisible();
});

test("the reports are shown, and the check runs on demand", async ({ page }) => {
  const report = {
    name: "watchdog",
    status: "warning",
    report: {
      conditions: [{ title: "Um ensaio falta", risk: "Sem prova.", facts: [], todo: "Rode um ensaio." }],
    },
  };
  const check = { group: "vault", status: "failed", message: "A chave não grava.", hint: "Crie outra." };
  const diagnosis = { name: "doctor", status: "failed", report: { checks: [check] } };
  for (const each of [report, diagnosis]) {
    await inCatalog((sql) => sql`select public.ops_db_backup_report(${sql.json(each)})`);
  }
  await openAs(page, stack.admin);
  await page.getByRole("button", { name: "Vigia: 1 alerta, agora · Diagnóstico: com falhas" }).click();
  await expect(situation(page).getByText("Primeiros passos")).toHaveCount(0);
  const sheet = page.getByRole("dialog", { name: "Saúde dos backups" });
  await expect(sheet.getByText("Rode um ensaio.")).toBeVisible();
  const diagnosed = sheet.getByRole("article", { name: "Diagnóstico" });
  await expect(diagnosed.getByText("Cofre (R2): A chave não grava.")).toBeVisible();
  await expect(diagnosed.getByText("Crie outra.")).toBeVisible();
  await sheet.getByRole("button", { name: "Verificar agora" }).click();
  await expect(sheet.getByText("Em ordem").first()).toBeVisible();
  await expectAccessible(page, "health");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: /^Vigia/ })).toBeFocused();
  await inCatalog((sql) => sql`delete from public.ops_db_backup_reports`);
});
