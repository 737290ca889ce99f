/** How many users of how many companies may restore production: a restore takes every company back in time. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { Result } from "@backup/result.ts";
import type { Connection } from "../postgres/connection.ts";
import { Session } from "../postgres/session.ts";
import { type CheckVerdict, notChecked } from "./check.ts";

const managersSchema = z.object({ users: z.number(), companies: z.number(), isCut: z.boolean() });
export type Managers = z.infer<typeof managersSchema>;

const HAS_FUNCTIONS =
  `select to_json(to_regprocedure('public.has_permission_for_current_user(text,text)') is not null
  and to_regprocedure('public.current_empresa_id()') is not null);`;

/** Changes nothing. @returns `null` for a database without the ERP's permission functions. @throws {BackupError} `database_*`. */
export async function readManagers(connection: Connection, signal?: AbortSignal): Promise<Managers | null> {
  const session = await Session.open({ connection, signal });
  try {
    await session.run("begin read only;");
    if (await session.value(HAS_FUNCTIONS) !== true) return null;
    await session.run(await readFile(new URL("./prod_managers.sql", import.meta.url), "utf8"));
    return managersSchema.parse(await session.value("select current_setting('revo.managers')::json;"));
  } finally {
    await session.kill();
  }
}

export function managersVerdict(managers: Result<Managers | null>): CheckVerdict {
  if (!managers.ok) return notChecked(`as permissões não puderam ser lidas (${managers.message})`);
  if (managers.value === null) return notChecked("o banco prod não tem as funções de permissão do ERP");
  const { users, companies, isCut } = managers.value;
  const who = `${isCut ? "Pelo menos " : ""}${users} ${
    users === 1 ? "usuário" : "usuários"
  } de ${companies} ${companies === 1 ? "empresa" : "empresas"}`;
  const facts = { users, companies };
  if (companies <= 1) return { status: "ok", message: `Podem restaurar a produção: ${who}.`, facts };
  return {
    status: "failed",
    message: `Podem restaurar a produção: ${who}. Uma restauração volta os dados de todas as empresas.`,
    hint:
      "Diga na configuração “operators” quais empresas e usuários cuidam dos backups (docs/production.md), ou tire " +
      "ops:manage de quem não cuida.",
    facts,
  };
}
