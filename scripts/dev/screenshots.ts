/**
 * Takes the pictures of docs/screens/ from a running stack: `node scripts/dev/setup.mjs scripts/dev/screenshots.ts`.
 */
import { chromium, type Page } from "@playwright/test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { ROOT } from "./child_process.ts";
import { startStack } from "./stack.ts";
import type { Stack } from "./stack_types.ts";

const FOLDER = join(ROOT, "docs", "screens");
const FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];

const stack = await startStack({
  web: "built",
  ports: "free",
  rows: 200_000,
  log: (line) => process.stderr.write(line + "\n"),
});
const browser = await chromium.launch({
  executablePath: process.env.E2E_CHROMIUM ?? "/usr/bin/chromium",
  args: FLAGS,
});
try {
  await mkdir(FOLDER, { recursive: true });
  const page = await browser.newPage({
    locale: "pt-BR",
    timezoneId: "America/Sao_Paulo",
    viewport: { width: 1440, height: 900 },
  });
  await signIn(page, stack);
  await backUp(page, "antes-da-migracao");
  await backUp(page, "fechamento-novembro");
  await page.screenshot({ path: join(FOLDER, "historico.png") });
  await page.getByRole("button", { name: /^Restaurar…/ }).first().click();
  await page.getByRole("dialog").waitFor();
  await page.screenshot({ path: join(FOLDER, "restaurar.png") });
  await page.keyboard.press("Escape");
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 360, height: 800 });
  await page.screenshot({ path: join(FOLDER, "historico-escuro-360.png") });
} finally {
  await browser.close();
  await stack.stop();
}

async function signIn(page: Page, { urls, users }: Stack): Promise<void> {
  await page.goto(urls.screen ?? "");
  await page.getByLabel("E-mail").fill(users.admin.email);
  await page.getByLabel("Senha").fill(users.admin.password);
  await page.getByRole("button", { name: "Entrar" }).click();
}

async function backUp(page: Page, label: string): Promise<void> {
  await page.getByRole("button", { name: "Backup agora" }).click();
  await page.getByLabel("Etiqueta").fill(label);
  await page.getByRole("dialog").getByRole("button", { name: "Fazer backup de prod" }).click();
  await page.getByRole("table").getByRole("row").filter({ hasText: label }).waitFor({ timeout: 120_000 });
}
