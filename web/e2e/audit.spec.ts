/** Quem fez o quê: the audit as a page, its chain, its export. */
import { readFile } from "node:fs/promises";
import { expectAccessible } from "./axe.ts";
import { beginRun, finishRun, inCatalog } from "./catalog.ts";
import { expect, FAILED_REQUEST, openAs, stack, test } from "./test.ts";

const KEY = "revo/prod/2026/01/15/supabase_prod_20260115_031022.dump.gz";
const entries = (page: import("@playwright/test").Page) =>
  page.getByRole("list", { name: "Registros" }).getByRole("listitem");

test("the audit names who did what, filters, links, and exports without formulas", async ({ page }) => {
  const id = await beginRun({ requested_by: "=HYPERLINK(1)", r2_key: KEY, reason: "conferir" });
  await finishRun(id);
  await openAs(page, stack.admin);
  await page.getByRole("link", { name: "Quem fez o quê" }).click();
  await expect(page.getByRole("heading", { name: "Quem fez o quê", level: 1 })).toBeVisible();
  await expect(page).toHaveTitle(/^Quem fez o quê/);
  await expect(page.getByText(/^Conferido agora: .* nenhum alterado\.$/)).toBeVisible();
  await expect(entries(page).first()).toContainText("O ensaio de restauração da verificação foi concluído");
  await expect(entries(page).first().getByRole("link", { name: /Execução no GitHub/ })).toHaveAttribute(
    "href",
    `${stack.screen}/run/1`,
  );
  await expectAccessible(page, "audit");

  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Baixar CSV" }).click();
  const text = await readFile(await (await download).path(), "utf8");
  expect(text).toContain('"quando (UTC)";"quem"');
  expect(text).toContain(`"'=HYPERLINK(1)"`);

  await page.getByLabel("O quê").selectOption("hold");
  await expect(page.getByText("Nenhum registro destes ainda.").or(entries(page).first())).toBeVisible();
  await page.getByLabel("O quê").selectOption("run");
  await entries(page).first().getByRole("link", { name: "Backup" }).click();
  await expect(page.getByRole("dialog").getByText(KEY)).toBeVisible();
});

test("a changed record is named, and a user without permission sees nothing", async ({ page, allowConsole }) => {
  allowConsole(FAILED_REQUEST);
  const id = await beginRun();
  await finishRun(id);
  const change = (from: string, to: string) =>
    inCatalog(async (sql) => {
      await sql`alter table public.ops_db_backup_audit disable trigger ops_db_backup_audit_keep_rows`;
      await sql`update public.ops_db_backup_audit set record = replace(record, ${from}, ${to})
                 where request_id = ${id}`;
      await sql`alter table public.ops_db_backup_audit enable trigger ops_db_backup_audit_keep_rows`;
    });
  await change('"e2e"', '"eve"');
  try {
    await openAs(page, stack.admin);
    await page.goto("/desenvolvedor/backups/auditoria");
    await expect(page.getByRole("alert")).toContainText(
      "Os registros foram alterados: o primeiro é o de número",
    );
  } finally {
    await change('"eve"', '"e2e"');
  }
  await openAs(page, stack.stranger, "/desenvolvedor/backups");
  await page.goto("/desenvolvedor/backups/auditoria");
  await expect(page.getByText("Não foi possível carregar os registros.")).toBeVisible();
  await expect(entries(page)).toHaveCount(0);
});
