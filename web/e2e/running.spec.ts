import type { Page } from "@playwright/test";
import { expectAccessible } from "./axe.ts";
import { ageRun, beginRun, finishRun, inCatalog, reportProgress } from "./catalog.ts";
import { aBackupOf } from "./sample_history.ts";
import { expect, FAILED_REQUEST, openAs, stack, test } from "./test.ts";

const TITLE = "Ensaio de restauração da verificação";
const RUNS_LIST = /rpc\/ops_db_backup_runs_list/;
/** In which a request that was sent ends, or fails: it takes real time. */
const REQUEST_MS = 50;

const running = (page: Page) => page.getByRole("region", { name: "Em andamento" }).getByRole("article");
const ended = (page: Page) =>
  page.getByRole("region", { name: "Acabou de terminar" }).getByRole("article", { name: TITLE });

/** The number of requests for the runs while the page's clock, which is installed, runs so many seconds. */
async function countReads(page: Page, seconds: number): Promise<number> {
  let count = 0;
  const onRequest = (request: { url(): string }) => void (RUNS_LIST.test(request.url()) && count++);
  page.on("request", onRequest);
  for (let second = 0; second < seconds; second++) {
    await page.clock.runFor(1000);
    await page.waitForTimeout(REQUEST_MS);
  }
  page.off("request", onRequest);
  return count;
}

/** Headless Chromium never hides a tab, so the state is set. */
async function setVisibility(page: Page, state: "visible" | "hidden"): Promise<void> {
  await page.evaluate((value) => {
    Object.defineProperty(document, "visibilityState", { value, configurable: true });
    Object.defineProperty(document, "hidden", { value: value === "hidden", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state);
}

test("a run shows phase, bytes and percentage, after a reload and in a second tab too", async ({ page, context }) => {
  const id = await beginRun();
  await reportProgress(id, { phase: "download", bytes_done: 3_000_000, bytes_expected: 12_000_000 });
  await page.clock.install();
  await openAs(page, stack.admin);
  const expectShown = async (tab: Page) => {
    await expect(running(tab)).toContainText(TITLE);
    await expect(running(tab)).toContainText("Baixando e conferindo o backup");
    await expect(running(tab)).toContainText(/3\sMB de cerca de 12\sMB \(25%\)/);
    await expect(running(tab).getByRole("progressbar")).toHaveAttribute("aria-valuenow", "25");
    await expect(running(tab).getByRole("link", { name: /Execução no GitHub/ })).toHaveAttribute(
      "href",
      `${stack.screen}/run/1`,
    );
  };
  await expectShown(page);
  await page.reload();
  await expectShown(page);
  const second = await context.newPage();
  await second.goto("/");
  await expectShown(second);

  await expect(page).toHaveTitle(/^25% Ensaio de restauração da verificação · Backups/);
  await reportProgress(id, { phase: "assert", bytes_done: null });
  await expect(running(page).getByRole("list", { name: /^Etapas feitas/ })).toContainText(
    "Backup baixado e conferido",
  );
  for (const tab of [page, second]) await expect(running(tab)).toContainText("Rodando as verificações");
  await finishRun(id);
  for (const tab of [page, second]) await expect(ended(tab)).toContainText("Concluído");
  await expect(page).toHaveTitle(/^Concluído: Ensaio/);
  await ended(page).getByRole("button", { name: /^Dispensar/ }).click();
  await expect(page).toHaveTitle("Backups · Revo ERP");
  await expect.poll(() => countReads(page, 3), {
    message: "no polling without active runs",
    timeout: 20_000,
  })
    .toBe(0);
});

test("a run shows its estimated end by runs of its size, and that it is slower than usual", async ({ page }) => {
  const key = await aBackupOf("prod", 1);
  for (const seconds of [60, 61, 62]) {
    const id = await beginRun({ kind: "plan", r2_key: key });
    await finishRun(id);
    await inCatalog((sql) =>
      sql`update public.ops_db_backup_runs set started_at = finished_at - make_interval(secs => ${seconds})
           where request_id = ${id}`
    );
  }
  const id = await beginRun({ kind: "plan", r2_key: key });
  await openAs(page, stack.admin);
  await expect(running(page)).toContainText(/termina em cerca de \d+\ss/);
  await inCatalog((sql) =>
    sql`update public.ops_db_backup_runs set started_at = started_at - interval '3 minutes' where request_id = ${id}`
  );
  await expect(running(page)).toContainText(/Mais lento que o normal: 9 de 10 terminam em até 1\smin/);
  await finishRun(id);
  await inCatalog((sql) => sql`delete from public.ops_db_backups where r2_key = ${key}`);
});

test("a run without progress reports is shown as silent, then as lost, with the cause", async ({ page }) => {
  const id = await beginRun();
  await reportProgress(id, { phase: "server" });
  await ageRun(id, 9);
  await openAs(page, stack.admin);
  await expect(running(page)).toContainText(/A execução não dá sinal há 9\smin/);
  await ageRun(id, 2);
  await expect(ended(page)).toContainText("Perdido", { timeout: 20_000 });
  await expect(ended(page)).toContainText("A execução parou de dar notícias");
});

test("a run with a permanent result cannot be cancelled, and the reason is shown", async ({ page }) => {
  const prune = await beginRun({ kind: "prune" });
  const byHand = await beginRun({ github_run_id: null, run_url: null });
  await openAs(page, stack.admin);
  await expect(running(page).filter({ hasText: "Limpeza do cofre" })).toContainText(
    "Não dá para cancelar: o que já foi apagado não volta.",
  );
  await expect(running(page).filter({ hasText: TITLE })).toContainText(
    "Não dá para cancelar daqui: esta execução não roda no GitHub.",
  );
  await expect(page.getByRole("button", { name: /^Cancelar…/ })).toHaveCount(0);
  for (const id of [prune, byHand]) await finishRun(id);
});

test("a hidden tab does not poll; an offline tab polls less often, shows a warning, and catches up", async ({ page, context, allowConsole }) => {
  allowConsole(FAILED_REQUEST);
  const id = await beginRun();
  await page.clock.install();
  await openAs(page, stack.admin);
  await expect(running(page)).toBeVisible();
  await setVisibility(page, "hidden");
  await page.waitForTimeout(500);
  expect(await countReads(page, 5)).toBe(0);
  await setVisibility(page, "visible");

  await context.setOffline(true);
  expect(await countReads(page, 16), "2, 4 and 8 s apart").toBeLessThanOrEqual(4);
  await expect(page.getByText(/^Sem notícias há .*: o que está abaixo pode ter mudado\.$/)).toBeVisible();
  await expect(running(page)).toBeVisible();
  await expectAccessible(page, "offline", "section:has(article)");
  await finishRun(id);
  await context.setOffline(false);
  await expect(ended(page)).toContainText("Concluído", { timeout: 5000 });
});

test("a hidden tab notifies of the end of a run where the user has allowed it", async ({ page }) => {
  await page.addInitScript(() => {
    const sent: string[] = [];
    // the headless shell shows none, whatever the user has allowed
    globalThis.Notification = class extends Notification {
      static override readonly permission = "granted";
      constructor(title: string) {
        super(title);
        sent.push(title);
      }
    };
    Object.assign(globalThis, { sent });
  });
  const id = await beginRun();
  await openAs(page, stack.admin);
  await expect(running(page)).toBeVisible();
  await setVisibility(page, "hidden");
  await finishRun(id);
  await expect.poll(() => page.evaluate(() => Reflect.get(globalThis, "sent")), { timeout: 20_000 })
    .toEqual(["O ensaio de restauração da verificação foi concluído"]);
});

test("a user with ops:view alone sees the same run and cannot cancel it", async ({ page }) => {
  const id = await beginRun();
  await openAs(page, stack.viewer);
  await expect(running(page)).toContainText(TITLE);
  const cancel = running(page).getByRole("button", { name: /^Cancelar…/ });
  await expect(cancel).toBeDisabled();
  await expect(cancel).toHaveAttribute("title", /ops:manage/);
  await finishRun(id);
});
