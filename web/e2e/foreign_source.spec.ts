/** A backup of another database goes into production only when it is confirmed by name, and lies not on top. */
import type { Page } from "@playwright/test";
import { expectAccessible } from "./axe.ts";
import { beginRun, finishRun, inCatalog } from "./catalog.ts";
import { aBackupOf, emptyCatalog } from "./sample_history.ts";
import { expect, FAILED_REQUEST, openAs, stack, test } from "./test.ts";

const dialog = (page: Page) => page.getByRole("dialog");

test.beforeEach(emptyCatalog);
test.afterAll(emptyCatalog);

/** A simulation of restoring the key, of an archive without privileges, into production that has just ended. */
async function simulate(key: string, privilegesFrom: string | null = null): Promise<void> {
  const id = await beginRun({ kind: "plan", target: "prod", r2_key: key });
  const listed = { total: 0, listed: [] };
  const plan = {
    ...{ target: "prod", differences: listed, onlyInTarget: listed, extensions: [], missingRoles: [] },
    ...{ stays: listed, keepsTargetPrivileges: true, sessions: listed, obstacles: [] },
    access: {
      from: privilegesFrom,
      roles: [{ role: "anon", open: 0 }, { role: "authenticated", open: 1 }],
      open: { total: 1, listed: [{ kind: "table", name: "public.clientes", roles: ["authenticated"] }] },
      closed: { total: 1, listed: [{ kind: "function", name: "public.fechar()" }] },
    },
    backup: {
      ...{ key, createdAt: "2026-01-15T03:10:22Z", mode: "full", bytes: 1000, serverVersion: "17.6" },
      ...{ proofs: "complete", unknown: [], reading: "equal" },
    },
    account: { email: stack.admin.email, createdAt: "2025-01-01T00:00:00Z" },
    server: { version: "17.6", databaseBytes: 1000 },
    tables: { total: 0, different: 0, backupRows: 0, targetRows: 0, listed: [] },
    duration: { seconds: null, measured: 0, locked: { seconds: 7, measured: 3 } },
  };
  await finishRun(id, { status: "succeeded", result: { plan } });
}

/** On a low screen at most so much of its height is the dialog's header and footer. */
async function expectSmallFrame(page: Page): Promise<void> {
  const before = page.viewportSize() ?? { width: 1280, height: 720 };
  for (const [width, height, share] of [[360, 640, 0.3], [1366, 600, 0.18]] as const) {
    await page.setViewportSize({ width, height });
    const parts = [dialog(page).locator("header"), dialog(page).locator("footer")];
    const heights = await Promise.all(
      parts.map(async (part) => (await part.boundingBox())?.height ?? height),
    );
    expect(heights.reduce((sum, each) => sum + each, 0) / height).toBeLessThan(share);
    await expect(dialog(page).getByRole("button", { name: "Voltar" })).toBeInViewport({ ratio: 1 });
  }
  await page.setViewportSize(before);
}

test("a copy of dev does not lie above production's backups", async ({ page }) => {
  await aBackupOf("prod", 20);
  await aBackupOf("dev", 1);
  await openAs(page, stack.admin);
  const rows = page.getByRole("table").getByRole("row");
  await expect(rows).toHaveCount(2);
  await expect(rows.nth(1)).toContainText("Produção");
  await page.getByLabel("Banco", { exact: true }).selectOption("Todos");
  await expect(page).toHaveURL(/alvo=todos/);
  await expect(rows).toHaveCount(3);
  await expect(rows.nth(1)).toContainText("Desenvolvimento");
});

test("into production it is marked in red, and needs its name beside the confirmation", async ({ page, allowConsole }) => {
  allowConsole(FAILED_REQUEST);
  const key = await aBackupOf("dev", 1);
  await simulate(key);
  await openAs(page, stack.admin, "/desenvolvedor/backups?alvo=todos");
  await page.getByRole("button", { name: /^Restaurar…/ }).first().click();
  await expect(dialog(page).getByText(/não é da produção/)).toBeHidden();
  await dialog(page).getByRole("radio", { name: /Produção/ }).check();
  await expect(dialog(page).getByRole("alert")).toContainText(
    "Este backup não é da produção: é de Desenvolvimento.",
  );
  await expectAccessible(page, "foreign source");
  await dialog(page).getByRole("button", { name: "Continuar" }).click();
  await expect(dialog(page).getByText(/as contas, senhas e permissões passam a ser as de dev/)).toBeVisible();
  await expect(dialog(page).getByText("lido até o fim, igual ao manifesto")).toBeVisible();
  await expect(
    dialog(page).getByText("cerca de 7 s, só enquanto troca e confere (o mais longo de 3 restaurações)"),
  )
    .toBeVisible();
  await expect(dialog(page).getByText(/as do destino.*Objetos abertos: anon 0, authenticated 1/))
    .toBeVisible();
  await expect(dialog(page).getByText("função public.fechar()")).toBeVisible();
  await dialog(page).getByRole("button", { name: "Continuar" }).click();
  await expect(dialog(page).getByText(/Bloqueio do banco: cerca de 7\s?s\./)).toBeVisible();
  await dialog(page).getByLabel("Digite RESTORE_PROD para confirmar").fill("RESTORE_PROD");
  await dialog(page).getByLabel("Motivo").fill("teste da tela");
  const submit = dialog(page).getByRole("button", { name: "Restaurar em Produção" });
  await expect(submit).toBeDisabled();
  await expect(dialog(page).getByText("Falta digitar dev.")).toBeVisible();
  const asked = page.waitForRequest((request) => request.postDataJSON()?.action === "restore");
  await page.route("**/functions/v1/ops-backups", (route) => route.abort());
  await dialog(page).getByLabel(/^Digite dev para confirmar/).fill("dev");
  await submit.click();
  expect((await asked).postDataJSON()).toMatchObject({ confirm: "RESTORE_PROD", confirm_source: "dev" });
});

test("of production it says until when an account must exist to sign in again", async ({ page }) => {
  const key = await aBackupOf("prod", 1);
  await simulate(key);
  await openAs(page, stack.admin);
  await page.getByRole("button", { name: /^Restaurar…/ }).first().click();
  await dialog(page).getByRole("radio", { name: /Produção/ }).check();
  await dialog(page).getByRole("button", { name: "Continuar" }).click();
  await expect(dialog(page).getByText(/^Você continuará entrando, com a senha que valia em 15\/01\/2026/))
    .toBeVisible();
  await inCatalog((sql) =>
    sql`update public.ops_db_backup_runs set result = jsonb_set(result, '{plan,account,createdAt}', '"2026-02-01T00:00:00Z"')
         where kind = 'plan'`
  );
  await page.reload();
  await page.getByRole("button", { name: /^Restaurar…/ }).first().click();
  await dialog(page).getByRole("radio", { name: /Produção/ }).check();
  await dialog(page).getByRole("button", { name: "Continuar" }).click();
  await expect(dialog(page).getByText(/^Você não conseguirá mais entrar/)).toBeVisible();
});

test("one without privileges may copy those of another backup, and is simulated with them first", async ({ page, allowConsole }) => {
  allowConsole(FAILED_REQUEST);
  const source = await aBackupOf("prod", 3);
  const key = await aBackupOf("prod", 1);
  await inCatalog((sql) => sql`update public.ops_db_backups set tables_total = 9 where r2_key = ${source}`);
  await simulate(key);
  await openAs(page, stack.admin);
  await page.getByRole("button", { name: /^Restaurar…/ }).first().click();
  await dialog(page).getByRole("radio", { name: /Produção/ }).check();
  await dialog(page).getByRole("button", { name: "Continuar" }).click();
  const field = dialog(page).getByLabel("Copiar permissões de outro backup");
  await expect(field.getByRole("option")).toHaveText(["Não copiar", /^Do backup de /]);
  const next = dialog(page).getByRole("button", { name: "Continuar" });
  await expect(next).toBeEnabled();
  await field.selectOption(source);
  await expect(next).toBeDisabled();
  await expect(dialog(page).getByText("Simule de novo: as permissões escolhidas mudam o resultado."))
    .toBeVisible();
  await expectAccessible(page, "privileges of another backup");
  await expectSmallFrame(page);
  await page.route("**/functions/v1/ops-backups", (route) => route.abort());
  const planned = page.waitForRequest((request) => request.postDataJSON()?.action === "plan");
  await dialog(page).getByRole("button", { name: "Simular de novo" }).click();
  expect((await planned).postDataJSON()).toMatchObject({ r2_key: key, privileges_from: source });
  await simulate(key, source);
  await page.reload();
  await page.getByRole("button", { name: /^Restaurar…/ }).first().click();
  await dialog(page).getByRole("radio", { name: /Produção/ }).check();
  await dialog(page).getByRole("button", { name: "Continuar" }).click();
  await expect(field).toHaveValue(source);
  await next.click();
  await expect(dialog(page).getByText(`Permissões copiadas do backup ${source}.`)).toBeVisible();
  await dialog(page).getByLabel("Digite RESTORE_PROD para confirmar").fill("RESTORE_PROD");
  await dialog(page).getByLabel("Motivo").fill("teste da tela");
  const asked = page.waitForRequest((request) => request.postDataJSON()?.action === "restore");
  await dialog(page).getByRole("button", { name: "Restaurar em Produção" }).click();
  expect((await asked).postDataJSON()).toMatchObject({ r2_key: key, privileges_from: source });
});
