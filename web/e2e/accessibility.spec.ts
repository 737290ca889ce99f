import type { Page } from "@playwright/test";
import { PLAN_VALID_MS } from "@backup/service_levels.ts";
import { aPlan } from "../src/features/backups/model/test_rows.ts";
import { expectAccessible } from "./axe.ts";
import { ageRun, beginRun, finishRun, inCatalog, newestKey, reportProgress } from "./catalog.ts";
import { ensureBackup, expect, FAILED_REQUEST, openAs, stack, test } from "./test.ts";

const dialog = (page: Page) => page.getByRole("dialog");
const continueWith = (page: Page, name: string) =>
  dialog(page).getByRole("button", { name, exact: true }).click();

/** Buttons of the history that overflow their panel; fails when there are no buttons. */
async function countCutOff(page: Page): Promise<number> {
  return await page.getByRole("button", { name: /^Restaurar…/ }).evaluateAll((buttons) => {
    const cut = buttons.filter((button) => {
      const panel = button.closest("section")?.getBoundingClientRect();
      return panel === undefined || button.getBoundingClientRect().right > panel.right;
    });
    return buttons.length === 0 ? Infinity : cut.length;
  });
}

/** A simulation of restoring the newest backup into verify, with every kind of finding. */
async function simulateIntoVerify(): Promise<void> {
  const id = await beginRun({ kind: "plan", target: "verify", r2_key: await newestKey() });
  const plan = aPlan({
    target: "verify",
    tables: {
      total: 40,
      different: 12,
      backupRows: 900,
      targetRows: 1000,
      listed: Array.from({ length: 12 }, (_, index) => ({
        table: `public.tabela_de_nome_bem_comprido_${index}`,
        backup: 70,
        target: 70 + index * 1000,
        difference: -index * 1000,
      })),
    },
    differences: { total: 300, listed: ["index public.clientes.clientes_email_key is missing"] },
    onlyInTarget: { total: 1, listed: [{ kind: "table", name: "public.extra", fate: "moved_aside" }] },
    extensions: [{ name: "unaccent", backup: "1.1", target: null, available: true }],
    missingRoles: ["relatorios"],
    sessions: {
      total: 1,
      listed: [{ pid: 4711, user: "app", application: "erp", since: null, tables: ["public.pedidos"] }],
    },
    duration: { seconds: 540, measured: 5 },
    obstacles: [{ kind: "extension_unavailable", name: "pg_cron" }],
  });
  await finishRun(id, { status: "succeeded", result: { plan } });
}

test("signing in and requesting a backup pass WCAG 2.2 AA", async ({ page }) => {
  test.setTimeout(240_000);
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Entrar" })).toBeVisible();
  await expectAccessible(page, "sign-in");
  await page.setViewportSize({ width: 1440, height: 900 });
  await openAs(page, stack.admin);
  await ensureBackup(page);

  await page.getByRole("button", { name: "Backup agora" }).click();
  await page.getByLabel("Etiqueta").fill("não");
  await expectAccessible(page, "backup dialog");
});

test("each step of a restore passes WCAG 2.2 AA", async ({ page }) => {
  test.setTimeout(240_000);
  await openAs(page, stack.admin);
  await ensureBackup(page);
  await simulateIntoVerify();
  await page.getByRole("button", { name: /^Restaurar…/ }).first().click();
  await expect(dialog(page)).toBeVisible();
  await expectAccessible(page, "restore: the target");
  await dialog(page).getByRole("radio", { name: /Verificação/ }).check();
  await continueWith(page, "Continuar");
  await expect(dialog(page).getByText("A restauração pararia sem alterar nada.")).toBeVisible();
  await dialog(page).locator("details").evaluateAll((all) =>
    all.forEach((each) => each.setAttribute("open", ""))
  );
  await expectAccessible(page, "restore: what the simulation found");

  await continueWith(page, "Voltar");
  await dialog(page).getByRole("radio", { name: /Desenvolvimento/ }).check();
  await continueWith(page, "Continuar");
  await continueWith(page, "Continuar sem simular");
  await expectAccessible(page, "restore: confirming");
  await page.keyboard.press("Escape");

  await inCatalog((sql) =>
    sql`update public.ops_db_backup_runs set finished_at = finished_at - make_interval(secs => ${
      PLAN_VALID_MS / 1000
    })
         where kind = 'plan' and target = 'verify'`
  );
  await page.reload();
  await page.getByRole("button", { name: /^Restaurar…/ }).first().click();
  await dialog(page).getByRole("radio", { name: /Verificação/ }).check();
  await continueWith(page, "Continuar");
  await expect(dialog(page).getByText(/^A última simulação é de/)).toBeVisible();
  await expectAccessible(page, "restore: an old simulation");
});

test("active, failed and lost runs pass WCAG 2.2 AA", async ({ page }) => {
  test.setTimeout(240_000);
  const failed = await beginRun();
  await finishRun(failed, { status: "failed", error_code: "drill_failed", error_message: "planted row" });
  const lost = await beginRun();
  const silent = await beginRun();
  await reportProgress(silent, { phase: "download", bytes_done: 1_000_000, bytes_expected: 3_000_000 });
  await ageRun(silent, 2);
  await openAs(page, stack.admin);
  await ageRun(lost, 11);
  await expect(page.getByText(/A execução parou de dar notícias/).first()).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText(/A execução não dá sinal há/)).toBeVisible();
  await expectAccessible(page, "runs", "section:has(article)");
  await page.getByRole("button", { name: /^Cancelar…/ }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await expectAccessible(page, "cancelling");
});

test("nothing is cut off at any width", async ({ page }) => {
  test.setTimeout(180_000);
  await openAs(page, stack.admin);
  await ensureBackup(page);
  for (const width of [320, 360, 640, 768, 1024, 1119, 1120, 1280, 1399, 1400, 1440, 1920]) {
    await page.setViewportSize({ width, height: 800 });
    // the table is replaced by cards shortly after the resize
    await expect.poll(() => countCutOff(page), { message: `at ${width} px` }).toBe(0);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow, `at ${width} px`).toBeLessThanOrEqual(0);
  }
});

for (const user of ["viewer", "stranger"] as const) {
  test(`the ${user}'s view passes WCAG 2.2 AA`, async ({ page, allowConsole }) => {
    if (user === "stranger") allowConsole(FAILED_REQUEST); // the server refuses the history
    await openAs(page, stack[user]);
    await expectAccessible(page, user);
  });
}
