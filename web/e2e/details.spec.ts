import type { Page } from "@playwright/test";
import { expectAccessible } from "./axe.ts";
import { inCatalog } from "./catalog.ts";
import { aBackupOf, emptyCatalog, fillWithSamples } from "./sample_history.ts";
import { expect, openAs, openWith, signedIn, stack, test } from "./test.ts";

const sheet = (page: Page) => page.getByRole("dialog", { name: /^Backup:/ });
const part = (page: Page, name: string) => sheet(page).getByRole("region", { name });

test.beforeAll(fillWithSamples);
test.afterAll(emptyCatalog);

test("show manifest, tables, drills and the restore with standard tools; the URL opens them", async ({ page }) => {
  await openAs(page, stack.viewer);
  await page.getByRole("row").filter({ hasText: "Provado" }).first().getByRole("button", {
    name: /^Detalhes/,
  })
    .click();
  await expect(page).toHaveURL(/detalhes=revo/);
  await page.reload();
  await expect(part(page, "Manifesto").getByRole("row").nth(1)).toContainText("public.itens_pedido");
  await expect(part(page, "Restaurações e ensaios deste backup")).toContainText("Ensaio de restauração");
  await expect(part(page, "Até quando fica")).toContainText(/Será apagado|Fica guardado/);
  await expect(part(page, "Recuperar sem este sistema")).toContainText(/\| sha256sum --check/);
  await expect(sheet(page).getByRole("button", { name: /^Restaurar…/ })).toBeDisabled();
  await sheet(page).getByRole("button", { name: "Copiar a chave", exact: true }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toMatch(
    /^revo\/prod\/.*gz$/,
  );
  await page.keyboard.press("Escape");
  await expect(sheet(page)).toBeHidden();
  await expect(page).not.toHaveURL(/detalhes/);
});

test("pass WCAG 2.2 AA together with the whole page, and list what the backup lacks", async ({ page }) => {
  const warnings = [{ kind: "left_out", name: "schema bi", detail: "relatorios", rows: 12 }];
  await inCatalog((sql) =>
    sql`update public.ops_db_backups set manifest = jsonb_set(manifest, '{warnings}', ${sql.json(warnings)})
         where created_at = (select max(created_at) from public.ops_db_backups)`
  );
  await openAs(page, stack.admin);
  await expect(page.getByRole("group", { name: /^Backups por dia/ })).toBeVisible();
  await expect(page.getByRole("button", { name: /^Detalhes/ }).first()).toBeVisible();
  await expectAccessible(page, "overview and history", "html", [360, 768, 1440]);
  await page.getByRole("button", { name: /^Detalhes/ }).first().click();
  await expect(part(page, "Manifesto").getByRole("table")).toBeVisible();
  await expect(part(page, "Manifesto")).toContainText("schema bi (12 linhas) fica fora do backup");
  await expectAccessible(page, "details");
});

test("words are explained under the pointer, by the keyboard and by a tap, and Escape closes them alone", async ({ page }) => {
  await openAs(page, stack.viewer);
  const cofre = page.getByRole("button", { name: "cofre", exact: true });
  const tooltip = page.getByRole("tooltip");
  await cofre.hover();
  await expect(tooltip).toContainText("fora do Supabase e do GitHub");
  await page.mouse.move(0, 0);
  await expect(tooltip).toHaveCount(0);
  const proof = page.getByRole("row").getByRole("button", { name: "Provado", exact: true }).first();
  await proof.focus();
  await expect(tooltip).toContainText("Um ensaio restaurou este backup num banco descartável");
  await page.keyboard.press("Escape");
  await expect(tooltip).toHaveCount(0);
  await page.getByRole("row").filter({ hasText: "Provado" }).first().getByRole("button", {
    name: /^Detalhes/,
  })
    .click();
  const manifesto = part(page, "Manifesto").getByRole("button", { name: "Manifesto" });
  await manifesto.focus();
  await expect(tooltip).toContainText("o que ele contém");
  await expectAccessible(page, "an explained word");
  await page.keyboard.press("Escape");
  await expect(tooltip).toHaveCount(0);
  await expect(sheet(page)).toBeVisible();
  await manifesto.click();
  await expect(tooltip).toContainText("o que ele contém");
});

test("an unknown key shows a message", async ({ page }) => {
  // the page's heading has no role while the details cover it
  await openWith(page, await signedIn(stack.admin), "/desenvolvedor/backups?detalhes=revo/prod/nada.dump.gz");
  await expect(page.getByText("O histórico não tem este backup.")).toBeVisible();
});

test("a user with ops:manage holds a backup with a reason, others see it, and it is released", async ({ page }) => {
  // samples cannot be held: the newest row is changed to a backup of a real vault
  await inCatalog((sql) =>
    sql`update public.ops_db_backups set r2_bucket = 'cofre'
         where created_at = (select max(created_at) from public.ops_db_backups)`
  );
  await openAs(page, stack.admin);
  await page.getByRole("button", { name: /^Detalhes/ }).first().click();
  await part(page, "Até quando fica").getByRole("button", { name: "Reter…" }).click();
  const form = page.getByRole("form", { name: "Reter o backup" });
  await form.getByRole("button", { name: "Reter" }).click();
  await expect(form.getByText("Escreva o motivo.")).toBeVisible();
  await form.getByLabel("Motivo").fill("auditoria de novembro");
  await form.getByRole("button", { name: "Reter" }).click();
  await expect(part(page, "Até quando fica")).toContainText(/Retido até .*auditoria de novembro/);
  await part(page, "Até quando fica").getByRole("button", { name: "Liberar…" }).click();
  await page.getByLabel("Motivo").fill("acabou");
  await page.getByRole("button", { name: "Liberar", exact: true }).click();
  await expect(part(page, "Até quando fica").getByRole("button", { name: "Reter…" })).toBeVisible();
});

test("a backup is compared with another one by their manifests", async ({ page }) => {
  const older = await aBackupOf("prod", 30);
  const newer = await aBackupOf("prod", 3);
  await inCatalog(async (sql) => {
    const proving = async (key: string, facts: object) => {
      const [sample] = await sql`
        select manifest from public.ops_db_backups where r2_bucket = 'amostra' and manifest ->> 'version' = '2' limit 1`;
      const manifest = { ...Object(sample?.manifest), ...facts };
      await sql`update public.ops_db_backups set manifest = ${sql.json(manifest)} where r2_key = ${key}`;
    };
    await proving(older, { rows: { "public.pedidos": 10, "public.itens": 7 }, rows_total: 17 });
    await proving(newer, { rows: { "public.pedidos": 4, "public.itens": 7 }, rows_total: 11 });
  });
  await openWith(page, await signedIn(stack.viewer), `/desenvolvedor/backups?detalhes=${newer}`);
  const comparison = part(page, "Comparar com outro backup");
  await comparison.getByLabel("Outro backup").selectOption(older);
  await expect(comparison).toContainText("17 → 11 registros.");
  await expect(comparison.getByRole("row").nth(1)).toHaveText(/public\.pedidos\s*10\s*4/);
  await expect(comparison).toContainText("1 tabela tem o mesmo número de registros");
  await expectAccessible(page, "comparison");
});
