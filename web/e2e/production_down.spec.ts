/** Production does not answer: what was last known stays, with the ways on that do not need it. */
import { LAST_KNOWN } from "../src/features/backups/data/forget_last_known.ts";
import { expectAccessible } from "./axe.ts";
import { aBackupOf, emptyCatalog } from "./sample_history.ts";
import { without } from "./stack.ts";
import { expect, FAILED_REQUEST, openAs, stack, test } from "./test.ts";

test.afterAll(emptyCatalog);

test("a signed-in admin sees what was last known and the ways on; sign-in does not blame the connection", async ({ page, allowConsole }) => {
  test.setTimeout(180_000);
  allowConsole(FAILED_REQUEST);
  await emptyCatalog();
  const key = await aBackupOf("prod", 5);
  await openAs(page, stack.admin);
  await expect(page.getByRole("table").getByRole("row")).toHaveCount(2);
  // what the page shows is kept after it is shown
  await expect.poll(() => page.evaluate((name) => localStorage.getItem(name), LAST_KNOWN)).toContain(
    '"bucket":"cofre"',
  );
  await without(stack, "supabase", async () => {
    await page.reload();
    await expect(page.getByRole("alert")).toContainText("A produção não responde.", { timeout: 60_000 });
    await expect(page.getByRole("region", { name: /^O que se sabia em / })).toContainText("há 5 h");
    const ways = page.getByRole("region", { name: "O que dá para fazer sem ela" });
    await expect(ways.getByText(key).first()).toBeVisible();
    await expect(ways.getByText("RESTORE_PROD")).toBeVisible();
    await expect(ways.getByText("REVO_BREAK_GLASS")).toBeVisible();
    await expect(ways).toContainText("gunzip");
    await expectAccessible(page, "production down");
    await page.context().clearCookies();
    await page.evaluate(() => localStorage.clear());
    await page.goto("/entrar");
    await page.getByLabel("E-mail").fill(stack.admin.email);
    await page.getByLabel("Senha").fill(stack.admin.password);
    await page.getByRole("button", { name: "Entrar" }).click();
    await expect(page.getByText("Sem resposta do servidor: ele pode estar fora do ar.")).toBeVisible({
      timeout: 30_000,
    });
  });
  await page.getByRole("button", { name: "Entrar" }).click();
  await expect(page.getByRole("heading", { name: "Backups", level: 1 })).toBeVisible({ timeout: 30_000 });
});
