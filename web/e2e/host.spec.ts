import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { ensureBackup, expect, FAILED_REQUEST, openAs, stack, test } from "./test.ts";

/** Builds the other host into the folder of the standalone one, whose origin the CORS rules of the function allow. */
async function buildHost(): Promise<void> {
  process.env.VITE_SUPABASE_URL = stack.supabase;
  process.env.VITE_SUPABASE_PUBLISHABLE_KEY = stack.publishableKey;
  await build({
    configFile: fileURLToPath(new URL("../vite.config.ts", import.meta.url)),
    root: fileURLToPath(new URL("./host", import.meta.url)),
    base: "./",
    logLevel: "error",
    build: { outDir: join(stack.screenFolder, "host"), emptyOutDir: true },
  });
}

test("another host mounts the feature with its own client, router and shell", async ({ page, allowConsole }) => {
  test.setTimeout(240_000);
  allowConsole(FAILED_REQUEST);
  await buildHost();
  await openAs(page, stack.admin);
  await ensureBackup(page);

  await page.goto("/host/index.html#/erp/backups?alvo=prod");
  await expect(page.getByRole("heading", { name: "Backups", level: 1 })).toBeVisible();
  await expect(page.getByLabel("Banco", { exact: true })).toHaveValue("prod");
  await expect(page.getByRole("button", { name: "Sair" }), "the standalone shell is not there").toHaveCount(
    0,
  );
  await page.getByRole("button", { name: /^Restaurar…/ }).first().click();
  await expect(page.getByRole("dialog")).toContainText("Passo 1 de 3");
  await page.keyboard.press("Escape");

  await page.evaluate(() => {
    const session = localStorage.getItem("supabase.auth.token") ?? "";
    localStorage.setItem("supabase.auth.token", session.replace(/("access_token":"[^"]{40})[^"]*/, "$1"));
  });
  await page.reload();
  await expect(page.getByRole("heading", { name: "O ERP pede a senha" })).toBeVisible();
});
