/** A run is followed and cancelled at GitHub while the catalog does not answer, and its end is in the history after. */
import type { Page } from "@playwright/test";
import { SETTLE_AFTER_SILENCE_MS } from "@backup/service_levels.ts";
import { expectAccessible } from "./axe.ts";
import { inCatalog, inDatabase, newestRun, whileCatalogWaits } from "./catalog.ts";
import { aBackupOf } from "./sample_history.ts";
import { ensureBackup, expect, FAILED_REQUEST, openAs, stack, test } from "./test.ts";

const TITLE = "Restauração em Desenvolvimento";
/** The screen waits so long for the catalog. */
const READ_LIMIT_MS = 20_000;
/** The function waits 10 s, of real time. */
const AFTER_LIMITS = { timeout: 60_000 };

const running = (page: Page) =>
  page.getByRole("region", { name: "Em andamento" }).getByRole("article", { name: TITLE });
const steps = (page: Page) => page.getByRole("list", { name: "Etapas no GitHub" }).getByRole("listitem");

async function requestRestore(page: Page): Promise<void> {
  const dialog = page.getByRole("dialog");
  await page.getByRole("button", { name: /^Restaurar…/ }).first().click();
  await dialog.getByRole("button", { name: "Continuar" }).click();
  await dialog.getByRole("button", { name: "Continuar" }).click();
  await dialog.getByRole("button", { name: "Restaurar em Desenvolvimento" }).click();
  await expect(dialog).toBeHidden();
}

test("a restore is followed by GitHub's steps and cancelled there while the catalog does not answer", async ({ page, allowConsole }) => {
  test.setTimeout(300_000);
  allowConsole(FAILED_REQUEST);
  await page.clock.install();
  await openAs(page, stack.admin);
  await ensureBackup(page);
  await inDatabase(stack.devDatabase, async (sql) => {
    await sql`create table if not exists public.ocupada_no_teste (id int)`;
    await sql.begin(async (transaction) => {
      // a reader of dev, for whose end the restore waits
      await transaction.unsafe("lock table public.ocupada_no_teste in access share mode");
      await requestRestore(page);
      // before, it needs the catalog to record the safety copy
      await expect(running(page)).toContainText("Bloqueando o banco de destino", AFTER_LIMITS);
      await whileCatalogWaits(() => followAndCancel(page));
    });
    await sql`drop table if exists public.ocupada_no_teste`;
  });
  await page.reload();
  await expect(async () => {
    await beSilent(); // again: a report that waited for the lock may have come after
    // the restore may have given up waiting before the cancellation
    await expect(page.getByRole("article", { name: TITLE }).first()).toContainText(/Cancelada|Falhou/, {
      timeout: 15_000,
    });
  }).toPass(AFTER_LIMITS);
});

test("a run that failed shows the end of its log at GitHub to those who may act", async ({ page, allowConsole }) => {
  allowConsole(FAILED_REQUEST);
  const key = await aBackupOf("prod", -1); // the newest, and not in the vault
  try {
    await openAs(page, stack.admin);
    await requestRestore(page);
    const ended = page.getByRole("region", { name: "Acabou de terminar" })
      .getByRole("article", { name: TITLE }).filter({ hasText: "Falhou" }).first();
    await expect(ended).toBeVisible(AFTER_LIMITS);
    await expect(async () => {
      // GitHub has the log when the job has ended, a moment after the row
      const retry = ended.getByRole("button", { name: "Tentar de novo" });
      await (await retry.isVisible() ? retry : ended.getByRole("button", { name: /^Ver o fim do log/ }))
        .click();
      await expect(ended.getByRole("figure")).toContainText("Process completed with exit code 1.");
    }).toPass(AFTER_LIMITS);
    await expect(ended.getByRole("figure")).toContainText("O fim de “Restaurar” no log do GitHub");
    await expectAccessible(page, "the end of a log");
    await openAs(page, stack.viewer);
    await expect(page.getByRole("button", { name: /^Ver o fim do log/ }).first()).toBeDisabled();
  } finally {
    await inCatalog((sql) => sql`delete from public.ops_db_backups where r2_key = ${key}`);
  }
});

/** The script could not write its end: the silence passes after which the function takes GitHub's word for it. */
async function beSilent(): Promise<void> {
  const { request_id } = await newestRun("restore");
  await inCatalog((sql) =>
    sql`update public.ops_db_backup_runs
           set heartbeat_at = heartbeat_at - make_interval(secs => ${SETTLE_AFTER_SILENCE_MS / 1000})
         where request_id = ${request_id}`
  );
}

async function followAndCancel(page: Page): Promise<void> {
  const asked = () => page.waitForRequest(/ops_db_backup_runs_list/);
  await test.step("the open page follows it", async () => {
    await asked();
    await page.clock.fastForward(READ_LIMIT_MS);
    await expect(steps(page).filter({ hasText: "Restaurar" })).toContainText("em andamento", AFTER_LIMITS);
  });
  await test.step("after a reload too", async () => {
    const [again, allowed] = [asked(), page.waitForResponse(/ops_db_backup_permissions/)];
    await page.reload();
    await Promise.all([again, allowed]);
    await page.clock.fastForward(READ_LIMIT_MS);
    const region = page.getByRole("region", { name: "Execuções, pelo que o GitHub mostra" });
    await expect(page.getByText("O histórico de backups não responde.")).toBeVisible(AFTER_LIMITS);
    await expect(page.getByRole("region", { name: "O que dá para fazer sem ela" })).toBeVisible();
    await expect(region).toContainText("Em andamento no GitHub.", AFTER_LIMITS);
    await expect(region.getByRole("heading", { name: TITLE })).toBeVisible();
    await expectAccessible(page, "a run by GitHub's steps");
  });
  await test.step("it is cancelled there, and GitHub's end of it is shown", async () => {
    await page.getByRole("button", { name: /^Cancelar no GitHub…/ }).click();
    await expect(page.getByText("Não se sabe em que fase ela está.", { exact: false })).toBeVisible();
    await page.getByRole("button", { name: "Cancelar no GitHub", exact: true }).click();
    await expect(page.getByText(/^O GitHub aceitou o cancelamento/)).toBeVisible(AFTER_LIMITS);
    await expect(page.getByText(/^O GitHub encerrou a execução\./)).toBeVisible(AFTER_LIMITS);
  });
}
