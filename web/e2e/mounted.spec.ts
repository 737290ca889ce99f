import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Locator, Page } from "@playwright/test";
import react from "@vitejs/plugin-react";
import { build } from "vite";
import { ensureBackup, expect, openAs, stack, test } from "./test.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const VITE = join(ROOT, "node_modules", "vite", "bin", "vite.js");

let module: string;

test.beforeAll(async () => {
  test.setTimeout(180_000);
  module = await mkdtemp(join(tmpdir(), "revo-module-"));
  const config = ["--config", join(ROOT, "web/module/vite.config.ts"), "--outDir", module];
  await promisify(execFile)(process.execPath, [VITE, "build", ...config, "--logLevel", "error"], {
    env: { ...process.env, NODE_ENV: "production" },
  });
});
test.afterAll(() => rm(module, { recursive: true, force: true }));

/** Builds the host with other versions, in React's development mode, whose warnings fail the test. */
async function buildHost(name: string, packages: Record<string, string>): Promise<void> {
  const versions = Object.entries(packages).map((
    [name, folder],
  ) => [name, join(ROOT, "node_modules", folder)]);
  await build({
    configFile: false,
    root: join(ROOT, "web/e2e/mounted"),
    base: "./",
    logLevel: "error",
    plugins: [react()],
    resolve: { alias: { ...Object.fromEntries(versions), "revo-backups-screen": module } },
    define: {
      "process.env.NODE_ENV": '"development"',
      SUPABASE_URL: JSON.stringify(stack.supabase),
      SUPABASE_KEY: JSON.stringify(stack.publishableKey),
    },
    build: { outDir: join(stack.screenFolder, name), emptyOutDir: true, minify: false },
  });
}

const LOOK = [
  ..."display,color,background-color,font-size,font-family,font-weight,letter-spacing,line-height".split(","),
  ..."text-transform,padding-left,margin-top,border-left-width,border-left-style,box-shadow".split(","),
  ..."translate,transform,text-align,cursor".split(","),
];

/** The computed styles of an element, after the transitions that are under way. */
function lookOf(locator: Locator): Promise<Record<string, string>> {
  return locator.evaluate(async (element, names) => {
    const ending = document.getAnimations().filter((animation) =>
      animation.effect?.getTiming().iterations !== Infinity
    );
    await Promise.allSettled(ending.map(({ finished }) => finished));
    const style = getComputedStyle(element);
    return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(name)]));
  }, LOOK);
}

/** Of the history, then of the dialog in which a backup is requested; it stays open. */
async function looksOf(page: Page): Promise<Record<string, string>[]> {
  const start = page.getByRole("button", { name: "Backup agora" });
  const inPage = [
    page.getByRole("heading", { name: "Backups", level: 1 }),
    start,
    page.getByRole("cell").first(),
    page.getByRole("columnheader").first(),
    page.getByRole("button", { name: /^Restaurar…/ }).first(),
  ];
  const looks = await Promise.all(inPage.map(lookOf));
  await start.click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Etiqueta").focus();
  const inDialog = [
    dialog,
    dialog.getByRole("heading").first(),
    dialog.getByText("Qual banco?"),
    dialog.locator("fieldset > div").first(),
    dialog.getByLabel("Etiqueta"),
    dialog.getByRole("button").last(),
  ];
  return [...looks, ...await Promise.all(inDialog.map(lookOf))];
}

/** The host's own elements. */
function hostLooks(page: Page): Promise<Record<string, string>[]> {
  const own = [
    page.getByText("ERP", { exact: true }),
    page.getByText("Vendas"),
    page.getByText("Sair do ERP"),
  ];
  return Promise.all([page.locator("body"), ...own].map(lookOf));
}

for (
  const [name, versions] of Object.entries({
    "React 18 and router 6": {
      react: "react-18",
      "react-dom": "react-dom-18",
      "react-router-dom": "react-router-dom-6",
    },
    "React 19 and router 7": {
      react: "react",
      "react-dom": "react-dom",
      "react-router-dom": "react-router-dom",
    },
  })
) {
  test(`a host with ${name} mounts the built screen, and neither changes the other's looks`, async ({ page, allowConsole }) => {
    test.setTimeout(240_000);
    allowConsole(/React Router Future Flag Warning/);
    const folder = name.replaceAll(/\W+/g, "-");
    await buildHost(folder, versions);
    await openAs(page, stack.admin);
    await ensureBackup(page);
    const standalone = await looksOf(page);
    await page.evaluate(() => localStorage.clear());

    await page.goto(`/${folder}/index.html`);
    await page.getByLabel("E-mail").fill(stack.admin.email);
    await page.getByLabel("Senha").fill(stack.admin.password);
    await page.getByRole("button", { name: "Entrar no ERP" }).click();
    await expect(page.getByRole("status")).toHaveText(stack.admin.email);
    const before = await hostLooks(page);
    await page.getByRole("link", { name: "Ir aos backups" }).click();
    await expect(page.getByRole("button", { name: /^Restaurar…/ }).first()).toBeVisible();
    expect(await hostLooks(page)).toEqual(before);
    expect(await looksOf(page)).toEqual(standalone);

    const dialog = page.getByRole("dialog");
    const submit = dialog.getByRole("button", { name: "Fazer backup da produção" });
    await expect(dialog.getByRole("radio", { name: /Produção/ }), "the form's default").toBeChecked();
    await dialog.getByLabel("Etiqueta").fill("não/serve");
    await expect(dialog.getByLabel("Etiqueta")).toHaveAttribute("aria-invalid", "true");
    await expect(submit).toBeDisabled();
    await dialog.getByLabel("Etiqueta").fill("serve");
    await expect(submit).toBeEnabled();
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();

    await page.getByRole("link", { name: "Quem fez o quê" }).click();
    await expect(page).toHaveURL(/#\/desenvolvedor\/backups\/auditoria$/);
    await page.getByRole("link", { name: "Backups", exact: true }).click();
    await expect(page).toHaveURL(/#\/desenvolvedor\/backups\/?$/);
    await page.getByLabel("Banco", { exact: true }).selectOption("dev");
    await expect(page).toHaveURL(/#\/desenvolvedor\/backups\?.*alvo=dev/);

    const kept = () => page.evaluate(() => localStorage.getItem("revo-backups-last-known"));
    await expect.poll(kept).not.toBeNull();
    await page.getByRole("button", { name: "Sair do ERP" }).click();
    await expect.poll(kept, "nothing is left for the next user").toBeNull();
  });
}
