/**
 * The watch: facts that were looked up in, conditions that somebody has to hear of out. What could not be looked
 * up is unknown: such a condition is neither raised nor called well again.
 */
import type { Target } from "./target.ts";
import { catalogConditions, gitHubConditions, tokenConditions } from "./watch_surroundings.ts";
import { vaultConditions } from "./watch_vault.ts";

/** Stable: alarms are found again by them. */
export const CONDITION_IDS = [
  "vault_unreachable",
  "backup_overdue",
  "backup_corrupt",
  "proof_overdue",
  "size_dropped",
  "rows_dropped",
  "catalog_unreachable",
  "run_lost",
  "audit_broken",
  "github_unreachable",
  "workflow_disabled",
  "schedule_not_fired",
  "secret_expiring",
] as const;
export type ConditionId = (typeof CONDITION_IDS)[number];

/** `failed`: data is, or will soon be, without a backup. `warning`: look at it. */
export type Severity = "warning" | "failed";

/** Something that is not as it should be, in the words of an admin (pt-BR). */
export interface Condition<Id extends string = ConditionId> {
  id: Id;
  severity: Severity;
  title: string;
  /** What is at risk: the first line of the alarm. */
  risk: string;
  /** What was found, a line each. */
  facts: string[];
  /** What to do: the last line of the alarm. */
  todo: string;
  /** Two alarms of one condition differ in a way worth a message when this differs; ages and counts are not in it. */
  material: string;
}

/** What was looked up, or why it could not be. */
export type Seen<T> = { ok: true; value: T } | { ok: false; code: string; message: string };

/** A full backup of the vault: an archive with its manifest. */
export interface WatchedBackup {
  key: string;
  createdAtUtc: string;
  bytes: number;
  /** Rows by table; `null` for manifests that do not tell. */
  rows: Readonly<Record<string, number>> | null;
}

export interface VaultFacts {
  /** Full backups of the target, newest first, as many as are compared. */
  backups: readonly WatchedBackup[];
  /** Backups whose objects are not what their manifest says. */
  corrupt: readonly { key: string; reason: string }[];
  /** Drills of the target's backups, newest first, up to the newest that passed. */
  drills: readonly { key: string; drilledAtUtc: string; failed: readonly string[] }[];
}

export interface AuditFacts {
  ok: boolean;
  /** The first record that is wrong: in the database, in the vault's copy, or one says something else than the other. */
  brokenAt: { where: "database" | "vault" | "between"; chainId: string; seq: number; reason: string } | null;
}

export interface CatalogFacts {
  /** Runs that went silent and that no later run of their kind and target has followed. */
  lostRuns: readonly { requestId: string; kind: string; target: string; at: string; runUrl: string | null }[];
  /** `null`: its copies could not be read. */
  audit: AuditFacts | null;
}

export interface WorkflowFacts {
  file: string;
  /** GitHub's word, `active` or why not; `null` when GitHub knows no such workflow. */
  state: string | null;
  /** After how many hours without a scheduled run something is wrong; `null` without a schedule. */
  scheduleHours: number | null;
  /** When the schedule last started it, else when GitHub came to know it. */
  lastFiredAt: string;
}

/** A credential that ends. */
export interface TokenFacts {
  /** What it is called where it is set. */
  name: string;
  /** `null`: GitHub refused it. */
  expiresAt: string | null;
}

export interface WatchFacts {
  now: string;
  target: Target;
  /** `null`: not asked. */
  vault: Seen<VaultFacts> | null;
  catalog: Seen<CatalogFacts>;
  /** `null`: not asked, since no credential for it is there. */
  github: Seen<readonly WorkflowFacts[]> | null;
  /** Of the tokens whose end can be known. `null` as above. */
  tokens: Seen<readonly TokenFacts[]> | null;
}

export interface Watched {
  conditions: Condition[];
  /** Conditions that nobody can tell of this time. */
  unknown: ConditionId[];
}

/** What each source's silence leaves unknown. */
const TOLD_BY = {
  vault: ["backup_overdue", "backup_corrupt", "proof_overdue", "size_dropped", "rows_dropped"],
  catalog: ["run_lost", "audit_broken"],
  github: ["workflow_disabled", "schedule_not_fired"],
  tokens: ["secret_expiring"],
} as const satisfies Record<string, readonly ConditionId[]>;

/** @example watch(facts).conditions.map(({ id }) => id) // ["backup_overdue"] */
export function watch(facts: WatchFacts): Watched {
  const { vault, catalog, github, tokens } = facts;
  const conditions = [
    ...told(vault, (seen) => vaultConditions(seen, facts), vaultUnreachable),
    ...told(catalog, catalogConditions, catalogUnreachable),
    ...told(github, (seen) => gitHubConditions(seen, facts.now), gitHubUnreachable),
    ...told(tokens, (seen) => tokenConditions(seen, facts.now), gitHubUnreachable),
  ];
  const unknown = [
    ...vault?.ok ? [] : TOLD_BY.vault,
    ...catalog.ok ? [] : TOLD_BY.catalog,
    ...catalog.ok && catalog.value.audit === null ? ["audit_broken" as const] : [],
    ...github?.ok ? [] : TOLD_BY.github,
    ...tokens?.ok ? [] : TOLD_BY.tokens,
    ...vault === null ? ["vault_unreachable" as const] : [],
    ...github === null ? ["github_unreachable" as const] : [],
  ];
  return { conditions: withoutTwins(conditions), unknown };
}

/** The worst word of them: what a report and a dead man's switch are told. */
export function statusOfWatch(conditions: readonly Pick<Condition, "severity">[]): "ok" | Severity {
  if (conditions.length === 0) return "ok";
  return conditions.some(({ severity }) => severity === "failed") ? "failed" : "warning";
}

function told<T>(
  seen: Seen<T> | null,
  conditions: (value: T) => Condition[],
  unreachable: (code: string, message: string) => Condition,
): Condition[] {
  if (seen === null) return [];
  return seen.ok ? conditions(seen.value) : [unreachable(seen.code, seen.message)];
}

function withoutTwins(conditions: readonly Condition[]): Condition[] {
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
