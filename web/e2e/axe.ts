/** axe, in both colour schemes and at both ends of the widths. */
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

const WCAG_22_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const WIDTHS = [360, 1440];

/**
 * The page as it stands; what lies behind an open dialog is out of reach and is left out.
 * @param within selector of what is new in this state, where the rest of the page was looked at in another.
 */
export async function expectAccessible(page: Page, what: string, within?: string): Promise<void> {
  const part = within ?? (await page.getByRole("dialog").count() > 0 ? '[role="dialog"]' : "html");
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    // structure is the same in both schemes, contrast is not
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
  // its half a megabyte is brought into a page once
  const axeSource = await page.evaluate(() => "axe" in globalThis) ? ";" : undefined;
  // there are no frames here: the legacy mode spares a second page that puts their results together
  const axe = new AxeBuilder({ page, axeSource }).setLegacyMode().include(part);
  const found = await choose(axe.options({ resultTypes: ["violations"] })).analyze();
  return found.violations.map(({ id, nodes }) =>
    `${colorScheme}: ${id}: ${nodes.map((node) => node.html).join(" | ")}`
  );
}
