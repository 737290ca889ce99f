/**
 * A look of the screen, from the tab's request to its answer: function, catalog and the workflow on the local GitHub. A person
 * who is in the backup alone is searched, and must be in the sealed answer alone.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dispatchedSchema, lookStartedSchema, lookStateSchema } from "@backup/api.ts";
import { lookAnswerSchema, type SealedOrder } from "@backup/look/order.ts";
import { LookTab } from "@backup/look/seal.ts";
import { tryParseArchiveKey } from "@backup/vault/object_key.ts";
import { REPOSITORY, type Stack } from "../../dev/stack.ts";
import { openR2Vault } from "../../lib/vault/open_vault.ts";
import { ask } from "../function_caller.ts";
import { type FunctionPlace, waitForEnd } from "../function_place.ts";

const NAME = "Zuleica Canário Inventada";
const DOCUMENT = "52998224725";
const REASON = "pedido da titular dos dados";

export function describeLooks(place: () => FunctionPlace): void {
  const asManager = (body: object) => ask(place().stack, { token: place().tokens.manager, body });
  let key = "";
  const lines: string[] = [];
  const listen = (line: string) => void lines.push(line);

  /** Asks, waits, opens. */
  async function look(order: Partial<SealedOrder>) {
    const requestId = crypto.randomUUID();
    const request = { table: null, page: 1, search: null, show: false, ...order };
    const tab = await LookTab.ask(place().stack.keys.lookPublic, { requestId, r2Key: key }, request);
    const { body } = await asManager({
      ...{ action: "look", request_id: requestId, r2_key: key, reason: REASON },
      sealed: tab.sealed,
    });
    const started = lookStartedSchema.parse(body);
    const ask = {
      ...{ action: "look_answer", request_id: requestId },
      ...(started.github_run_id === null ? {} : { github_run_id: started.github_run_id }),
    };
    let taken: Awaited<ReturnType<typeof asManager>>["body"] = {};
    const read = async () => {
      ({ body: taken } = await asManager(ask));
      return String(taken.state ?? taken.error);
    };
    await expect.poll(read, { timeout: 60_000, interval: 300 }).not.toMatch(/^(waiting|reading)$/);
    if (taken.error !== undefined) throw new Error(String(taken.error));
    const { sealed } = lookStateSchema.parse(taken);
    if (sealed === null) throw new Error("There is no answer");
    return { requestId, tab, sealed, answer: lookAnswerSchema.parse(await tab.open(sealed)) };
  }

  describe("a look", () => {
    beforeAll(() => void place().listeners.add(listen));
    afterAll(() => void place().listeners.delete(listen));

    it("reads a backup whose database has lost a person since", { timeout: 60_000 }, async () => {
      const { stack } = place();
      const dev = postgres(stack.databases.dev, { max: 1, onnotice: () => {} });
      await dev`
        insert into public.clientes (empresa_id, nome, documento, cidade, uf)
        select id, ${NAME}, ${DOCUMENT}, 'Cidade da Consulta', 'SP' from public.empresas limit 1`;
      const { body } = await asManager({ action: "backup", target: "dev", mode: "full" });
      const run = await waitForEnd(place(), dispatchedSchema.parse(body).request_id);
      expect(run).toMatchObject({ status: "succeeded", error_message: null });
      key = run.r2_key ?? "";
      await dev`delete from public.clientes where documento = ${DOCUMENT}`;
      await dev.end();
    });

    it(
      "finds a person of the backup, who is then nowhere but in the answer",
      { timeout: 120_000 },
      async () => {
        const { stack, sql } = place();
        const found = await look({ search: DOCUMENT });
        const [table] = found.answer.found;
        expect(found.answer).toMatchObject({ hits: 1, cut: false, trusted: true });
        expect(table).toMatchObject({ schema: "public", table: "clientes" });
        const cell = (name: string) => table?.rows[0]?.values[table.columns.indexOf(name)];
        expect(table?.covered).toEqual(expect.arrayContaining(["nome", "documento"]));
        expect([cell("nome"), cell("documento"), cell("cidade")]).toEqual([null, null, "Cidade da Consulta"]);

        const shown = await look({ table: "public.clientes", search: "zuleica canario", show: true });
        expect(JSON.stringify(shown.answer)).toContain(NAME);
        expect(shown.answer.found[0]?.covered).toEqual([]);

        const records = await sql`
        select actor, target, r2_key, record::jsonb -> 'detail' as detail from public.ops_db_backup_audit
         where event = 'look' order by seq`;
        const common = { reason: REASON, on: "screen", what: "search", hits: 1, rows: 1 };
        expect(records).toMatchObject([
          { target: "dev", r2_key: key, detail: { ...common, table: null, personal_columns: "covered" } },
          { detail: { ...common, table: "public.clientes", personal_columns: "shown" } },
        ]);
        expect(records[0]?.actor).toBe(stack.users.admin.email);

        const places = {
          tables: await rowsOf(sql),
          vault: await vaultBesideArchives(stack),
          log: lines.join("\n"),
          files: await textsBelow(join(stack.dir, "logs")),
          runs: await runsOf(stack),
        };
        expect(places.log).toContain("answered: the answer is sealed");
        expect(places.runs).toContain(found.requestId);
        for (const [name, text] of Object.entries(places)) {
          for (const secret of [DOCUMENT, NAME, "zuleica canario", "Cidade da Consulta"]) {
            expect(text.includes(secret), `${secret} in ${name}`).toBe(false);
          }
        }
      },
    );

    it("gives a page; the answer is gone once it was read", { timeout: 60_000 }, async () => {
      const { requestId, answer } = await look({ table: "public.clientes", page: 1 });
      expect(answer.found[0]?.rows.length).toBeGreaterThan(10);
      expect(answer.found[0]?.rows).toHaveLength(answer.found[0]?.table_rows ?? 0);
      expect(answer.hits).toBeNull();
      const again = await asManager({ action: "look_answer", request_id: requestId });
      expect([again.status, again.body.error]).toEqual([404, "look_expired"]);
      const [left] = await place().sql`select count(*)::int as n from public.ops_db_backup_sealed`;
      expect(left).toEqual({ n: 0 });
    });

    it("fails with a code that quotes no text", { timeout: 60_000 }, async () => {
      const wrong = look({ table: "public.nao_existe_zuleica" });
      await expect(wrong).rejects.toThrow("invalid_payload");
      expect(lines.join("\n")).toContain("invalid_payload: Cannot answer the look");
      expect(lines.join("\n")).not.toContain("nao_existe_zuleica");
    });
  });
}

/** All rows of the catalog. */
async function rowsOf(sql: postgres.Sql): Promise<string> {
  const tables = await sql<{ name: string }[]>`
    select relname as name from pg_class
     where relnamespace = 'public'::regnamespace and relkind = 'r' and starts_with(relname, 'ops_db_backup')`;
  const rows = await Promise.all(
    tables.map(({ name }) => sql`select t::text as row from public.${sql(name)} t`),
  );
  return rows.flat().map(({ row }) => String(row)).join("\n");
}

/** Everything in the vault but the archives, which have all rows. */
async function vaultBesideArchives({ r2 }: Stack): Promise<string> {
  const vault = openR2Vault(r2);
  const texts: string[] = [];
  for await (const { key } of vault.list("")) {
    if (tryParseArchiveKey(key) === null) texts.push(key, await vault.text(key));
  }
  return texts.join("\n");
}

/** What GitHub shows of the runs. */
async function runsOf({ urls, github }: Stack): Promise<string> {
  const answer = await fetch(`${urls.github}/repos/${REPOSITORY}/actions/workflows/db-backup-look.yml/runs`, {
    headers: { authorization: `Bearer ${github.token}` },
  });
  return await answer.text();
}

async function textsBelow(folder: string): Promise<string> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const texts = files.filter((file) => file.isFile()).map((file) =>
    readFile(join(file.parentPath, file.name), "latin1")
  );
  return (await Promise.all(texts)).join("\n");
}
