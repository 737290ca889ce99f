/** Revo's permission functions as the baseline creates them in a database without them. */
import type { Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asCaller, migrate, outcomeOf, TestCluster, userId } from "./cluster.ts";

let cluster: TestCluster;
let sql: Sql;
beforeAll(async () => {
  cluster = await TestCluster.start();
  sql = await cluster.createMigrated("baseline");
});
afterAll(() => cluster.stop());

async function rightsOf(name: string) {
  return await sql.begin(async (tx) => {
    await tx.unsafe(
      "select set_config('role', 'authenticated', true), set_config('request.jwt.claims', $1, true)",
      [
        JSON.stringify({ sub: userId(name) }),
      ],
    );
    const [row] = await tx.unsafe(`
      select public.has_permission_for_current_user('ops', 'view') as view,
             public.has_permission_for_current_user('ops', 'manage') as manage,
             public.current_empresa_id() as company`);
    return row;
  });
}

describe("the signed-in user's permissions", () => {
  const open = userId("open company");
  it.each([
    ["viewer", { view: true, manage: false, company: open }],
    ["manager", { view: true, manage: true, company: open }],
    ["undecided", { view: true, manage: true, company: null }],
    ["dismissed", { view: false, manage: false, company: null }],
    ["no_rights", { view: false, manage: false, company: null }], // works for a closed company only
    ["unheard of", { view: false, manage: false, company: null }],
  ])("%s", async (name, expected) => {
    expect(await rightsOf(name)).toEqual(expected);
  });

  it("follow the active company if there is one", async () => {
    await sql.unsafe(`
      insert into public.empresas (id, razao_social, nome_fantasia, cnpj)
        values (md5('second')::uuid, 'Segunda', 'Segunda', '11555666000190');
      insert into auth.users (id, email) values (md5('in two')::uuid, 'two@example.com');
      insert into public.empresa_usuarios (empresa_id, user_id, papel_id) values
        (md5('open company')::uuid, md5('in two')::uuid, md5('reader')::uuid),
        (md5('second')::uuid, md5('in two')::uuid, md5('operator')::uuid);
      insert into public.usuario_empresa_ativa (user_id, empresa_id)
        values (md5('in two')::uuid, md5('open company')::uuid)`);
    expect(await rightsOf("in two")).toMatchObject({ view: true, manage: false });
    await sql.unsafe(`update public.usuario_empresa_ativa set empresa_id = md5('second')::uuid
                       where user_id = md5('in two')::uuid`);
    expect(await rightsOf("in two")).toMatchObject({ view: true, manage: true });
  });
});

describe("a signed-in user", () => {
  const choose = (company: string, who: string) =>
    `insert into public.usuario_empresa_ativa (user_id, empresa_id) values ('${
      userId(who)
    }', md5('${company}')::uuid)`;

  it("selects one of its companies", async () => {
    const outcome = await outcomeOf(
      asCaller(sql, "undecided", (tx) => tx.unsafe(choose("open company", "undecided"))),
    );
    expect(outcome).toBe("ok");
  });

  it.each([
    ["a company of others", choose("closed company", "undecided")],
    ["for another user", choose("open company", "no_rights")],
    [
      "a role for themselves",
      `insert into public.empresa_usuarios (empresa_id, user_id, papel_id)
       values (md5('closed company')::uuid, '${userId("undecided")}', md5('operator')::uuid)`,
    ],
    [
      "more rights for their role",
      `insert into public.papel_permissoes values (md5('reader')::uuid, 'ops', 'manage')`,
    ],
  ])("cannot select %s", async (_what, statement) => {
    expect(await outcomeOf(asCaller(sql, "undecided", (tx) => tx.unsafe(statement)))).toBe("42501");
  });

  it("reads its own memberships and companies only", async () => {
    const [visible] = await asCaller(sql, "viewer", (tx) =>
      tx.unsafe(`
        select (select array_agg(nome_fantasia) from public.empresas) as companies,
               (select array_agg(distinct user_id) from public.empresa_usuarios) as users`));
    expect(visible).toEqual({ companies: ["Aberta"], users: [userId("viewer")] });
  });
});

it("creates only the functions that do not exist", async () => {
  const partial = await cluster.createDatabase("partial");
  await partial.unsafe(`create function public.current_empresa_id() returns uuid language sql stable
                          as $$ select '00000000-0000-4000-8000-000000000001'::uuid $$`);
  await migrate(partial);
  const [row] = await partial.unsafe(`
    select public.current_empresa_id() as company, public.has_permission_for_current_user('ops', 'view') as may`);
  expect(row).toEqual({ company: "00000000-0000-4000-8000-000000000001", may: false });
});
