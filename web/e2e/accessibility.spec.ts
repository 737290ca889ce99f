import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { ensureBackup, expect, signIn, stack, test } from "./test.ts";

const WCAG_22_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const WIDTHS = [360, 1440];
const SCHEMES = ["light", "dark"] as const;

async function expectAccessible(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(WCAG_22_AA).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`);
  expect(found, what).toEqual([]);
}

async function expectNoSidewaysScroll(page: Page, what: string): Promise<void> {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow, what).toBeLessThanOrEqual(0);
}

/** Buttons of the history that reach beyond their panel; all of them when there is none. */
async function countCutOff(page: Page): Promise<number> {
  return await page.getByRole("button", { name: /^Restaurar…/ }).evaluateAll((buttons) => {
    const cut = buttons.filter((button) => {
      const panel = button.closest("section")?.getBoundingClientRect();
      return panel === undefined || button.getBoundingClientRect().right > panel.right;
    });
    return buttons.length === 0 ? Infinity : cut.length;
  });
}

for (const colorScheme of SCHEMES) {
  for (const width of WIDTHS) {
    test(`every view passes WCAG 2.2 AA: ${colorScheme}, ${width} px`, async ({ page }) => {
      test.setTimeout(240_000);
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.goto("/");
      await page.setViewportSize({ width, height: 800 });
      await expect(page.getByRole("heading", { name: "Entrar" })).toBeVisible();
      await expectAccessible(page, "sign-in");

      await page.setViewportSize({ width: 1440, height: 900 });
      await signIn(page, stack.admin);
      await ensureBackup(page);
      await page.setViewportSize({ width, height: 800 });
      await page.getByRole(width < 1000 ? "listitem" : "button").getByText("Detalhes").or(
        page.getByRole("button", { name: /^Detalhes/ }),
      ).first().click();
      await expect(page.getByText("Feito em").first()).toBeVisible();
      await expectAccessible(page, "history");
      await expectNoSidewaysScroll(page, "history");

      await page.getByRole("button", { name: "Backup agora" }).click();
      await page.getByLabel("Etiqueta").fill("não");
      await expectAccessible(page, "backup dialog");
      await page.keyboard.press("Escape");

      await page.getByRole("button", { name: /^Restaurar…/ }).first().click();
      await expect(page.getByRole("dialog")).toBeVisible();
      await expectAccessible(page, "restore dialog, step 1");
      await page.getByRole("radio", { name: /Produção/ }).check();
      await page.getByRole("button", { name: "Continuar" }).click();
      await expect(page.getByRole("heading", { name: "Restaurar em prod" })).toBeVisible();
      await expectAccessible(page, "restore dialog, step 2");
      await expectNoSidewaysScroll(page, "restore dialog");
    });
  }
}

test("no width cuts anything off", async ({ page }) => {
  test.setTimeout(180_000);
  await signIn(page, stack.admin);
  await ensureBackup(page);
  for (const width of [320, 360, 640, 768, 1024, 1119, 1120, 1280, 1399, 1400, 1440, 1920]) {
    await page.setViewportSize({ width, height: 800 });
    // the table gives way to cards a moment after the resize
    await expect.poll(() => countCutOff(page), { message: `at ${width} px` }).toBe(0);
    await expectNoSidewaysScroll(page, `at ${width} px`);
  }
});

for (const user of ["viewer", "stranger"] as const) {
  test(`the ${user}'s view passes WCAG 2.2 AA`, async ({ page }) => {
    await signIn(page, stack[user]);
    await expectAccessible(page, user);
  });
}
