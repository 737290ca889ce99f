import type { Page } from "@playwright/test";
import { expectAccessible } from "./axe.ts";
import { whileCatalogWaits } from "./catalog.ts";
import { without } from "./stack.ts";
import { storedSession } from "../../scripts/dev/seed/session.ts";
import {
  corrupted,
  ensureBackup,
  expect,
  FAILED_REQUEST,
  openAs,
  openWith,
  pressOn,
  signedIn,
  stack,
  test,
} from "./test.ts";

const EMPTY = "Nenhum backup ainda.";

const history = (page: Page) => page.getByRole("region", { name: "Histórico" });

test("a failed read of the history shows an error with retry, and data read before stays with its age", async ({ page, allowConsole }) => {
  test.setTimeout(180_000);
  allowConsole(FAILED_REQUEST);
  await openAs(page, stack.admin);
  await ensureBackup(page);
  const panel = history(page).getByRole("alert");
  await without(stack, "supabase", async () => {
    await page.getByLabel("Banco", { exact: true }).selectOption("dev");
    await expect(panel).toContainText("Não foi possível carregar o histórico.", { timeout: 20_000 });
    await expect(panel).toContainText("Sem resposta do servidor: ele pode estar fora do ar.");
    await expect(page.getByText(EMPTY)).toBeHidden();
    await expectAccessible(page, "no history");
    await page.getByLabel("Banco", { exact: true }).selectOption("prod");
    await expect(history(page).getByText(/^Dados de .*; a atualização falhou\.$/)).toBeVisible({
      timeout: 20_000,
    });
    await expect(history(page).getByRole("button", { name: /^Restaurar…/ }).first()).toBeVisible();
  });
  await history(page).getByRole("button", { name: "Tentar de novo" }).click();
  await expect(history(page).getByText(/a atualização falhou/)).toBeHidden();
});

test("active runs that could not be read are reported, also when the code of their panel arrives after the failure", async ({ page, allowConsole }) => {
  allowConsole(FAILED_REQUEST);
  const failed = page.waitForEvent(
    "requestfailed",
    (request) => /ops_db_backup_runs_list/.test(request.url()),
  );
  await page.route(/rpc\/ops_db_backup(?!_permissions|_runs_list)/, () => {});
  await page.route(/ops_db_backup_runs_list/, async (route) => {
    await expect(history(page)).toBeVisible();
    await route.abort();
  });
  await page.route(/assets\/runs-/, async (route) => {
    await failed;
    await page.evaluate(() => new Promise((rendered) => setTimeout(rendered, 200)));
    await route.continue();
  });
  await openAs(page, stack.admin);
  await expect(page.getByText("Não foi possível saber se há execuções em andamento.")).toBeVisible();
});

test("a history that was read stays where the other reads fail", async ({ page, allowConsole }) => {
  allowConsole(FAILED_REQUEST);
  await openAs(page, stack.admin);
  await ensureBackup(page);
  await page.route(/ops_db_backup_(runs_list|overview)/, async (route) => {
    // the history reads the attempts that failed, of one kind
    const isOfHistory = route.request().postData()?.includes("p_kind") ?? false;
    await (isOfHistory ? route.continue() : route.abort());
  });
  await page.reload();
  await expect(page.getByText("Não foi possível saber quando foi o último backup.")).toBeVisible();
  await expect(history(page).getByRole("button", { name: /^Restaurar…/ }).first()).toBeVisible();
});

test("a part whose code a deployment has removed leaves the rest of the page", async ({ page, allowConsole }) => {
  allowConsole(/Failed to load|Failed to fetch/);
  await page.route(/assets\/(details_sheet|health_sheet)-/, (route) => route.abort());
  await openAs(page, stack.admin);
  await ensureBackup(page);
  await history(page).getByRole("button", { name: /^Detalhes/ }).first().click();
  const notice = page.getByRole("alert").filter({ hasText: "Não foi possível mostrar esta parte da tela." });
  await expect(notice).toBeVisible();
  await expect(history(page).getByRole("button", { name: /^Restaurar…/ }).first()).toBeVisible();
  await expectAccessible(page, "a part that failed");
  await page.getByRole("button", { name: /^Vigia/ }).click();
  await expect(notice).toHaveCount(2);
  await page.unrouteAll();
  await notice.first().getByRole("button", { name: "Recarregar a página" }).click();
  await expect(page.getByRole("dialog").getByRole("heading", { name: /^Backup: Produção/ })).toBeVisible();
});

test("while the catalog is slow nothing is stated, and nothing flickers", async ({ page }) => {
  await openAs(page, stack.admin);
  // when the region is first rendered empty, and when it first has text
  await page.addInitScript(() => {
    const note = (name: string, selector: string) => {
      const { dataset } = document.documentElement;
      if (document.querySelector(selector)) dataset[name] ??= String(performance.now());
    };
    new MutationObserver(() => {
      note("empty", '[aria-busy="true"]:not([role])');
      note("said", '[role="status"][aria-busy="true"]');
    }).observe(document, { childList: true, subtree: true });
  });
  await whileCatalogWaits(async () => {
    await page.reload();
    await expect(page.getByText("Carregando o histórico")).toBeAttached();
    await expect(page.getByText(EMPTY)).toBeHidden();
    await expect(page.getByText(/Não há backup completo/)).toBeHidden();
    await expectAccessible(page, "slow catalog");
  });
  await expect(page.getByText("Carregando o histórico")).not.toBeAttached();
  const at = async (name: string) => Number(await page.locator("html").getAttribute(`data-${name}`));
  expect(await at("said") - await at("empty")).toBeGreaterThanOrEqual(390);
});

test("a server that accepts requests without responding is reported after 20 s", async ({ page }) => {
  await page.clock.install();
  await openAs(page, stack.admin);
  await page.route("**/rest/v1/rpc/ops_db_backup*_list", () => {});
  await page.reload();
  await expect(page.getByText("Carregando o histórico")).toBeAttached();
  const alert = history(page).getByRole("alert");
  await page.clock.fastForward(15_000);
  await expect(page.getByText("Carregando o histórico")).toBeAttached();
  await page.clock.fastForward(5_000);
  await expect(alert).toContainText(/O servidor não respondeu em 20\ss\./);
  await expect(page.getByText(EMPTY)).toBeHidden();
  await expect(page.getByText("antes do primeiro backup")).toHaveCount(0);
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await history(page).getByRole("button", { name: "Tentar de novo" }).click();
  await expect(alert).not.toBeAttached();
  await expect(history(page).getByRole("table")).toBeVisible();
});

test("an unreachable function is reported, and a repetition sends the same request", async ({ page, allowConsole }) => {
  test.setTimeout(180_000);
  allowConsole(FAILED_REQUEST);
  allowConsole(/blocked by CORS policy/);
  await openAs(page, stack.admin);
  const ids: unknown[] = [];
  await page.route("**/functions/v1/ops-backups", (route) => {
    const id: unknown = route.request().method() === "POST" && route.request().postDataJSON()?.request_id;
    if (id) ids.push(id);
    return route.continue();
  });
  await without(stack, "function", async () => {
    await pressOn(page, page.getByRole("button", { name: "Backup agora" }));
    const submit = page.getByRole("button", { name: "Fazer backup da produção" });
    for (let attempt = 1; attempt <= 2; attempt++) {
      await pressOn(page, submit);
      await expect(page.getByText("Repetir é seguro")).toBeVisible();
      await expect(page.getByRole("alert")).toContainText("O pedido não foi aceito.");
      await expect.poll(() => ids.length).toBe(attempt);
    }
    expect(ids[0]).toBe(ids[1]);
    await expectAccessible(page, "function down");
    await page.getByLabel("Etiqueta").fill("outro-pedido");
    await submit.click();
    await expect.poll(() => ids.length).toBe(3);
    expect(ids[2]).not.toBe(ids[0]);
  });
});

test("a session that ends while the page is open leads to the sign-in and back", async ({ page, allowConsole }) => {
  allowConsole(FAILED_REQUEST);
  const session = await signedIn(stack.admin);
  await openWith(page, session, "/desenvolvedor/backups?alvo=dev");
  await page.getByRole("button", { name: "Backup agora" }).click();
  const submit = page.getByRole("button", { name: "Fazer backup da produção" });
  await expect(submit).toBeEnabled();
  // at once: another request of the page would find the expired session first
  const ended = storedSession({ ...session, access_token: corrupted(session.access_token) });
  await submit.evaluate((button: HTMLButtonElement, { name, value }) => {
    localStorage.setItem(name, value);
    button.click();
  }, ended);
  await expect(page.getByText("Sua sessão terminou. Entre novamente para continuar.")).toBeVisible();
  await page.getByLabel("E-mail").fill(stack.admin.email);
  await page.getByLabel("Senha").fill(stack.admin.password);
  await page.getByRole("button", { name: "Entrar" }).click();
  await expect(page).toHaveURL(/\?alvo=dev$/);
  await expect(page.getByRole("dialog")).toBeHidden();
});
