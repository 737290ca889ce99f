/** Rows of a backup on the screen: searched, covered, shown, erased; and refused. */
import type { Page } from "@playwright/test";
import { expectAccessible } from "./axe.ts";
import { inCatalog } from "./catalog.ts";
import { ensureBackup, expect, FAILED_REQUEST, openAs, openWith, signedIn, stack, test } from "./test.ts";

const part = (page: Page) => page.getByRole("region", { name: "Olhar dentro" });
const form = (page: Page) => page.getByRole("form", { name: "Olhar dentro do backup" });
/** The job, and the function's answers before and after it. */
const JOB = { timeout: 60_000 };

/** The page with the details of the newest stored backup of prod with rows, and a customer who is in it. */
async function place() {
  return await inCatalog(async (sql) => {
    const [row] = await sql<{ r2_key: string }[]>`
      select r2_key from public.ops_db_backups
       where r2_bucket = 'revo-erp-backups-prod' and status = 'uploaded' and mode = 'full' and target = 'prod'
       order by created_at desc limit 1`;
    const [person] = await sql<{ nome: string; documento: string; cidade: string }[]>`
      select nome, documento, cidade from public.clientes order by criado_em, id limit 1`;
    if (row === undefined || person === undefined) {
      throw new Error("There is no stored backup with a customer");
    }
    return { page: `/desenvolvedor/backups?detalhes=${row.r2_key}`, person };
  });
}

test("an admin finds a person, whose data is covered until asked for, and erases it", async ({ page }) => {
  test.setTimeout(180_000);
  await openAs(page, stack.admin);
  await ensureBackup(page);
  const { page: details, person } = await place();
  await page.goto(details);
  await part(page).getByRole("button", { name: "Olhar dentro…" }).click();
  await form(page).getByRole("button", { name: "Consultar" }).click();
  await expect(form(page).getByText("Escreva o que procurar, ou escolha uma tabela.")).toBeVisible();
  await form(page).getByLabel("Motivo").fill("curto");
  await form(page).getByLabel("CPF, nome, número do pedido").fill(person.documento);
  await expect(form(page).getByText("Escreva o motivo com ao menos 10 letras.")).toBeVisible();
  await form(page).getByLabel("Motivo").fill("pedido do titular dos dados");
  await expectAccessible(page, "the form of a look");

  await form(page).getByRole("button", { name: "Consultar" }).click();
  await expect(part(page).getByRole("status")).toContainText("cerca de um minuto");
  const rows = page.getByRole("region", { name: "Registros de public.clientes" });
  await expect(rows).toBeVisible(JOB);
  await expect(rows.getByRole("row").nth(1)).toContainText(person.cidade);
  await expect(rows.getByText("coberto").first()).toBeAttached();
  expect(await page.content()).not.toContain(person.nome);
  await expectAccessible(page, "the rows of a look");

  await part(page).getByRole("button", { name: "Mostrar dados pessoais" }).click();
  await expect(rows).toBeHidden();
  await expect(rows).toContainText(person.nome, JOB);
  await expect(part(page).getByRole("button", { name: "Mostrar dados pessoais" })).toHaveCount(0);
  const kept = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href])
  );
  for (const secret of [person.nome, person.documento]) expect(kept).not.toContain(secret);

  await part(page).getByRole("button", { name: "Apagar agora" }).click();
  await expect(rows).toHaveCount(0);
  await expect(form(page).getByLabel("CPF, nome, número do pedido")).toHaveValue("");
  expect(await page.content()).not.toContain(person.nome);

  await page.goto("/desenvolvedor/backups/auditoria");
  await page.getByLabel("O quê").selectOption("look");
  const entries = page.getByRole("list", { name: "Registros" }).getByRole("listitem");
  await expect(entries.nth(0)).toContainText("com os dados pessoais");
  await expect(entries.nth(1)).toContainText("sem os dados pessoais");
  await expect(entries.nth(1)).toContainText("pedido do titular dos dados");
  await expect(page.getByText(person.documento)).toHaveCount(0);
});

test("a look that fails says why; one that is cancelled is deleted", async ({ page, allowConsole }) => {
  test.setTimeout(120_000);
  allowConsole(FAILED_REQUEST);
  await openAs(page, stack.admin);
  await ensureBackup(page);
  const { page: details } = await place();
  await page.goto(details);
  const ask = async () => {
    await form(page).getByLabel("Onde").selectOption("public.clientes");
    await form(page).getByLabel("Motivo").fill("pedido do titular dos dados");
    await form(page).getByRole("button", { name: "Consultar" }).click();
    await expect(part(page).getByRole("button", { name: "Cancelar a consulta" })).toBeVisible();
  };
  await part(page).getByRole("button", { name: "Olhar dentro…" }).click();
  await ask();
  await expect(part(page).getByRole("link", { name: "Ver no GitHub" })).toBeVisible();
  const withdrawn = page.waitForResponse((response) =>
    response.request().postData()?.includes("look_withdraw") ?? false
  );
  await part(page).getByRole("button", { name: "Cancelar a consulta" }).click();
  expect(await (await withdrawn).json()).toMatchObject({ withdrawn: true });
  const left = await inCatalog((sql) => sql`select from public.ops_db_backup_sealed`);
  expect(left).toHaveLength(0);

  await page.route("**/functions/v1/ops-backups", async (route) => {
    if (route.request().postDataJSON().action !== "look_answer") return await route.continue();
    const body = { ok: false, error: "look_failed", message: "O GitHub encerrou a consulta sem resposta." };
    await route.fulfill({ status: 502, json: body });
  });
  await ask();
  await expect(part(page).getByRole("alert")).toContainText("O GitHub encerrou a consulta sem resposta.");
  await expect(form(page).getByRole("button", { name: "Consultar" })).toBeVisible();
  await page.unrouteAll({ behavior: "ignoreErrors" });
});

test("without the right the button says why; without the installation's keys there is none", async ({ page }) => {
  const { page: details } = await place();
  await openWith(page, await signedIn(stack.viewer), details);
  await expect(part(page).getByRole("button", { name: "Olhar dentro…" })).toBeDisabled();
  await page.route("**/functions/v1/ops-backups", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...await response.json(), look: false } });
  });
  await page.reload();
  await expect(page.getByRole("region", { name: "Manifesto" })).toBeVisible();
  await expect(part(page)).toHaveCount(0);
  await page.unrouteAll({ behavior: "ignoreErrors" });
});
