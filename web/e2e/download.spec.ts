/** A backup is saved on the user's machine by links of the vault, with a reason that the audit keeps. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { expectAccessible } from "./axe.ts";
import { inCatalog } from "./catalog.ts";
import { ensureBackup, expect, openAs, openWith, signedIn, stack, test } from "./test.ts";

const part = (page: Page) => page.getByRole("region", { name: "Baixar para esta máquina" });

/** The page with the details of the newest stored backup. */
async function newestStored() {
  const [row] = await inCatalog((sql) =>
    sql<{ r2_key: string; sha256: string }[]>`
      select r2_key, sha256 from public.ops_db_backups
       where r2_bucket = 'revo-erp-backups-prod' and status = 'uploaded' order by created_at desc limit 1`
  );
  if (row === undefined) throw new Error("The catalog has no stored backup");
  return { ...row, page: `/desenvolvedor/backups?detalhes=${row.r2_key}` };
}

test("an admin gives a reason, saves backup and manifest, and the audit names both", async ({ page }) => {
  await openAs(page, stack.admin);
  await ensureBackup(page);
  const stored = await newestStored();
  await page.goto(stored.page);
  await part(page).getByRole("button", { name: "Baixar…" }).click();
  const form = page.getByRole("form", { name: "Baixar o backup" });
  await form.getByRole("button", { name: "Liberar o arquivo" }).click();
  await expect(form.getByText("Escreva o motivo.")).toBeVisible();
  await form.getByLabel("Motivo").fill("cópia para o auditor");
  await form.getByRole("button", { name: "Liberar o arquivo" }).click();
  await expect(part(page).getByRole("status")).toContainText(/Liberado até \d\d:\d\d/);
  await expectAccessible(page, "download");

  const before = await page.evaluate(() => history.length);
  const began = page.waitForEvent("download");
  await part(page).getByRole("button", { name: /^Baixar o backup \(/ }).click();
  const download = await began;
  const saved = await readFile(await download.path());
  expect(createHash("sha256").update(saved).digest("hex")).toBe(stored.sha256);
  expect(page.url()).toBe(stack.screen + stored.page);
  expect(await page.evaluate(() => history.length)).toBe(before);
  expect(await page.content()).not.toContain("X-Amz-");

  await page.goto("/desenvolvedor/backups/auditoria");
  await page.getByLabel("O quê").selectOption("download");
  const entry = page.getByRole("list", { name: "Registros" }).getByRole("listitem").first();
  await expect(entry).toContainText("Pedido de download aceito");
  await expect(entry).toContainText("cópia para o auditor");
});

test("without the right the button says why; where the owner has not switched it on there is none", async ({ page }) => {
  const stored = await newestStored();
  await openWith(page, await signedIn(stack.viewer), stored.page);
  await expect(part(page).getByRole("button", { name: "Baixar…" })).toBeDisabled();
  await page.route("**/functions/v1/ops-backups", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...await response.json(), download: false } });
  });
  await page.reload();
  await expect(page.getByRole("region", { name: "Manifesto" })).toBeVisible();
  await expect(part(page)).toHaveCount(0);
  // an answer on its way is no fault of the page that ends
  await page.unrouteAll({ behavior: "ignoreErrors" });
});
