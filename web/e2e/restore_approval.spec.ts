import { randomUUID } from "node:crypto";
import { expectAccessible } from "./axe.ts";
import { ageRun, inCatalog, newestRun } from "./catalog.ts";
import { ensureBackup, expect, FAILED_REQUEST, openAs, stack, test } from "./test.ts";

const KEY = "revo/prod/2026/01/15/supabase_prod_20260115_031022.dump.gz";

/** A restore of production that another user requests. */
async function requestOfAnother(): Promise<string> {
  const id = randomUUID();
  await inCatalog((sql) =>
    sql`insert into public.ops_db_backup_approvals
          (request_id, r2_key, plan_request_id, reason, requested_by, requested_by_id)
        values (${id}, ${KEY}, gen_random_uuid(), 'migração errada', 'bia@revo.example', gen_random_uuid())`
  );
  return id;
}

async function decisionOf(id: string): Promise<unknown> {
  const [row] = await inCatalog((sql) =>
    sql`select decision, decided_by from public.ops_db_backup_approvals where request_id = ${id}`
  );
  return row;
}

test("a second user approves or denies a restore of production, and a viewer cannot", async ({ page }) => {
  const [approved, denied] = [await requestOfAnother(), await requestOfAnother()];
  await openAs(page, stack.viewer);
  const asked = page.getByText(
    /bia@revo\.example pede a sua aprovação para restaurar a produção, até \d\d:\d\d/,
  );
  await expect(asked).toHaveCount(2);
  for (const name of ["Recusar", "Aprovar a restauração"]) {
    await expect(page.getByRole("button", { name }).first()).toBeDisabled();
  }
  await openAs(page, stack.admin);
  await expect(asked).toHaveCount(2);
  await expect(page.getByText("Motivo: migração errada").first()).toBeVisible();
  await expectAccessible(page, "requests that wait");
  await page.getByRole("button", { name: "Aprovar a restauração" }).first().click();
  await expect(asked).toHaveCount(1);
  expect(await decisionOf(approved)).toEqual({ decision: "approved", decided_by: stack.admin.email });
  await page.getByRole("button", { name: "Recusar" }).click();
  await expect(asked).toHaveCount(0);
  expect(await decisionOf(denied)).toEqual({ decision: "denied", decided_by: stack.admin.email });
});

test("the requester sees what became of the request", async ({ page }) => {
  await openAs(page, stack.admin);
  const id = await requestOfAnother();
  await inCatalog((sql) =>
    sql`update public.ops_db_backup_approvals
           set requested_by_id = (select id from auth.users where email = ${stack.admin.email}),
               requested_by = ${stack.admin.email}
         where request_id = ${id}`
  );
  const state = page.getByText(/Sua restauração da produção/);
  await expect(state).toContainText("espera a aprovação de outra pessoa", { timeout: 20_000 });
  await expect(page.getByRole("button", { name: "Aprovar a restauração" })).toHaveCount(0);
  await inCatalog((sql) =>
    sql`update public.ops_db_backup_approvals
           set decision = 'denied', decided_at = now(), decided_by_id = gen_random_uuid() where request_id = ${id}`
  );
  await expect(state).toContainText("foi recusada por outra pessoa", { timeout: 20_000 });
});

test("a repeated request stays the same one, although its simulation ages meanwhile", async ({ page, allowConsole }) => {
  test.setTimeout(180_000);
  allowConsole(FAILED_REQUEST);
  await openAs(page, stack.admin);
  await ensureBackup(page);
  await inCatalog((sql) =>
    sql`insert into public.ops_db_backup_settings values ('restore_approval', '"two-person"')`
  );
  const dialog = page.getByRole("dialog");
  const submit = dialog.getByRole("button", { name: "Restaurar em Produção" });
  const requests = () => page.waitForResponse(/functions\/v1\/ops-backups/);
  await page.getByRole("button", { name: /^Restaurar…/ }).first().click();
  await dialog.getByRole("radio", { name: /Produção/ }).check();
  await dialog.getByRole("button", { name: "Continuar" }).click();
  await dialog.getByRole("button", { name: "Simular", exact: true }).click();
  await expect(dialog.getByText(/^Simulado /)).toBeVisible({ timeout: 60_000 });
  await dialog.getByRole("button", { name: "Continuar" }).click();
  await dialog.getByLabel("Digite RESTORE_PROD para confirmar").fill("RESTORE_PROD");
  await dialog.getByLabel("Motivo").fill("voltar ao fechamento");
  await submit.click();
  await expect(dialog.getByRole("alert")).toContainText("espera a aprovação de outra pessoa");
  await ageRun((await newestRun("plan")).request_id, 31);
  for (let repeated = 0; repeated < 2; repeated++) {
    await expect(submit).toBeEnabled();
    const answered = requests();
    const reread = page.waitForResponse(/ops_db_backup_runs_list/);
    await submit.click();
    await answered;
    await reread;
    await expect(dialog.getByRole("alert")).toContainText("espera a aprovação de outra pessoa");
  }
  const [row] = await inCatalog((sql) =>
    sql`select count(*)::int as count from public.ops_db_backup_approvals where reason = 'voltar ao fechamento'`
  );
  expect(row).toEqual({ count: 1 });
  await inCatalog((sql) => sql`delete from public.ops_db_backup_settings`);
});

test("the screen warns while admins of several companies may act", async ({ page }) => {
  const warning = page.getByText(/Administradores de \d+ empresas podem restaurar o banco de todas/);
  await openAs(page, stack.admin);
  await expect(page.getByRole("button", { name: "Backup agora" })).toBeEnabled();
  await expect(warning).toHaveCount(0);
  // a member of another company gets the role of an operator
  const [member] = await inCatalog((sql) =>
    sql`select user_id, papel_id from public.empresa_usuarios where empresa_id <> md5('empresa 0')::uuid and ativo limit 1`
  );
  const setRole = (role: string) =>
    inCatalog((sql) =>
      sql`update public.empresa_usuarios set papel_id = ${role}
           where user_id = ${member?.user_id} and empresa_id <> md5('empresa 0')::uuid`
    );
  const [operator] = await inCatalog((sql) =>
    sql`select papel_id from public.papel_permissoes where modulo = 'ops' and acao = 'manage'`
  );
  await setRole(operator?.papel_id);
  await page.reload();
  await expect(warning).toBeVisible();
  await inCatalog((sql) =>
    sql`insert into public.ops_db_backup_settings
        select 'operators', jsonb_build_object('companies', jsonb_build_array(md5('empresa 0')::uuid), 'users', '[]'::jsonb)`
  );
  await page.reload();
  await expect(page.getByRole("button", { name: "Backup agora" })).toBeEnabled();
  await expect(warning).toHaveCount(0);
  await inCatalog((sql) => sql`delete from public.ops_db_backup_settings`);
  await setRole(member?.papel_id);
});
