import type { Page } from "@playwright/test";
import { expectAccessible } from "./axe.ts";
import { ageRun, inCatalog, newestRun } from "./catalog.ts";
import { expect, FAILED_REQUEST, forgetSessions, makeBackup, openAs, stack, test } from "./test.ts";

const dialog = (page: Page) => page.getByRole("dialog");
const go = (page: Page) => dialog(page).getByRole("button", { name: "Continuar" });

/** Opens the dialog of the newest backup and chooses production. */
async function chooseProduction(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Restaurar…/ }).first().click();
  await expect(dialog(page).getByRole("radio", { name: /Produção/ })).not.toBeChecked();
  await dialog(page).getByRole("radio", { name: /Produção/ }).check();
  await go(page).click();
}

async function restoresOfProd(): Promise<number> {
  const [row] = await inCatalog((sql) =>
    sql<{ count: number }[]>`select count(*)::int from public.ops_db_backup_runs
                              where kind = 'restore' and target = 'prod'`
  );
  return row?.count ?? 0;
}

test("production is restored only after a fresh simulation, the typed confirmation and a reason", async ({ page, allowConsole }) => {
  test.setTimeout(300_000);
  allowConsole(FAILED_REQUEST);
  await openAs(page, stack.admin);
  await test.step("a double click on a backup sends one request", async () => {
    const bodies: string[] = [];
    page.on("request", (request) => {
      const body = request.postData() ?? "";
      if (request.url().includes("/functions/") && body.includes('"backup"')) bodies.push(body);
    });
    await makeBackup(page, "antes-de-restaurar-prod", { clickCount: 2 });
    expect(bodies).toHaveLength(1);
  });
  await inCatalog((sql) =>
    sql`insert into public.pedidos (empresa_id, cliente_id, total, observacao)
        select empresa_id, id, 1234.56, 'depois do backup' from public.clientes order by id limit 1`
  );
  const submit = dialog(page).getByRole("button", { name: "Restaurar em Produção" });
  const word = dialog(page).getByLabel("Digite RESTORE_PROD para confirmar");
  const reason = dialog(page).getByLabel("Motivo");

  await test.step("a simulation is required; it continues when the page is left", async () => {
    await chooseProduction(page);
    await expect(go(page)).toBeDisabled();
    await expect(dialog(page).getByText("Para a produção, simule antes de continuar.")).toBeVisible();
    await dialog(page).getByRole("button", { name: "Simular", exact: true }).click();
    await expect(dialog(page).getByText(/^Simulando: /)).toBeVisible();
    await page.reload();
    await chooseProduction(page);
    await expect(dialog(page).getByText(/^Simulado /)).toBeVisible({ timeout: 60_000 });
  });

  await test.step("it says in orders and reais what the company would lose", async () => {
    await expect(dialog(page).getByText("No negócio, Produção perde:")).toBeVisible();
    const report = dialog(page).getByRole("group", { name: "Resultado da simulação" });
    await expect(report).toContainText(
      /pedidos: −1, R\$\s−1\.234,56, o mais novo que se perde é de \d\d\/\d\d\/\d{4} \d\d:\d\d/,
    );
    await expect(report).toContainText("Nada muda em: notas fiscais, a receber em aberto, clientes.");
    await expectAccessible(page, "a simulation with a loss of the business");
  });

  await test.step("not without the word and the reason", async () => {
    await go(page).click();
    await expect(dialog(page).getByText(/^Perda simulada: .*No negócio: pedidos −1, R\$\s−1\.234,56/))
      .toBeVisible();
    await expect(submit).toBeDisabled();
    await expect(dialog(page).getByText("Falta digitar RESTORE_PROD e escrever o motivo.")).toBeVisible();
    for (const wrong of ["restore_prod", "RESTORE_PRO", "RESTORE PROD", "RESTORE_PROD "]) {
      await word.fill(wrong);
      await reason.fill("voltar ao fechamento");
      await expect(submit).toBeDisabled();
      await word.press("Enter");
    }
    await word.fill("RESTORE_PROD");
    await reason.fill("   ");
    await expect(submit).toBeDisabled();
    await expect(dialog(page).getByText("Falta escrever o motivo.")).toBeVisible();
    await reason.fill("voltar ao fechamento");
    await expect(submit).toBeEnabled();
    await dialog(page).getByRole("button", { name: "Voltar" }).click();
    await go(page).click();
    await expect(word).toHaveValue("");
    await expect(submit).toBeDisabled();
    expect(await restoresOfProd()).toBe(0);
  });

  const plan = await newestRun("plan");
  await test.step("not on the ground of an old simulation, whatever the page believes", async () => {
    await ageRun(plan.request_id, 31);
    await word.fill("RESTORE_PROD");
    await submit.click();
    await expect(dialog(page).getByRole("alert")).toContainText("O pedido não foi aceito.");
    await expect(dialog(page).getByText("A simulação não vale mais.")).toBeVisible();
    await expect(submit).toBeDisabled();
    await dialog(page).getByRole("button", { name: "Voltar" }).click();
    await expect(dialog(page).getByText(/^A última simulação é de há 3\d\smin\.$/)).toBeVisible();
    await expect(go(page)).toBeDisabled();
    expect(await restoresOfProd()).toBe(0);
  });

  await test.step("with all of them production is restored and checked, and can be undone", async () => {
    await ageRun(plan.request_id, -31);
    await page.reload();
    await chooseProduction(page);
    await go(page).click();
    await word.fill("RESTORE_PROD");
    await reason.fill("voltar ao fechamento");
    await submit.click();
    await expect(dialog(page)).toBeHidden();
    const run = page.getByRole("region", { name: /Em andamento|Acabou de terminar/ })
      .getByRole("article", { name: "Restauração em Produção", exact: true });
    await expect(run.getByText("Concluída")).toBeVisible({ timeout: 180_000 });
    await expect(run).toContainText("Motivo: voltar ao fechamento");
    const left = await inCatalog((sql) =>
      sql`select from public.pedidos where observacao = 'depois do backup'`
    );
    expect(left).toHaveLength(0);
    await run.getByRole("button", { name: /^Desfazer…/ }).click();
    await expect(dialog(page).getByRole("heading", { name: "Desfazer a restauração em Produção" }))
      .toBeVisible();
    await expect(go(page)).toBeDisabled();
  });
  forgetSessions(); // the restore may have ended them
});
