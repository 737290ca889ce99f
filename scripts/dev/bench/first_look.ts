/**
 * Time until the history is visible: from the navigation to the first row on the screen, in Chromium, on the embedded
 * stack with its sixty days of samples. The user is signed in already, as on a return to the page.
 */
import { type Browser, type BrowserContext, chromium } from "@playwright/test";
import { z } from "zod";
import { CHROMIUM_LAUNCH } from "../chromium.ts";
import { browserWith, signInByPassword } from "../seed/session.ts";
import { startStack } from "../stack.ts";
import type { Stack } from "../stack_types.ts";
import { median } from "./report.ts";

const PAGE = "/desenvolvedor/backups";
const ROUNDS = 15;
/** Warm-up rounds, which are not counted. */
const LOOKS_BEFORE = 2;
const LIMIT_MS = 60_000;

/** Recorded in the page when a row of the history is first painted. */
const NOTE_FIRST_ROW = `new MutationObserver((_, observer) => {
  if (!document.querySelector("table tbody tr")) return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => { document.documentElement.dataset.firstRow = String(performance.now()); }));
}).observe(document, { childList: true, subtree: true });`;

const timesSchema = z.object({ firstPaint: z.number(), history: z.number() });
/** Milliseconds since the navigation. */
type Times = z.infer<typeof timesSchema>;

export interface FirstView {
  /** Whether the browser has loaded the page before. */
  cache: "cold" | "warm";
  looks: Times[];
}

export async function measureFirstView(
  signal: AbortSignal,
  log: (line: string) => void,
): Promise<FirstView[]> {
  const stack = await startStack({ rows: 1000, history: true, web: "built", ports: "free", log: () => {} });
  try {
    const browser = await chromium.launch(CHROMIUM_LAUNCH);
    try {
      log(`${ROUNDS} looks with an empty cache, ${ROUNDS} with a full one`);
      return await lookOften(browser, stack, signal);
    } finally {
      await browser.close();
    }
  } finally {
    await stack.stop();
  }
}

async function lookOften(browser: Browser, stack: Stack, signal: AbortSignal): Promise<FirstView[]> {
  const [cold, warm]: [Times[], Times[]] = [[], []];
  for (let round = -LOOKS_BEFORE; round < ROUNDS; round++) {
    signal.throwIfAborted();
    const context = await signedIn(browser, stack);
    const [first, second] = [await look(context, stack), await look(context, stack)];
    await context.close();
    if (round < 0) continue;
    cold.push(first);
    warm.push(second);
  }
  return [{ cache: "cold", looks: cold }, { cache: "warm", looks: warm }];
}

async function signedIn(browser: Browser, { urls, keys, users }: Stack): Promise<BrowserContext> {
  const server = { supabaseUrl: urls.supabase, publishableKey: keys.publishable };
  const session = await signInByPassword(server, users.admin);
  const context = await browser.newContext({ locale: "pt-BR", viewport: { width: 1440, height: 900 } });
  await context.setStorageState(browserWith(session, new URL(screenOf(urls)).origin));
  await context.addInitScript(NOTE_FIRST_ROW);
  return context;
}

async function look(context: BrowserContext, { urls }: Stack): Promise<Times> {
  const page = await context.newPage();
  await page.goto(`${screenOf(urls)}${PAGE}`);
  await page.locator("html[data-first-row]").waitFor({ timeout: LIMIT_MS });
  const times = await page.evaluate(() => ({
    firstPaint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
    history: Number(document.documentElement.dataset.firstRow),
  }));
  await page.close();
  return timesSchema.parse(times);
}

function screenOf({ screen }: Stack["urls"]): string {
  if (screen === null) throw new Error("Cannot measure the screen: the stack has none");
  return screen;
}

export function firstViewTable(measured: readonly FirstView[]): string {
  const rows = measured.map(({ cache, looks }) => {
    const history = looks.map((look) => look.history);
    const [low, high] = [Math.min(...history), Math.max(...history)];
    return `| ${cache} | ${median(looks.map((look) => look.firstPaint)).toFixed(0)} | ` +
      `**${median(history).toFixed(0)}** | ${low.toFixed(0)}–${high.toFixed(0)} |`;
  });
  return [
    `From navigation to the first row of the history on the screen, signed in, ${
      measured[0]?.looks.length ?? 0
    } looks each;`,
    "browser, screen, database and all other parts share the machine. Pages of Chromium's own are off, and so is what its",
    "inspector would add (`scripts/dev/chromium.ts`):",
    "",
    "| browser's cache | first paint, ms | history, ms, median | history, ms, range |",
    "|---|---:|---:|---:|",
    ...rows,
  ].join("\n");
}
