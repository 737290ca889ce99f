/** A backup that its drill rejected: no state, number or sentence of the screen counts it. */
import type { Page } from "@playwright/test";
import { expectAccessible } from "./axe.ts";
import { beginRun, finishRun, inCatalog } from "./catalog.ts";
import { aBackupOf, emptyCatalog } from "./sample_history.ts";
import { expect, openAs, stack, test } from "./test.ts";

const situation = (page: Page) => page.getByRole("region", { name: "Situação da produção" });

test.beforeEach(emptyCatalog);
test.afterAll(emptyCatalog);

/** A drill of this backup that ends so, as `deno task drill` reports it. */
async function drill(key: string, failed: readonly string[]): Promise<void> {
  const checks = ["restored", "rows_per_table", "anon_reads"].map((name) => (
    { name, verdict: failed.includes(name) ? "FAIL" : "PASS", detail: "x", seconds: 1 }
  ));
  const drilled_at = new Date().toISOString();
  const proof = {
    ...{ receipt_key: "r", drilled_at, seconds: {}, total_seconds: 3, skipped: 0 },
    ...{ failed: failed.length, passed: checks.length - failed.length },
  };
  const verdict = failed.length > 0 ? { disproved_at: drilled_at } : { proven_at: drilled_at };
  const mark = { r2_bucket: "cofre", r2_key: key, proof, ...verdict };
  await inCatalog((sql) => sql`select public.ops_db_backup_mark(${sql.json(mark)})`);
  const id = await beginRun({ kind: "drill", target: "prod", r2_key: key });
  const hasFailed = failed.length > 0;
  await finishRun(id, {
    status: hasFailed ? "failed" : "succeeded",
    error_code: hasFailed ? "drill_failed" : null,
    result: { checks },
  });
}

test("the newest backup failed its drill: at risk, and the loss is that of the one before", async ({ page }) => {
  const before = await aBackupOf("prod", 20);
  await drill(before, []);
  const newest = await aBackupOf("prod", 2);
  await drill(newest, ["rows_per_table"]);
  await openAs(page, stack.admin);

  await expect(situation(page).getByText("Em risco")).toBeVisible();
  await expect(situation(page)).toContainText(/perda de até 20\sh/);
  await expect(situation(page)).toContainText(
    /O backup mais novo, de .*, foi reprovado num ensaio: ele não conta\./,
  );
  await expect(situation(page)).toContainText(
    /Último backup da produção que conta: há 20\sh .* provado.* num ensaio\./,
  );
  await expect(situation(page).locator("[data-state=rejected],[data-state=proven]").last()).toBeVisible();
  const rows = page.getByRole("table").getByRole("row");
  await expect(rows.nth(1)).toContainText("Reprovado");
  await expect(rows.nth(2)).toContainText("Provado");
  await expectAccessible(page, "rejected newest");

  await rows.nth(1).getByRole("button", { name: /^Detalhes/ }).click();
  const details = page.getByRole("dialog");
  await expect(details.getByText(/^Reprovado no ensaio de /)).toBeVisible();
  await expect(details.getByText("Falhou: Linhas por tabela")).toBeVisible();
  await expect(details.getByText(/^Fica guardado, porque um ensaio o reprovou/)).toBeVisible();
  await expectAccessible(page, "rejected: details");
  await details.getByRole("button", { name: /^Restaurar…/ }).click();
  await expect(page.getByRole("dialog", { name: "Restaurar backup" }).getByText(/^Reprovado no ensaio de /))
    .toBeVisible();
});

test("a backup made after the rejected one counts again, and the failed drill stays a warning", async ({ page }) => {
  await drill(await aBackupOf("prod", 20), ["restored"]);
  await aBackupOf("prod", 1);
  await openAs(page, stack.admin);
  await expect(situation(page).getByText("Atenção", { exact: true })).toBeVisible();
  await expect(situation(page)).toContainText(/perda de até 1\sh/);
  await expect(situation(page)).toContainText("O último ensaio não passou, e nenhum passou desde então.");
});

test("where every backup was rejected there is none that counts", async ({ page }) => {
  await drill(await aBackupOf("prod", 2), ["restored"]);
  await openAs(page, stack.admin);
  await expect(situation(page)).toContainText("tudo estaria perdido");
  await expect(situation(page)).toContainText(
    "Nenhum backup da produção conta: os que há no cofre foram reprovados",
  );
});
