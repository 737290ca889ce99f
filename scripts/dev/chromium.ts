/** The Chromium of browser tests, benches and pictures: the system's. */
import process from "node:process";

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
  ],
};
