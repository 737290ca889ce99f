/** axe in both colour schemes, at the smallest and the largest width. */
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

const WCAG_22_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const WIDTHS = [360, 1440];

/**
 * Checks the page in its current state; content behind an open dialog is excluded.
 * @param within selector of the part to check, when another test has checked the rest of the page.
 * @param widths a tablet's too, where it has a layout of its own
 */
export async function expectAccessible(
  page: Page,
  what: string,
  within?: string,
  widths: readonly number[] = WIDTHS,
): Promise<void> {
  const part = within ?? (await page.getByRole("dialog").count() > 0 ? '[role="dialog"]' : "html");
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    // only the contrast depends on the colour scheme
    const said = [
      ...await violations(page, part, "light", (axe) => axe.withTags(WCAG_22_AA)),
      ...await violations(page, part, "dark", (axe) => axe.withRules(["color-contrast"])),
    ];
    expect(said, `${what}, ${width} px`).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow, `${what}: scrolls sideways at ${width} px`).toBeLessThanOrEqual(0);
  }
}

async function violations(
  page: Page,
  part: string,
  colorScheme: "light" | "dark",
  choose: (axe: AxeBuilder) => AxeBuilder,
): Promise<string[]> {
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  // sonner follows the scheme a moment later
  await expect(page.locator(`[data-sonner-toaster]:not([data-sonner-theme="${colorScheme}"])`)).toHaveCount(
    0,
  );
  // half a megabyte: inject it once per page
  const axeSource = await page.evaluate(() => "axe" in globalThis) ? ";" : undefined;
  // there are no frames: the legacy mode avoids the second page that merges their results
  const axe = new AxeBuilder({ page, axeSource }).setLegacyMode().include(part);
  const found = await choose(axe.options({ resultTypes: ["violations"] })).analyze();
  return found.violations.map(({ id, nodes }) =>
    `${colorScheme}: ${id}: ${nodes.map((node) => node.html).join(" | ")}`
  );
}
