/** Rare states, tested by keyboard and with axe. */
import type { Page } from "@playwright/test";
import { expectAccessible } from "./axe.ts";
import { beginRun, finishRun, inCatalog, newestKey } from "./catalog.ts";
import { aBackupOf } from "./sample_history.ts";
import { ensureBackup, expect, openAs, pressOn, reach, stack, test } from "./test.ts";

const dialog = (page: Page) => page.getByRole("dialog");

/** A succeeded restore of dev with this safety copy. */
async function restoreDev(safetyKey: string): Promise<void> {
  const id = await beginRun({ kind: "restore", target: "dev", r2_key: await newestKey() });
  await finishRun(id, { status: "succeeded", result: { tables: 3, rows: 70, safety_key: safetyKey } });
}

/** Presses "Desfazer…" of the newest restore. */
async function undoNewest(page: Page): Promise<void> {
  await page.reload();
  const newest = page.getByRole("region", { name: "Execuções" }).getByRole("article").first();
  await pressOn(page, newest.getByRole("button", { name: /^Desfazer…/ }));
}

test("undoing a restore works by keyboard, passes WCAG 2.2 AA, and reports an unknown safety copy", async ({ page }) => {
  test.setTimeout(180_000);
  await openAs(page, stack.admin);
  await ensureBackup(page);
  const copy = await aBackupOf("dev", 1); // no other test has simulated it
  await restoreDev(copy);
  await undoNewest(page);
  await expect(dialog(page).getByRole("heading", { name: "Desfazer a restauração em Desenvolvimento" }))
    .toBeVisible();
  await expectAccessible(page, "undo: what would change");
  await pressOn(page, dialog(page).getByRole("button", { name: "Continuar sem simular" }));
  await reach(page, dialog(page).getByRole("button", { name: "Restaurar em Desenvolvimento" }));
  await expectAccessible(page, "undo: confirming");
  await page.keyboard.press("Escape");
  await expect(dialog(page)).toBeHidden();

  await restoreDev("revo/dev/2026/01/15/supabase_dev_20260115_031022_antes-da-restauracao.dump.gz");
  await undoNewest(page);
  await expect(dialog(page).getByText("A cópia de segurança não pode ser restaurada daqui.")).toBeVisible();
  await expectAccessible(page, "undo: no copy");
  await pressOn(page, dialog(page).getByRole("button", { name: "Fechar" }).last());
  await expect(dialog(page)).toBeHidden();
  await inCatalog((sql) => sql`delete from public.ops_db_backups where r2_key = ${copy}`);
});

test("a failed simulation shows its cause, works by keyboard and passes WCAG 2.2 AA", async ({ page }) => {
  test.setTimeout(180_000);
  await openAs(page, stack.admin);
  await ensureBackup(page);
  const id = await beginRun({ kind: "plan", target: "verify", r2_key: await newestKey() });
  await finishRun(id, {
    status: "failed",
    error_code: "database_unreachable",
    error_message: "connection refused",
  });
  await pressOn(page, page.getByRole("button", { name: /^Restaurar…/ }).first());
  await reach(page, dialog(page).getByRole("radio", { name: /Desenvolvimento/ }));
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(dialog(page).getByText("A simulação não terminou.")).toBeVisible();
  await expect(dialog(page)).toContainText("Não foi possível conectar ao banco de dados.");
  await expectAccessible(page, "restore: a failed simulation");
  await reach(page, dialog(page).getByRole("button", { name: /^Simular/ }));
});
