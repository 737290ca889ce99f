/** The pt-BR texts of a restore's plan, shared by the job's summary and the screen. */
import type { PlannedFate, PlannedObstacle, PlannedRestore, PlannedUnknown } from "./restore_plan.ts";

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

/** Why the restore would fail without a change. */
export function obstacleText(obstacle: PlannedObstacle): string {
  switch (obstacle.kind) {
    case "schema_only":
      return "o backup não tem linhas e esvaziaria o destino: exige ALLOW_SCHEMA_ONLY=yes";
    case "archive_size":
      return `o arquivo tem ${obstacle.stored} bytes, o manifesto diz ${obstacle.manifest}`;
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
    case "lock_table":
      return `a restauração precisa de ${obstacle.needed} travas e no servidor do destino cabem com segurança ` +
        `${obstacle.capacity}: aumente max_locks_per_transaction de ${obstacle.setting} para ${obstacle.enough}`;
    case "other":
      return `impedimento que esta versão da tela não conhece: ${obstacle.name}`;
  }
}
