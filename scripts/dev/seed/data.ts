/** Sample data of the ERP, made by the server itself: nothing but the number of rows goes over the wire. */
import { readFile } from "node:fs/promises";
import type { Sql } from "postgres";
import type { SchemaState } from "./schema.ts";

const COMMON = ["0_ferramentas", "1_cadastros", "2_vendas", "3_estoque_financeiro", "4_arquivos"];
const FILES: Readonly<Record<SchemaState, readonly string[]>> = {
  newest: [...COMMON, "5_prod", "6_fim"],
  older: [...COMMON, "5_dev", "6_fim"],
};

/** Fills an empty ERP with about `rows` rows in all; the same number gives the same data. */
export async function loadErpData(sql: Sql, state: SchemaState, rows: number): Promise<void> {
  const texts = await Promise.all(
    FILES[state].map((name) => readFile(new URL(`./data/${name}.sql`, import.meta.url), "utf8")),
  );
  await sql.begin(async (tx) => {
    // The rows are consistent by construction: checking each foreign key would take longer than loading.
    await tx.unsafe("set local statement_timeout = 0; set local session_replication_role = replica");
    await tx.unsafe("select set_config('semente.linhas', $1, true)", [String(rows)]);
    for (const text of texts) await tx.unsafe(text);
  });
  await sql.unsafe("set client_min_messages = error; analyze");
}
