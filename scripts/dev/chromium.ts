/** The Chromium of browser tests, benches and pictures: the system's. */
import process from "node:process";

/**
 * What Chromium leaves out. The address bar's drop-down is a page of its own that every new window loads in advance,
 * seen or not: 400 scripts and 1.7 s of processor time, at the cost of the page that is looked at.
 */
const OWN_PAGES = ["WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"];

/** Our list replaces Playwright's (the last `--disable-features` counts), so what matters here of that one is repeated. */
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
 * With Playwright's inspector at work V8 reads a script again to say where each `Error` was made, React's at its load
 * too: 60 ms more of it than in a browser that nobody drives. Noted while compiling, they cost what they cost there.
 */
const V8_FLAGS = "--no-enable-lazy-source-positions";

/** How Playwright starts it. `E2E_CHROMIUM` names another program. */
export const CHROMIUM_LAUNCH = {
  executablePath: process.env.E2E_CHROMIUM ?? "/usr/bin/chromium",
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
