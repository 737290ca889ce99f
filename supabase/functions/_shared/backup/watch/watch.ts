/**
 * The watch: evaluates facts into conditions. Conditions whose facts could not be read are unknown: they are neither
 * raised nor cleared.
 */
import type { Condition, ConditionId, Severity, WatchFacts } from "./conditions.ts";
import type { Result } from "../result.ts";
import { catalogConditions, gitHubConditions, tokenConditions } from "./control_plane.ts";
import { silenceConditions } from "./silence.ts";
import { vaultConditions } from "./vault.ts";

export interface Watched {
  conditions: Condition[];
  /** Conditions that could not be evaluated. */
  unknown: ConditionId[];
}

/** The conditions that each source decides: unknown while the source does not answer. */
const DECIDED_BY = {
  vault: [
    "backup_overdue",
    "backup_corrupt",
    "dated_ahead",
    "unsigned_backup",
    "signing_off",
    "unopenable_backup",
    "proof_overdue",
    "size_dropped",
    "rows_dropped",
  ],
  catalog: ["run_lost", "break_glass", "audit_broken"],
  github: ["workflow_disabled", "schedule_not_fired"],
  tokens: ["secret_expiring"],
} as const satisfies Record<string, readonly ConditionId[]>;

/** @example watch(facts).conditions.map(({ id }) => id) // ["backup_overdue"] */
export function watch(facts: WatchFacts): Watched {
  const { vault, catalog, github, tokens, other } = facts;
  const conditions = [
    ...evaluate(vault, (value) => vaultConditions(value, facts), vaultUnreachable),
    ...evaluate(catalog, catalogConditions, catalogUnreachable),
    ...evaluate(github, (value) => gitHubConditions(value, facts.now), gitHubUnreachable),
    ...evaluate(tokens, (value) => tokenConditions(value, facts.now), gitHubUnreachable),
    ...silenceConditions(other, facts.now),
  ];
  const unknown = [
    ...vault?.ok ? [] : DECIDED_BY.vault,
    ...catalog.ok ? [] : DECIDED_BY.catalog,
    ...catalog.ok && catalog.value.audit === null ? ["audit_broken" as const] : [],
    ...github?.ok ? [] : DECIDED_BY.github,
    ...tokens?.ok ? [] : DECIDED_BY.tokens,
    ...vault === null ? ["vault_unreachable" as const] : [],
    ...github === null ? ["github_unreachable" as const] : [],
    ...other.isExpected && !other.lastReport.ok ? [`${other.name}_silent` as const] : [],
    ...facts.unseen,
  ];
  return { conditions: withoutDuplicates(conditions), unknown: [...new Set(unknown)] };
}

/** The worst severity, as reports and the dead man's switch state it; `ok` for no condition. */
export function statusOfWatch(conditions: readonly Pick<Condition, "severity">[]): "ok" | Severity {
  if (conditions.length === 0) return "ok";
  return conditions.some(({ severity }) => severity === "failed") ? "failed" : "warning";
}

/** The conditions of one source, or that it does not answer. @param result `null`: not read */
function evaluate<T>(
  result: Result<T> | null,
  conditions: (value: T) => Condition[],
  unreachable: (code: string, message: string) => Condition,
): Condition[] {
  if (result === null) return [];
  return result.ok ? conditions(result.value) : [unreachable(result.code, result.message)];
}

function withoutDuplicates(conditions: readonly Condition[]): Condition[] {
  return conditions.filter(({ id }, i) => conditions.findIndex((other) => other.id === id) === i);
}

function vaultUnreachable(code: string, message: string): Condition {
  return {
    id: "vault_unreachable",
    severity: "failed",
    title: "O cofre dos backups não responde",
    risk: "Sem o cofre (R2) nenhum backup novo é gravado e nenhum pode ser restaurado.",
    facts: [`Resposta: ${code}`, message],
    todo: "Confira R2_ENDPOINT e a chave do R2 nos segredos do GitHub, e o estado da Cloudflare.",
    material: code,
  };
}

function catalogUnreachable(code: string, message: string): Condition {
  return {
    id: "catalog_unreachable",
    severity: "failed",
    title: "O catálogo dos backups não responde",
    risk: "O banco de produção não responde ao vigia: a tela não mostra os backups, e o próximo pode falhar.",
    facts: [`Resposta: ${code}`, message],
    todo: "Confira se o projeto do Supabase está no ar e o segredo SUPABASE_DB_URL_PROD.",
    material: code,
  };
}

function gitHubUnreachable(code: string, message: string): Condition {
  return {
    id: "github_unreachable",
    severity: "warning",
    title: "O GitHub não responde ao vigia",
    risk: "Ninguém sabe se os backups agendados ainda são iniciados.",
    facts: [`Resposta: ${code}`, message],
    todo:
      "Confira githubstatus.com e as permissões do workflow; se durar, faça o backup pela linha de comando.",
    material: code,
  };
}
