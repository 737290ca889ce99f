/** Conditions of the control plane, by catalog, GitHub and tokens: lost runs, a changed audit, schedules that do not start. */
import type { AuditFacts, CatalogFacts, Condition, TokenFacts, WorkflowFacts } from "./conditions.ts";
import { days, TOKEN_EXPIRES_NOW_MS, TOKEN_EXPIRES_SOON_MS } from "../service_levels.ts";
import { age, hoursBetween, moment, shortened } from "./text.ts";

const TOKEN_DAYS = days(TOKEN_EXPIRES_SOON_MS);
const URGENT_TOKEN_DAYS = days(TOKEN_EXPIRES_NOW_MS);

export function catalogConditions({ lostRuns, breakGlass, audit }: CatalogFacts): Condition[] {
  return [runLost(lostRuns), breakGlassUsed(breakGlass), auditBroken(audit)].filter((condition) =>
    condition !== null
  );
}

export function gitHubConditions(workflows: readonly WorkflowFacts[], now: string): Condition[] {
  return [workflowDisabled(workflows), scheduleNotFired(workflows, now)]
    .filter((condition) => condition !== null);
}

export function tokenConditions(tokens: readonly TokenFacts[], now: string): Condition[] {
  const ending = tokens.flatMap(({ name, expiresAt }) => {
    const days = expiresAt === null ? -1 : hoursBetween(now, expiresAt) / 24;
    return days > TOKEN_DAYS ? [] : [{ name, expiresAt, days }];
  });
  if (ending.length === 0) return [];
  const urgent = ending.some(({ days }) => days <= URGENT_TOKEN_DAYS);
  return [{
    id: "secret_expiring",
    severity: urgent ? "failed" : "warning",
    title: "Uma credencial dos backups está no fim",
    risk: "Quando ela acabar, a tela não consegue mais iniciar backups nem restaurações.",
    facts: ending.map(({ name, expiresAt, days }) =>
      expiresAt === null || days <= 0
        ? `${name}: não vale mais.`
        : `${name}: vale até ${moment(expiresAt)}, mais ${age(days * 24)}.`
    ),
    todo: "Crie um token novo com as mesmas permissões e grave-o nos segredos da função e do repositório.",
    material: ending.map(({ name, expiresAt, days }) => `${name} ${expiresAt} ${stage(days)}`).join("\n"),
  }];
}

function stage(days: number): string {
  return days <= 0 ? "ended" : days <= URGENT_TOKEN_DAYS ? "urgent" : "soon";
}

function runLost(lost: CatalogFacts["lostRuns"]): Condition | null {
  if (lost.length === 0) return null;
  return {
    id: "run_lost",
    severity: "failed",
    title: "Uma execução parou de dar notícias",
    risk: "Um backup, uma restauração ou um ensaio começou e ninguém sabe como terminou.",
    facts: shortened(
      lost.map(({ kind, target, at, runUrl }) =>
        `${kind} de ${target}, ${moment(at)}: ${runUrl ?? "sem link"}`
      ),
    ),
    todo: "Abra o log no GitHub; se era uma restauração, confira o banco de destino antes de repetir.",
    material: lost.map(({ requestId }) => requestId).sort().join("\n"),
  };
}

function breakGlassUsed(uses: CatalogFacts["breakGlass"]): Condition | null {
  if (uses.length === 0) return null;
  return {
    id: "break_glass",
    severity: "failed",
    title: "Uma restauração da produção começou sem um pedido na tela",
    risk:
      "Com a variável REVO_BREAK_GLASS do repositório ela não precisou do pedido de um usuário conectado.",
    facts: shortened(
      uses.map(({ at, actor, key, reason, runUrl }) =>
        `${moment(at)}, ${actor ?? "sem nome"}: ${key ?? "sem chave"}, motivo “${reason ?? "sem motivo"}”, ` +
        (runUrl ?? "sem link")
      ),
    ),
    todo: "Confirme com essa pessoa que foi ela, e apague a variável REVO_BREAK_GLASS do repositório.",
    material: uses.map(({ requestId, at }) => requestId ?? at).sort().join("\n"),
  };
}

const BROKEN = {
  database: "no banco",
  vault: "na cópia do cofre",
  between: "o banco não diz o mesmo que a cópia do cofre",
} as const;

function auditBroken(audit: AuditFacts | null): Condition | null {
  if (audit === null || audit.ok) return null;
  const { brokenAt } = audit;
  const where = brokenAt === null
    ? "Lugar desconhecido"
    : `Cadeia ${brokenAt.chainId}, registro ${brokenAt.seq}: ${BROKEN[brokenAt.where]}`;
  return {
    id: "audit_broken",
    severity: "failed",
    title: "A auditoria dos backups foi alterada",
    risk:
      "O registro de quem pediu e fez o quê não é mais o que foi escrito: alguém com acesso ao banco ou ao cofre o alterou.",
    facts: [`${where} (${brokenAt?.reason ?? "sem detalhe"}).`],
    todo: "Compare o banco com as cópias em audit/ no cofre, troque as senhas e descubra quem teve acesso.",
    material: where,
  };
}

function workflowDisabled(workflows: readonly WorkflowFacts[]): Condition | null {
  const off = workflows.filter(({ state }) => state !== "active");
  if (off.length === 0) return null;
  return {
    id: "workflow_disabled",
    severity: "failed",
    title: "Um workflow dos backups está desligado",
    risk: "O que ele faz (backup, ensaio, limpeza ou vigia) não é mais feito.",
    facts: off.map(({ file, state }) => `${file}: ${state ?? "não existe no ramo padrão"}`),
    todo: 'No GitHub, em Actions, escolha o workflow e clique em "Enable workflow".',
    material: off.map(({ file, state }) => `${file} ${state}`).join("\n"),
  };
}

function scheduleNotFired(workflows: readonly WorkflowFacts[], now: string): Condition | null {
  const late = workflows.filter(({ state, scheduleHours, lastFiredAt }) =>
    state === "active" && scheduleHours !== null && hoursBetween(lastFiredAt, now) > scheduleHours
  );
  if (late.length === 0) return null;
  return {
    id: "schedule_not_fired",
    severity: "warning",
    title: "Um agendamento não foi iniciado",
    risk: "O GitHub não iniciou no horário; depois de 60 dias sem atividade ele desliga os agendamentos.",
    facts: late.map(({ file, lastFiredAt, scheduleHours }) =>
      `${file}: último início agendado ${moment(lastFiredAt)}, há ${
        age(hoursBetween(lastFiredAt, now))
      } (limite ${age(scheduleHours ?? 0)})`
    ),
    todo: "Rode o workflow à mão agora e veja em githubstatus.com se o GitHub Actions está com problemas.",
    material: late.map(({ file }) => file).join("\n"),
  };
}
