import type { Page } from "@playwright/test";
import { inDatabase } from "./catalog.ts";
import { ensureBackup, expect, historyRow, openAs, pressOn, reach, stack, test } from "./test.ts";

const outcome = (page: Page) => page.getByRole("region", { name: /Em andamento|Acabou de terminar/ });
/** The restores on the screen, newest first. */
const restores = (page: Page) =>
  outcome(page).getByRole("article", { name: "Restauração em Desenvolvimento", exact: true });

/** The row count of a table that only dev has; `null` when the table does not exist. */
async function rowsOnlyInDev(): Promise<number | null> {
  return await inDatabase(stack.devDatabase, async (sql) => {
    const [there] = await sql`select to_regclass('public.rascunhos_do_dev') is not null as is`;
    if (!there?.is) return null;
    const [{ count } = {}] = await sql<
      { count: number }[]
    >`select count(*)::int from public.rascunhos_do_dev`;
    return count ?? null;
  });
}

test("with the keyboard alone an admin backs up production, simulates, restores into dev, and undoes it", async ({ page }) => {
  test.setTimeout(300_000);
  const label = `e2e-${Date.now()}`;
  await inDatabase(stack.devDatabase, async (sql) => {
    await sql`drop table if exists public.rascunhos_do_dev`;
    await sql`create table public.rascunhos_do_dev as select generate_series(1, 7)`;
  });
  await openAs(page, stack.admin);
  const idleTab = await page.context().newPage();
  await idleTab.goto("/");
  await expect(idleTab.getByRole("button", { name: "Backup agora" })).toBeEnabled();
  const dialog = page.getByRole("dialog");
  const press = (name: string) => pressOn(page, dialog.getByRole("button", { name, exact: true }));

  await test.step("the backup is requested, shown as running, and listed", async () => {
    await pressOn(page, page.getByRole("button", { name: "Backup agora" }));
    await reach(page, dialog.getByLabel("Etiqueta"));
    await page.keyboard.type(label);
    await page.keyboard.press("Enter");
    await expect(dialog).toBeHidden();
    // it does not poll: the first tab notifies it
    await expect(outcome(idleTab).getByRole("article").first()).toBeVisible();
    await idleTab.close();
    const today = page.getByRole("group", { name: /^Backups por dia/ }).getByRole("button").last();
    await expect(today).toHaveAttribute("data-state", "running");
    await expect(historyRow(page, label)).toBeVisible({ timeout: 120_000 });
    await expect(today).toHaveAttribute("data-state", "made");
    await expect(outcome(page).getByText("Concluído")).toBeVisible();
    await expect(outcome(page).getByText(/Conferido: .*tabelas? · .*registros? · .* no cofre\./))
      .toBeVisible();
    await expect(page.getByText(/Último backup da produção: agora/)).toBeVisible();
    await expect(page.getByRole("status").filter({ hasText: "O backup da produção foi concluído." }))
      .toBeAttached();
  });

  await test.step("the row is the requested backup", async () => {
    const row = historyRow(page, label);
    await expect(row).toContainText("Produção");
    await expect(row).toContainText("No cofre");
    await expect(row).toContainText(stack.admin.email);
    await pressOn(page, row.getByRole("button", { name: /^Detalhes/ }));
    const key = page.getByText(new RegExp(`^revo/prod/.*_${label}\\.dump\\.gz$`));
    await expect(key.first()).toBeVisible();
    const manifest = page.getByRole("region", { name: "Manifesto" });
    await expect(manifest.getByRole("heading", { name: "O negócio no momento do backup" })).toBeVisible();
    await expect(manifest).toContainText(/pedidos \(\d+ empresas?\)[\d.]+, R\$\s[\d.]+,\d\d, o mais novo de/);
    await page.keyboard.press("Escape");
  });

  await test.step("the simulation tells what dev would lose, and changes nothing", async () => {
    await pressOn(page, historyRow(page, label).getByRole("button", { name: /^Restaurar…/ }));
    await expect(dialog.getByRole("radio", { name: /Desenvolvimento/ })).toBeChecked();
    await expect(dialog.getByRole("radio", { name: /Produção/ })).not.toBeChecked();
    await press("Continuar");
    await press("Simular");
    await expect(dialog.getByText(/^Perda em Desenvolvimento: .* registros de .* tabelas?\.$/)).toBeVisible({
      timeout: 60_000,
    });
    const lost = dialog.getByRole("row").filter({ hasText: "public.rascunhos_do_dev" });
    await expect(lost).toHaveText(/public\.rascunhos_do_dev7não existe−7/);
    await pressOn(page, dialog.locator("summary").filter({ hasText: "Só existem em Desenvolvimento" }));
    await expect(dialog.getByText(/^tabela public\.rascunhos_do_dev: posto de lado/)).toBeVisible();
    await expect(dialog.getByText(/^Simulado agora; vale por mais 29\smin/)).toBeVisible();
    expect(await rowsOnlyInDev()).toBe(7);
  });

  await test.step("it is restored into dev, all of it checked", async () => {
    await press("Continuar");
    await expect(dialog.getByText(/^Perda simulada:/)).toBeVisible();
    await press("Restaurar em Desenvolvimento");
    await expect(dialog).toBeHidden();
    const run = restores(page);
    await expect(run.getByText("Concluída")).toBeVisible({ timeout: 180_000 });
    await expect(run.getByText(/Conferido: .*tabelas? · .*registros?/)).toBeVisible();
    await expect(run.getByText(/antes-da-restauracao/)).toBeVisible();
    expect(await rowsOnlyInDev()).toBeNull();
  });

  await test.step("undoing restores the safety copy, as an ordinary restore", async () => {
    await pressOn(page, restores(page).getByRole("button", { name: /^Desfazer…/ }));
    await expect(dialog.getByRole("heading", { name: "Desfazer a restauração em Desenvolvimento" }))
      .toBeVisible();
    await expect(dialog.getByRole("radio")).toHaveCount(0);
    await press("Continuar sem simular");
    await press("Restaurar em Desenvolvimento");
    await expect(dialog).toBeHidden();
    await expect(restores(page)).toHaveCount(2);
    await expect(restores(page).first().getByText("Concluída")).toBeVisible({ timeout: 180_000 });
    await expect(restores(page).first().getByRole("button", { name: /^Desfazer…/ })).toBeVisible();
    expect(await rowsOnlyInDev()).toBe(7);
  });

  await test.step("the outcome is still there after a reload", async () => {
    await page.reload();
    const past = page.getByRole("region", { name: "Execuções" });
    const last = past.getByRole("article", { name: "Restauração em Desenvolvimento", exact: true }).first();
    await expect(last).toContainText("Concluída");
    await expect(last.getByRole("button", { name: /^Desfazer…/ })).toBeVisible();
  });
});

test("a drill is requested from a backup's details, and cancelled", async ({ page }) => {
  test.setTimeout(180_000);
  await openAs(page, stack.admin);
  await ensureBackup(page);
  await page.getByRole("button", { name: /^Detalhes/ }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: /^Ensaiar/ }).click();
  await expect(dialog.getByRole("status")).toHaveText("Ensaio pedido. Feche e acompanhe em “Em andamento”.");
  await page.keyboard.press("Escape");
  const run = outcome(page).getByRole("article", { name: /^Ensaio de restauração/ });
  await run.getByRole("button", { name: /^Cancelar…/ }).click();
  await expect(dialog).toContainText("O backup fica como está, sem prova nova.");
  await dialog.getByRole("button", { name: "Cancelar a execução" }).click();
  // the function waits up to 8 s for the script's reaction
  await expect(dialog).toBeHidden({ timeout: 20_000 });
  await expect(run.getByText("Cancelado", { exact: true })).toBeVisible({ timeout: 60_000 });
  await expect(run).toContainText("A execução foi cancelada. Nada ficou pela metade.");
});

test("a label is validated while typing", async ({ page }) => {
  await openAs(page, stack.admin);
  await page.getByRole("button", { name: "Backup agora" }).click();
  const label = page.getByLabel("Etiqueta");
  const submit = page.getByRole("button", { name: "Fazer backup da produção" });
  await label.fill("antes/depois?");
  await expect(page.getByText("Estes caracteres não são permitidos: “/”, “?”.")).toBeVisible();
  await expect(submit).toBeDisabled();
  await label.fill("antes da migração");
  await expect(page.getByRole("dialog").getByText("antes_da_migracao", { exact: true })).toBeVisible();
  await expect(submit).toBeEnabled();
  await label.fill("x".repeat(41));
  await expect(page.getByText("São no máximo 40 caracteres; aqui há 41.")).toBeVisible();
});
