/**
 * Takes the screenshots of docs/screens/ from a running stack: `npx tsx scripts/dev/screenshots.ts`. Fields of dates follow the
 * browser's own language: it needs Debian's chromium and chromium-l10n, and `E2E_CHROMIUM=/usr/lib/chromium/chromium`.
 */
import { chromium, type Page } from "@playwright/test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import postgres from "postgres";
import { SAMPLE_BUCKET } from "@backup/vault/sample.ts";
import { CHROMIUM_LAUNCH } from "./chromium.ts";
import { ROOT } from "./root.ts";
import { startStack } from "./stack.ts";
import type { Stack } from "./stack_types.ts";
import { terminalLine } from "./terminal_line.ts";

const FOLDER = join(ROOT, "docs", "screens");
const PAGE = "/desenvolvedor/backups";
const WIDE = { width: 1440, height: 1000 };
const NARROW = { width: 360, height: 800 };
/** A run of a workflow, on a loaded machine. */
const RUN_MS = 180_000;

const browser = await chromium.launch({ ...CHROMIUM_LAUNCH, env: { ...process.env, LANGUAGE: "pt_BR" } });
const page = await browser.newPage({
  locale: "pt-BR",
  timezoneId: "America/Sao_Paulo",
  viewport: WIDE,
  reducedMotion: "reduce",
});
page.setDefaultTimeout(60_000);
await requirePortuguese(page);
const stack = await startStack({
  web: "built",
  ports: "free",
  rows: 200_000,
  history: true,
  log: (text) => {
    const line = terminalLine(text);
    if (line !== null) process.stderr.write(line + "\n");
  },
});
try {
  await inProd(asInstalled);
  await mkdir(FOLDER, { recursive: true });
  await signIn(page, stack);
  await pictureHistory(page);
  await pictureRuns(page);
  await inProd(loseRows);
  await pictureRestore(page);
  await pictureDark(page);
  await pictureTroubles(page, stack);
} finally {
  await browser.close();
  await stack.stop();
}

async function signIn(page: Page, { urls, users }: Stack): Promise<void> {
  await page.goto(urls.screen ?? "");
  await page.getByLabel("E-mail").fill(users.admin.email);
  await page.getByLabel("Senha").fill(users.admin.password);
  await page.getByRole("button", { name: "Entrar" }).click();
  await settle(page);
}

/** Navigates to a place of the history. */
async function visit(page: Page, query = ""): Promise<void> {
  await page.goto(`${stack.urls.screen}${PAGE}${query}`);
  await settle(page);
}

/** Waits until nothing is loading. */
async function settle(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Backup agora" }).waitFor();
  await page.waitForLoadState("networkidle");
  await page.locator("[aria-busy=true]").first().waitFor({ state: "detached" });
  // what is loaded last
  await page.getByText(/^No cofre:/).waitFor();
  await page.getByRole("link", { name: /^Ajuda: O que fazer com um backup/ }).waitFor();
}

/** @throws {Error} when fields of dates do not begin with the day. */
async function requirePortuguese(page: Page): Promise<void> {
  await page.setContent("<input type=date>");
  const { nodes } = await (await page.context().newCDPSession(page)).send("Accessibility.getFullAXTree");
  const first = nodes.find(({ name }) => name?.value === "dd" || name?.value === "mm");
  if (first?.name?.value !== "dd") {
    throw new Error(
      "Cannot take pictures without the browser's Portuguese: apt-get install chromium chromium-l10n",
    );
  }
}

async function inProd(work: (sql: postgres.Sql) => Promise<void>): Promise<void> {
  const sql = postgres(stack.databases.prod, { max: 1, onnotice: () => {} });
  try {
    await work(sql);
  } finally {
    await sql.end();
  }
}

/** The sample history as that of an installation that has run for two months. */
async function asInstalled(sql: postgres.Sql): Promise<void> {
  const person = "ana@revo.exemplo.br";
  await sql`update public.ops_db_backup_runs set reason = null, requested_by =
              case when requested_by like 'amostra@%' then ${person} else requested_by end`;
  await sql`update public.ops_db_backups set r2_bucket = 'revo-erp-backups-prod',
              manifest = jsonb_set(manifest, '{source,host}', '"db.revo.exemplo.br"', false), requested_by =
              case when requested_by like 'amostra@%' then ${person} else requested_by end
             where r2_bucket = ${SAMPLE_BUCKET}`;
  for (const name of ["watchdog", "watch", "doctor"]) {
    await sql`select public.ops_db_backup_report(${sql.json({ name, status: "ok", report: {} })})`;
  }
}

/** Items that somebody deleted by mistake after the last backup, and orders that were entered since. */
async function loseRows(sql: postgres.Sql): Promise<void> {
  await sql`delete from public.itens_pedido where ctid in (select ctid from public.itens_pedido limit 25)`;
  await sql`insert into public.pedidos (empresa_id, cliente_id) select empresa_id, cliente_id from public.pedidos limit 3`;
}

async function take(page: Page, name: string): Promise<void> {
  await page.waitForLoadState("networkidle");
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
}

async function pictureHistory(page: Page): Promise<void> {
  await take(page, "historico");
  await page.locator("[data-state=overdue]").first().hover();
  await page.locator("[data-state=overdue]").first().scrollIntoViewIfNeeded();
  await take(page, "dia-sem-backup");
  await visit(page, "?estado=failed");
  await take(page, "tentativa-que-falhou");
  await visit(page);
  const proven = page.getByRole("row").filter({ hasText: "Provado" }).first();
  await proven.getByRole("button", { name: /^Detalhes/ }).click();
  await page.getByRole("region", { name: "Manifesto" }).getByRole("table").waitFor();
  await take(page, "detalhes");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: /^Vigia/ }).click();
  await page.getByRole("button", { name: "Verificar agora" }).click();
  await page.getByText(/^\d+ verificações$/).waitFor();
  await take(page, "saude");
  await page.keyboard.press("Escape");
}

async function pictureRuns(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Backup agora" }).click();
  await page.getByLabel("Etiqueta").fill("fechamento de novembro");
  await take(page, "backup-agora");
  await page.getByRole("dialog").getByRole("button", { name: "Fazer backup da produção" }).click();
  await page.getByRole("region", { name: "Em andamento" }).getByText("Em execução").waitFor();
  await page.screenshot({ path: join(FOLDER, "em-andamento.png") });
  await page.getByRole("table").getByRole("row").filter({ hasText: "fechamento_de_novembro" }).waitFor({
    timeout: RUN_MS,
  });
  await take(page, "acabou-de-terminar");
}

async function pictureRestore(page: Page): Promise<void> {
  const row = page.getByRole("table").getByRole("row").filter({ hasText: "fechamento_de_novembro" });
  await row.getByRole("button", { name: /^Restaurar…/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("radio", { name: /Produção/ }).check();
  await take(page, "restaurar");
  await dialog.getByRole("button", { name: "Continuar" }).click();
  await dialog.getByRole("button", { name: "Simular", exact: true }).click();
  await dialog.getByText(/^Simulado /).waitFor({ timeout: RUN_MS });
  await take(page, "simulacao");
  await dialog.getByRole("button", { name: "Continuar" }).click();
  await take(page, "restaurar-producao");
  await page.keyboard.press("Escape");
}

async function pictureDark(page: Page): Promise<void> {
  await page.emulateMedia({ colorScheme: "dark" });
  await visit(page);
  await take(page, "historico-escuro");
  await page.setViewportSize(NARROW);
  await visit(page);
  await take(page, "historico-escuro-360");
  await page.getByRole("button", { name: /^Detalhes/ }).first().click();
  await page.getByRole("region", { name: "Manifesto" }).getByRole("table").waitFor();
  await take(page, "detalhes-escuro-360");
  await page.keyboard.press("Escape");
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(WIDE);
}

/** The empty history and the unreachable server. */
async function pictureTroubles(page: Page, stack: Stack): Promise<void> {
  await inProd(async (sql) => {
    await sql`delete from public.ops_db_backups`;
    await sql`delete from public.ops_db_backup_runs`;
    await sql`delete from public.ops_db_backup_reports`;
  });
  await visit(page);
  await take(page, "nada-ainda");
  await stack.stopPart("supabase");
  await page.getByLabel("Banco", { exact: true }).selectOption("dev");
  await page.getByText("Não foi possível carregar o histórico.").waitFor();
  await take(page, "sem-resposta");
}
