import type { Page } from "@playwright/test";
import { inCatalog } from "./catalog.ts";
import { emptyCatalog, fillWithSamples } from "./sample_history.ts";
import { expect, openAs, stack, test } from "./test.ts";

const history = (page: Page) => page.getByRole("region", { name: "Histórico" });
const rows = (page: Page) => history(page).getByRole("table").locator("tbody tr");
const filter = (page: Page, label: string) => history(page).getByLabel(label, { exact: true });

test.beforeAll(fillWithSamples);
test.afterAll(emptyCatalog);

test("failed and lost attempts are listed between the backups, with their cause", async ({ page }) => {
  await openAs(page, stack.admin);
  await expect(rows(page).filter({ hasText: "Não foi possível conectar ao banco de dados" })).toContainText(
    "Falhou",
  );
  await filter(page, "Estado").selectOption("Perdido");
  await expect(history(page).getByText("Nada corresponde aos filtros.")).toBeVisible();
  await filter(page, "Estado").selectOption("Falhou");
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page).getByText("Detalhe técnico")).toBeVisible();
});

test("every filter is in the URL, and the link shows the same to another user", async ({ page }) => {
  await openAs(page, stack.admin);
  await expect(filter(page, "Banco")).toHaveValue("prod");
  await filter(page, "Origem").selectOption("Pedido por alguém");
  await filter(page, "Busca").fill("MIGRACAO");
  await filter(page, "Ordem").selectOption("Maiores");
  await expect(page).toHaveURL(/origem=person.*busca=MIGRACAO.*ordem=largest/);
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText("antes-da-migracao");
  await page.reload();
  await expect(filter(page, "Busca")).toHaveValue("MIGRACAO");
  await expect(rows(page)).toHaveCount(1);
  await history(page).getByRole("button", { name: "Limpar filtros" }).click();
  await expect(rows(page)).toHaveCount(20);
  await expect(page).toHaveURL(/\?ordem=largest$/);
});

test("other kinds of run are listed in the same history", async ({ page }) => {
  await openAs(page, stack.admin, "/desenvolvedor/backups?tipo=restore");
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText("Restauração em Desenvolvimento");
  await filter(page, "Mostrar").selectOption("Ensaios");
  await expect(page).toHaveURL(/tipo=drill/);
  await expect(rows(page).first()).toContainText("Ensaio de restauração da produção");
});

test("pages are contiguous, and the browser's back button works", async ({ page }) => {
  await openAs(page, stack.admin);
  const keysOf = () =>
    history(page).getByRole("button", { name: /^Detalhes/ }).evaluateAll((all) =>
      all.map((button) => button.getAttribute("aria-label"))
    );
  await expect(rows(page).first()).toBeVisible();
  const seen = await keysOf();
  for (const number of [2, 3]) {
    await history(page).getByRole("button", { name: "Mais antigos" }).click();
    await expect(history(page).getByText(`Página ${number}`)).toBeVisible();
    await expect(history(page).locator("[aria-busy=true]")).toHaveCount(0);
    seen.push(...await keysOf());
  }
  expect(new Set(seen).size).toBe(seen.length);
  // two full pages, and a third one whose length depends on the day of the sample history
  expect(seen.length).toBeGreaterThan(40);
  expect(seen.length).toBeLessThanOrEqual(60);
  await page.reload();
  await expect(history(page).getByText("Página 3")).toBeVisible();
  await history(page).getByRole("button", { name: "Mais novos" }).click();
  await expect(history(page).getByText("Página 2")).toBeVisible();
  await page.goBack();
  await expect(page).not.toHaveURL(/pagina/);
});

test("five thousand backups can be paged and searched", async ({ page }) => {
  await inCatalog((sql) =>
    sql`insert into public.ops_db_backups (created_at, target, mode, r2_bucket, r2_key, bytes, requested_by)
        select now() - make_interval(hours => n), 'verify', 'full', 'amostra',
               'revo/verify/2026/01/01/supabase_verify_20260101_000000_n' || n || '.dump.gz', n, 'schedule'
          from generate_series(1, 5000) n`
  );
  await openAs(page, stack.admin, "/desenvolvedor/backups?alvo=verify&ordem=oldest");
  await expect(rows(page)).toHaveCount(20);
  await history(page).getByRole("button", { name: "Mais novos" }).click();
  await expect(history(page).getByText("Página 2")).toBeVisible();
  await filter(page, "Busca").fill("_n4321.");
  await expect(rows(page)).toHaveCount(1);
});
