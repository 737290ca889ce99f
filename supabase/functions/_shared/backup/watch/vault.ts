/**
 * Conditions of the vault: no recent backup, no recent proof, a damaged backup, a backup that became smaller. A backup
 * that a drill rejected is neither recent nor compared.
 */
import { BACKUP_OVERDUE_AFTER_MS, hours as inHours, PROOF_OVERDUE_AFTER_MS } from "../service_levels.ts";
import { isVolatileTable } from "../vault/platform.ts";
import type { Condition, VaultFacts, WatchedBackup, WatchFacts } from "./conditions.ts";
import { age, count, hoursBetween, megabytes, moment, shortened } from "./text.ts";

const BACKUP_LIMIT = inHours(BACKUP_OVERDUE_AFTER_MS);
const PROOF_LIMIT = inHours(PROOF_OVERDUE_AFTER_MS);
/** Number of earlier backups whose median a backup is compared with. */
export const COMPARED_BACKUPS = 7;
/** A size or a row count below this fraction of the median has dropped. */
export const DROP_RATIO = 0.5;
/** Tables with a smaller median are not compared. */
export const MIN_ROWS = 100;

type WatchContext = Pick<WatchFacts, "now" | "target">;

export function vaultConditions(facts: VaultFacts, deps: WatchContext): Condition[] {
  const counting = { ...facts, backups: facts.backups.filter(({ rejectedAt }) => rejectedAt === null) };
  return [
    backupOverdue(counting, deps, facts.backups[0]),
    backupCorrupt(facts),
    datedAhead(facts),
    unsignedBackup(facts),
    signingOff(facts),
    unopenableBackup(facts),
    proofOverdue(facts, deps),
    sizeDropped(counting),
    rowsDropped(counting),
  ].filter((condition) => condition !== null);
}

/** @param latest the newest of all backups, rejected or not */
function backupOverdue(
  { backups: [newest] }: VaultFacts,
  { now, target }: WatchContext,
  latest: WatchedBackup | undefined,
): Condition | null {
  const hours = newest === undefined ? Infinity : hoursBetween(newest.createdAtUtc, now);
  if (hours <= BACKUP_LIMIT) return null;
  const last = newest === undefined
    ? `O cofre não tem nenhum backup completo de ${target}.`
    : `Último backup completo: ${newest.key}, de ${moment(newest.createdAtUtc)}, há ${age(hours)}.`;
  return {
    id: "backup_overdue",
    severity: "failed",
    title: `Backup de ${target} atrasado`,
    risk: `O que foi gravado em ${target} ${
      newest === undefined ? "" : `desde ${moment(newest.createdAtUtc)} `
    }não está em backup nenhum.`,
    facts: [
      ...latest === newest || latest === undefined
        ? []
        : [`Há um mais novo, ${latest.key}, mas um ensaio o reprovou: ele não conta.`],
      last,
      `Limite: ${age(BACKUP_LIMIT)}.`,
    ],
    todo: 'Abra Desenvolvedor → Backups, clique em "Backup agora" e veja por que o agendado não foi feito.',
    material: newest?.key ?? "none",
  };
}

export function backupCorrupt({ corrupt }: Pick<VaultFacts, "corrupt">): Condition | null {
  if (corrupt.length === 0) return null;
  const lines = corrupt.map(({ key, reason }) => `${key}: ${reason}`).sort();
  return {
    id: "backup_corrupt",
    severity: "failed",
    title: "Backup no cofre não confere com o manifesto",
    risk: "Um backup listado não pode ser restaurado: o que está no cofre não é o que foi gravado.",
    facts: shortened(lines),
    todo: "Faça um backup novo agora, não restaure os citados e descubra quem ou o que alterou o cofre.",
    material: corrupt.map(({ key }) => key).sort().join("\n"),
  };
}

function datedAhead({ datedAhead: objects }: VaultFacts): Condition | null {
  if (objects.length === 0) return null;
  return {
    id: "dated_ahead",
    severity: "failed",
    title: "Há no cofre backup ou recibo com data no futuro",
    risk:
      "Alguém gravou no cofre algo que parece mais novo que os backups verdadeiros, ou um relógio está errado.",
    facts: shortened(objects.map(({ key, storedAt }) => `${key}: o cofre o recebeu em ${moment(storedAt)}.`)),
    todo:
      "Não conta como backup nem como prova. Veja quem tem a chave do cofre e o relógio da máquina que o fez; depois apague-o à mão.",
    material: objects.map(({ key }) => key).sort().join("\n"),
  };
}

function unsignedBackup({ unsigned }: VaultFacts): Condition | null {
  if (unsigned.length === 0) return null;
  return {
    id: "unsigned_backup",
    severity: "failed",
    title: "Há no cofre backup que não foi assinado por esta instalação",
    risk:
      "Alguém que tem a chave do cofre gravou um backup que não é nosso, ou um backup nosso foi feito sem a chave de assinatura.",
    facts: shortened(
      unsigned.map(({ key, storedAt }) => `${key}: o cofre o recebeu em ${moment(storedAt)}.`),
    ),
    todo:
      "Não conta como backup nem como prova, e não o restaure. Se for nosso, confira o segredo BACKUP_SIGNING_KEY; se não for, troque as chaves do cofre.",
    material: unsigned.map(({ key }) => key).sort().join("\n"),
  };
}

function signingOff({ isSigned }: VaultFacts): Condition | null {
  if (isSigned !== false) return null;
  return {
    id: "signing_off",
    severity: "warning",
    title: "Os backups não são assinados",
    risk:
      "Quem conseguir gravar no cofre pode pôr lá um backup falso, e nada o distingue dos verdadeiros até ser restaurado.",
    facts: ["Esta instalação não tem chave pública com que conferir os backups."],
    todo: "Crie um par de chaves com `npm run backups -- keys` e siga docs/runbooks/signing-keys.md.",
    material: "off",
  };
}

function unopenableBackup({ unopenable }: VaultFacts): Condition | null {
  if (unopenable.length === 0) return null;
  return {
    id: "unopenable_backup",
    severity: "failed",
    title: "Há no cofre backup cifrado que nenhuma chave conhecida abre",
    risk: "Sem a chave secreta dele ninguém lê esse backup: ele não serve para restaurar nada.",
    facts: shortened(unopenable.map(({ key }) => key)),
    todo:
      "Procure a chave secreta no cofre de senhas e siga docs/runbooks/encryption.md. Se ela existe, ponha a pública dela em REVO_BACKUP_AGE_OLD_RECIPIENTS.",
    material: unopenable.map(({ key }) => key).sort().join("\n"),
  };
}

function proofOverdue({ drills, backups }: VaultFacts, { now, target }: WatchContext): Condition | null {
  const [newest] = drills;
  const passed = drills.find(({ failed }) => failed.length === 0);
  const hours = passed === undefined ? Infinity : hoursBetween(passed.drilledAtUtc, now);
  const failed = newest !== undefined && newest.failed.length > 0 ? newest : rejectionOf(backups[0]);
  if (backups.length === 0 || (failed === null && hours <= PROOF_LIMIT)) return null;
  return {
    id: "proof_overdue",
    severity: "failed",
    title: failed === null
      ? `Ensaio de restauração de ${target} atrasado`
      : failed === newest
      ? "O último ensaio reprovou o backup"
      : "O backup mais novo foi reprovado num ensaio",
    risk: `Não está provado que os backups de ${target} restauram.`,
    facts: [
      ...failed === null ? [] : [
        `O ensaio de ${moment(failed.drilledAtUtc)} reprovou ${
          [failed.key, failed.failed.join(", ")].filter(Boolean).join(": ")
        }.`,
      ],
      passed === undefined
        ? "Nenhum ensaio aprovado foi encontrado entre os mais novos do cofre."
        : `Último ensaio aprovado: ${moment(passed.drilledAtUtc)}, há ${age(hours)}, de ${passed.key}.`,
      `Limite: ${age(PROOF_LIMIT)}.`,
    ],
    todo: 'Rode o workflow "Ensaio de restauração" e leia o relatório; enquanto reprovar, faça outro backup.',
    material: `${passed?.key ?? "none"}\n${failed?.key ?? ""}`,
  };
}

/** The drill that rejected a backup; its failed checks are not known from the backup. */
function rejectionOf(backup: WatchedBackup | undefined): VaultFacts["drills"][number] | null {
  if (backup === undefined || backup.rejectedAt === null) return null;
  return { key: backup.key, drilledAtUtc: backup.rejectedAt, failed: [] };
}

function sizeDropped({ backups: [newest, ...before] }: VaultFacts): Condition | null {
  const compared = before.slice(0, COMPARED_BACKUPS);
  if (newest === undefined || compared.length === 0) return null;
  const usual = median(compared.map(({ bytes }) => bytes));
  if (newest.bytes >= usual * DROP_RATIO) return null;
  return {
    id: "size_dropped",
    severity: "warning",
    title: "O backup encolheu",
    risk: "Pode faltar dado no banco ou no backup: o mais novo tem menos da metade do tamanho de costume.",
    facts: [
      `${newest.key}: ${megabytes(newest.bytes)}; mediana dos ${compared.length} anteriores: ${
        megabytes(usual)
      }.`,
    ],
    todo:
      "Compare as tabelas do manifesto com as do anterior; se nada foi apagado de propósito, restaure o anterior em dev e confira.",
    material: "dropped",
  };
}

function rowsDropped({ backups: [newest, ...before] }: VaultFacts): Condition | null {
  if (newest === undefined || newest.rows === null) return null;
  const drops = droppedTables(newest.rows, before.slice(0, COMPARED_BACKUPS));
  if (drops.length === 0) return null;
  return {
    id: "rows_dropped",
    severity: "warning",
    title: "Tabelas perderam linhas",
    risk:
      "Linhas sumiram do banco: o backup mais novo tem menos da metade das linhas de costume em alguma tabela.",
    facts: [
      `Backup: ${newest.key}.`,
      ...shortened(drops.map(({ table, rows, usual }) => `${table}: ${count(usual)} → ${count(rows)}`)),
    ],
    todo:
      "Pergunte quem apagou; se não foi de propósito, veja no histórico o último backup que ainda tem as linhas.",
    material: drops.map(({ table }) => table).join("\n"),
  };
}

/** Tables whose rows dropped against the earlier backups; a table that is gone has none. */
function droppedTables(rows: Readonly<Record<string, number>>, before: readonly WatchedBackup[]) {
  const counted = before.flatMap((backup) => backup.rows === null ? [] : [backup.rows]);
  const tables = [...new Set(counted.flatMap(Object.keys))].filter((table) => !isVolatileTable(table)).sort();
  return tables.map((table) => ({
    table,
    rows: rows[table] ?? 0,
    usual: median(counted.map((each) => each[table] ?? 0)),
  })).filter(({ rows, usual }) => usual >= MIN_ROWS && rows < usual * DROP_RATIO);
}

/** The lower median; 0 for no values. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
