/** Who may restore production, as one check. */
import type { Result } from "@backup/result.ts";
import { type Managers, readManagers } from "../catalog/prod_managers.ts";
import type { Connection } from "../postgres/connection.ts";
import { Session } from "../postgres/session.ts";
import { type CheckVerdict, notChecked } from "./check.ts";

/** Changes nothing. @throws {BackupError} `database_*`. */
export async function askManagers(connection: Connection, signal?: AbortSignal): Promise<Managers | null> {
  const session = await Session.open({ connection, signal });
  try {
    await session.run("begin read only;");
    return await readManagers(session);
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
