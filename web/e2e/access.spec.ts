import type { Page } from "@playwright/test";
import {
  corrupted,
  ensureBackup,
  expect,
  FAILED_REQUEST,
  openWith,
  signedIn,
  signIn,
  stack,
  test,
} from "./test.ts";

test("a wrong password shows an error message", async ({ page, allowConsole }) => {
  allowConsole(FAILED_REQUEST);
  await page.goto("/");
  await page.getByLabel("E-mail").fill(stack.admin.email);
  await page.getByLabel("Senha").fill("nao-e-esta");
  await page.getByRole("button", { name: "Entrar" }).click();
  await expect(page.getByRole("alert")).toHaveText("E-mail ou senha incorretos.");
});

test("signing in returns to the requested page; signing out returns to the sign-in", async ({ page }) => {
  await signIn(page, stack.admin, "/desenvolvedor/backups?alvo=dev");
  await expect(page).toHaveURL(/\?alvo=dev$/);
  await expect(page.getByLabel("Banco", { exact: true })).toHaveValue("dev");
  await page.getByRole("button", { name: "Sair" }).click();
  await expect(page.getByRole("heading", { name: "Entrar" })).toBeVisible();
  await expect(page.getByText("Sua sessão terminou")).toBeHidden();
});

test("a session that the server rejects leads to the sign-in, with the reason", async ({ page, allowConsole }) => {
  allowConsole(FAILED_REQUEST);
  const session = await signedIn(stack.admin);
  await openWith(page, { ...session, access_token: corrupted(session.access_token) });
  await expectReason(page);
});

test("an expired session that cannot be renewed leads to the sign-in, with the reason", async ({ page, allowConsole }) => {
  allowConsole(FAILED_REQUEST);
  const session = await signedIn(stack.admin);
  await openWith(page, { ...session, refresh_token: corrupted(session.refresh_token), expires_at: 1 });
  await expectReason(page);
});

/** The reason is still shown after a reload. */
async function expectReason(page: Page): Promise<void> {
  const reason = page.getByText("Sua sessão terminou. Entre novamente para continuar.");
  await expect(reason).toBeVisible();
  await page.reload();
  await expect(reason).toBeVisible();
}

test("with ops:view alone every action is disabled, with the reason", async ({ page, browser }) => {
  test.setTimeout(180_000);
  const adminPage = await browser.newPage();
  await signIn(adminPage, stack.admin);
  await ensureBackup(adminPage);
  await adminPage.close();

  await signIn(page, stack.viewer);
  await expect(page.getByText(/falta a permissão ops:manage/)).toBeVisible();
  await expect(page.getByRole("button", { name: "Backup agora" })).toBeDisabled();
  const restores = page.getByRole("button", { name: /^Restaurar…/ });
  await expect(restores.first()).toBeVisible();
  for (const restore of await restores.all()) await expect(restore).toBeDisabled();
});

test("without ops:view a message names the missing permission and who grants it", async ({ page, allowConsole }) => {
  allowConsole(FAILED_REQUEST); // the server refuses the history
  const calls: string[] = [];
  page.on("request", (request) => void calls.push(request.url()));
  await signIn(page, stack.stranger);
  await expect(page.getByRole("heading", { name: "Você não tem acesso aos backups" })).toBeVisible();
  await expect(page.getByText(/Peça a um administrador/)).toBeVisible();
  await expect(page.getByRole("button", { name: "Backup agora" })).toHaveCount(0);
  expect(calls.filter((url) => url.includes("/functions/")), "the function would record a refusal").toEqual(
    [],
  );
});
