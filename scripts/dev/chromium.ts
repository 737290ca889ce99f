/** The system's Chromium, for browser tests, the bench and screenshots. */
import process from "node:process";
import { findProgram } from "../lib/process/find_program.ts";

/**
 * The same engine in two packages, the first one preferred: without a browser's own window it takes a quarter less of the
 * processor. It shows no notifications.
 */
export const CHROMIUM_PROGRAMS = ["chromium-headless-shell", "chromium"] as const;

function installed(): string | null {
  const found = CHROMIUM_PROGRAMS.map((name) => findProgram(name, process.env.PATH ?? ""));
  return found.find((program) => program !== null) ?? null;
}

/**
 * Disabled features. The drop-down of the address bar is a page that every new window loads in advance: 400 scripts
 * and 1.7 s of processor time, which the page under test does not get.
 */
const OWN_PAGES = ["WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"];

/**
 * Our list replaces Playwright's (the last `--disable-features` counts), so the relevant features of that list are
 * repeated.
 */
const AS_PLAYWRIGHT = [
  "AimEnabled",
  "AvoidCorsURLLoaderRestartOnRedirect",
  "AvoidUnnecessaryBeforeUnloadCheckSync",
  "DestroyProfileOnBrowserClose",
  "HttpsFirstBalancedModeAutoEnable",
  "HttpsUpgrades",
  "LensOverlay",
  "MediaRouter",
  "NetworkTimeServiceQuerying",
  "OptimizationHints",
  "PaintHolding",
  "PreconnectToSearch",
  "ThirdPartyStoragePartitioning",
];

/**
 * With Playwright's inspector attached V8 parses a script again to find the position of each `Error`, those of React at
 * load time included: 60 ms more than in a browser without an inspector. Without lazy positions the cost is the same in both.
 */
const V8_FLAGS = "--no-enable-lazy-source-positions";

/** Playwright's options to start it. `E2E_CHROMIUM` names another program. */
export const CHROMIUM_LAUNCH = {
  executablePath: process.env.E2E_CHROMIUM ?? installed() ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    `--js-flags=${V8_FLAGS}`,
    `--disable-features=${[...OWN_PAGES, ...AS_PLAYWRIGHT].join(",")}`,
  ],
};
