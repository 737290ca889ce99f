import { defineConfig } from "@playwright/test";
import { CHROMIUM_LAUNCH } from "../scripts/dev/chromium.ts";
import { stackFiles } from "./e2e/stack.ts";

const SAMPLES = /(details|foreign_source|history|overview|production_down|rejected|small_truths)\.spec\.ts$/;

/** Runs against stacks that are up: `E2E_STACKS` names the files that describe them. */
export default defineConfig({
  testDir: "e2e",
  outputDir: process.env.E2E_OUTPUT ?? "../test-results",
  // each worker has a stack of its own, and runs whole files
  workers: stackFiles().length,
  fullyParallel: false,
  retries: 1,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"], ["../scripts/dev/check/strict_playwright.ts"]],
  // they replace what the other files have written in the catalog, so they run last
  projects: [
    { name: "live", testIgnore: SAMPLES },
    { name: "samples", testMatch: SAMPLES },
  ],
  use: {
    actionTimeout: 30_000,
    headless: true,
    locale: "pt-BR",
    timezoneId: "America/Sao_Paulo",
    viewport: { width: 1440, height: 900 },
    // a trace slows each action by a third: it is recorded only when a fault is being investigated
    trace: process.env.E2E_TRACE ? "retain-on-failure" : "off",
    screenshot: "only-on-failure",
    permissions: ["clipboard-read", "clipboard-write"],
    // without a graphics card each frame of an animation takes the processor from the other worker
    contextOptions: { reducedMotion: "reduce" },
    launchOptions: CHROMIUM_LAUNCH,
  },
});
