/** axe, in both colour schemes and at both ends of the widths. */
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

const WCAG_22_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const WIDTHS = [360, 1440];

/** The page as it stands; what lies behind an open dialog is out of reach and is left out. */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    // structure is the same in both schemes, contrast is not
    await expectClean(page, "light", (axe) => axe.withTags(WCAG_22_AA), `${what}, ${width} px`);
    await expectClean(page, "dark", (axe) => axe.withRules(["color-contrast"]), `${what}, ${width} px`);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow, `${what}: scrolls sideways at ${width} px`).toBeLessThanOrEqual(0);
  }
}

async function expectClean(
  page: Page,
  colorScheme: "light" | "dark",
  choose: (axe: AxeBuilder) => AxeBuilder,
  what: string,
): Promise<void> {
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  const axe = choose(new AxeBuilder({ page }));
  const dialogs = await page.getByRole("dialog").count();
  const { violations } = await (dialogs > 0 ? axe.include('[role="dialog"]') : axe).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`);
  expect(found, `${what}, ${colorScheme}`).toEqual([]);
}
