/** The pt-BR texts of a restore's plan, shared by the job's summary and the screen. */
import { megabytes } from "../watch/text.ts";
import { remedyFor } from "../vault/warnings.ts";
import { tryParseArchiveKey } from "../vault/object_key.ts";
import type {
  ArchiveReading,
  PlannedAccess,
  PlannedDisk,
  PlannedFate,
  PlannedLock,
  PlannedObstacle,
  PlannedRestore,
  PlannedUnknown,
} from "./restore_plan.ts";

/** How much of the restored database can be compared with the backup. */
export const PROOF_WORDS: Readonly<Record<PlannedRestore["backup"]["proofs"], string>> = {
  complete: "completas",
  hash: "só o hash do arquivo",
  none: "nenhuma (sem manifesto)",
};

export const UNKNOWN_WORDS: Readonly<Record<PlannedUnknown, string>> = {
  rows: "linhas por tabela",
  sequences: "sequências",
  schema: "estrutura e permissões",
  roles: "papéis",
  extensions: "versões das extensões",
  raw_size: "tamanho sem compressão",
};

export const FATE_WORDS: Readonly<Record<PlannedFate, string>> = {
  moved_aside: "posto de lado, apagado depois da confirmação (fica na cópia de segurança)",
  removed: "removido (fica na cópia de segurança)",
  replaced: "substituído pela versão do backup (fica na cópia de segurança)",
};

const OBJECT_NAMES: Readonly<Record<string, string>> = {
  table: "tabela",
  view: "visão",
  "materialized view": "visão materializada",
  sequence: "sequência",
  "foreign table": "tabela externa",
  "foreign server": "servidor externo",
  "user mapping": "mapeamento de usuário",
  relation: "relação",
  function: "função",
  type: "tipo",
  domain: "domínio",
  column: "coluna",
  constraint: "restrição",
  index: "índice",
  trigger: "gatilho",
  rule: "regra",
  policy: "política",
  schema: "esquema",
  extension: "extensão",
  statistics: "estatística",
  cast: "conversão",
  "event trigger": "gatilho de evento",
  publication: "publicação",
  "default privileges": "permissões padrão de",
  "large object": "objeto grande",
  "security label": "rótulo de segurança",
  other: "objeto",
};

/** An object of a plan, with its kind in pt-BR. */
export function objectText({ kind, name }: { kind: string; name: string }): string {
  return `${OBJECT_NAMES[kind] ?? kind} ${name}`;
}

/** Where the privileges of the restored objects come from, and how many objects the roles of the API may use. */
export function privilegesText(
  { keepsTargetPrivileges, access }: Pick<PlannedRestore, "keepsTargetPrivileges" | "access">,
): string {
  if (!keepsTargetPrivileges) return "as do backup";
  const origin = access?.from ? `as do backup ${access.from}` : "as do destino";
  const roles = access?.roles.map(({ role, open }) => `${role} ${open}`).join(", ");
  return `${origin}; o que não existe lá fica fechado${roles ? `. Objetos abertos: ${roles}` : ""}`;
}

/** An object that stays open, with the roles of the API that may use it. */
export function openText({ kind, name, roles }: PlannedAccess["open"]["listed"][number]): string {
  return `${objectText({ kind, name })}: ${roles.join(", ")}`;
}

/** Whether the archive in the vault is what was written. */
export const READING_WORDS: Readonly<Record<ArchiveReading | "not_read", string>> = {
  equal: "lido até o fim, igual ao manifesto",
  different: "lido até o fim, diferente do manifesto",
  too_large: "não lido: é grande demais para a simulação; a restauração o confere antes de tocar no destino",
  no_manifest: "não conferido: não há manifesto",
  not_read: "não lido; a restauração o confere antes de tocar no destino",
};

/** The answer to "will the requester still be able to sign in?", for a restore into the database of the sign-in. */
export interface AccessAnswer {
  tone: "info" | "warn" | "bad";
  title: string;
  text: string;
}

/** @param when formats an instant for the reader */
export function accessAnswer(
  { account, backup, target }: Pick<PlannedRestore, "account" | "backup" | "target">,
  when: (instant: string) => string,
): AccessAnswer {
  const source = tryParseArchiveKey(backup.key)?.target ?? target;
  const made = when(backup.createdAt);
  if (source !== target) {
    return {
      tone: "bad",
      title:
        `Não se sabe se você continuará entrando: as contas, senhas e permissões passam a ser as de ${source}.`,
      text:
        "Só entra quem tem conta lá, com a senha de lá. Depois da restauração, quem não tiver não consegue desfazê-la.",
    };
  }
  if (!account) {
    return {
      tone: "warn",
      title: "Não se sabe se você continuará entrando.",
      text: `Só entra quem já tinha conta em ${made}, com a senha e as permissões daquele momento.`,
    };
  }
  if (account.createdAt === null || Date.parse(account.createdAt) > Date.parse(backup.createdAt)) {
    return {
      tone: "bad",
      title: `Você não conseguirá mais entrar: a conta ${account.email} não existia em ${made}.`,
      text:
        "Antes de restaurar, garanta que outra pessoa com ops:manage e conta mais antiga que o backup consiga entrar.",
    };
  }
  return {
    tone: "info",
    title: `Você continuará entrando, com a senha que valia em ${made}.`,
    text:
      `A conta ${account.email} já existia. Se você trocou a senha, ganhou permissões ou mudou o segundo fator depois, ` +
      "isso também volta atrás.",
  };
}

/** No server says how much of its disk is free. */
export function diskText({ now, added }: PlannedDisk): string {
  const more = added === null
    ? "não se sabe quanto o backup ocupa"
    : `mais cerca de ${megabytes(added)} até a limpeza`;
  return `${megabytes(now)} hoje, ${more}`;
}

/** How long others wait for the target. */
export function lockText(locked: PlannedLock | undefined): string {
  if (locked === undefined || locked.seconds === null) {
    const why = locked === undefined ? "" : ": nenhuma restauração o mediu neste banco";
    return `não se sabe${why}. Bloqueia só enquanto troca e confere; o tempo ` +
      "depende mais do número de tabelas, funções e permissões do que do tamanho dos dados";
  }
  const { seconds, measured } = locked;
  const from = measured === 1 ? "medido em uma restauração" : `o mais longo de ${measured} restaurações`;
  return `cerca de ${seconds} s, só enquanto troca e confere (${from})`;
}

/** Why the restore would fail without a change. */
export function obstacleText(obstacle: PlannedObstacle): string {
  switch (obstacle.kind) {
    case "schema_only":
      return "o backup não tem linhas e esvaziaria o destino: exige ALLOW_SCHEMA_ONLY=yes";
    case "archive_size":
      return `o arquivo tem ${obstacle.stored} bytes, o manifesto diz ${obstacle.manifest}`;
    case "archive_hash":
      return `o arquivo no cofre não é o que foi gravado: tem o SHA-256 ${obstacle.stored}, ` +
        `o manifesto diz ${obstacle.manifest}`;
    case "extension_unavailable":
      return `o servidor do destino não tem a extensão ${obstacle.name}`;
    case "extension_only_in_target":
      return `a extensão ${obstacle.name} está em public só no destino: remova-a antes`;
    case "extension_schema":
      return `a extensão ${obstacle.name} está no esquema ${obstacle.target} do destino, ` +
        `o backup a tem em ${obstacle.backup}: remova-a do destino antes`;
    case "platform_table":
      return `a tabela ${obstacle.table} da plataforma só existe no ${
        obstacle.in === "backup" ? "backup" : "destino"
      }`;
    case "platform_column":
      return `a coluna ${obstacle.column} de ${obstacle.table} só existe no ${
        obstacle.in === "backup" ? "backup" : "destino, que a exige"
      }: as versões da plataforma são diferentes`;
    case "platform_missing":
      return `${obstacle.name} usa ${obstacle.needs}, que o destino não tem: ${remedyFor(obstacle.needs)}`;
    case "not_owned":
      return `${obstacle.name} do destino pertence a ${obstacle.owner} e não pode ser substituído: ` +
        "mude o dono (ALTER … OWNER TO postgres) ou restaure em um projeto novo";
    case "grantor":
      return `permissões de ${obstacle.name} foram dadas por ${obstacle.role}, papel que o usuário da restauração não pode ` +
        `assumir: dê-lhe esse papel antes (GRANT ${obstacle.role} TO postgres)`;
    case "older_server":
      return `o backup foi feito pelo PostgreSQL ${obstacle.backup} e o destino é o ${obstacle.target}, mais antigo: ` +
        "restaure em um servidor da mesma versão ou mais novo";
    case "safe_path":
      return `${obstacle.name} não se monta a partir do PostgreSQL 17 (${obstacle.error}): fixe o caminho das funções que ` +
        "usa (ALTER FUNCTION … SET search_path = …) no banco de origem, faça outro backup, ou restaure com SALVAGE=yes";
    case "partitioned_orphans":
      return `${obstacle.name} tem linhas sem par, e a chave de uma tabela particionada não pode ficar sem validar: corrija ` +
        "o banco e faça outro backup, ou use SALVAGE=yes, que põe a chave em cada partição";
    case "orphans":
      return `${obstacle.name} tem linhas sem par em ${obstacle.parent}: corrija o banco, ou use ALLOW_ORPHANS=yes ` +
        "(no GitHub, a variável REVO_ALLOW_ORPHANS) para restaurar essa chave sem validar (NOT VALID)";
    case "lock_table":
      return `a restauração precisa de ${obstacle.needed} travas e no servidor do destino cabem com segurança ` +
        `${obstacle.capacity}: aumente max_locks_per_transaction de ${obstacle.setting} para ${obstacle.enough}`;
    case "other":
      return `impedimento que esta versão da tela não conhece: ${obstacle.name}`;
  }
}
