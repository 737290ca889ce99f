/** The phases of a run in pt-BR, while they last and when they are done. */

import type { Run } from "@backup/runs/run.ts";

const PHASE_TEXT: Record<string, string> = {
  connect: "Conectando ao banco",
  dump: "Copiando o banco para o cofre",
  verify: "Conferindo o que foi gravado",
  manifest: "Gravando o manifesto",
  catalog: "Atualizando o histórico",
  download: "Baixando e conferindo o backup",
  decrypt: "Abrindo o arquivo cifrado",
  inspect: "Examinando o destino",
  inspect_backup: "Lendo o que o backup contém",
  inspect_target: "Comparando com o destino",
  stage: "Gravando o conteúdo do backup ao lado do atual",
  build: "Montando as chaves e os índices desse conteúdo",
  safety_backup: "Guardando uma cópia de segurança do destino",
  statements: "Preparando o que será trocado",
  lock: "Bloqueando o banco de destino",
  quarantine: "Desligando o que agiria fora da cópia",
  move_aside: "Separando o conteúdo atual",
  load: "Gravando o conteúdo do backup",
  check: "Conferindo o resultado",
  commit: "Confirmando",
  analyze: "Atualizando estatísticas",
  cleanup: "Removendo o conteúdo antigo",
  start: "Começando",
  server: "Iniciando um servidor descartável",
  look: "Lendo o manifesto e procurando o backup mais novo",
  read: "Lendo o arquivo até o fim",
  prepare: "Preparando um banco descartável",
  assert: "Rodando as verificações",
};

const DONE_TEXT: Record<string, string> = {
  connect: "Conectado",
  dump: "Banco copiado para o cofre",
  verify: "Cópia conferida",
  manifest: "Manifesto gravado",
  catalog: "Histórico atualizado",
  download: "Backup baixado e conferido",
  decrypt: "Arquivo cifrado aberto",
  inspect: "Destino examinado",
  inspect_backup: "Conteúdo do backup lido",
  inspect_target: "Destino comparado",
  stage: "Conteúdo do backup gravado ao lado do atual",
  build: "Chaves e índices montados",
  safety_backup: "Cópia de segurança guardada",
  statements: "Troca preparada",
  lock: "Banco de destino bloqueado",
  quarantine: "Desligado o que agiria fora da cópia",
  move_aside: "Conteúdo atual separado",
  load: "Conteúdo do backup gravado",
  check: "Resultado conferido",
  commit: "Confirmado",
  cleanup: "Conteúdo antigo removido",
  analyze: "Estatísticas atualizadas",
  start: "Começada",
  server: "Servidor descartável iniciado",
  look: "Backup encontrado",
  read: "Arquivo lido até o fim",
  prepare: "Banco descartável preparado",
  assert: "Verificações feitas",
};

/** `Backup baixado e conferido`; a phase unknown to this version keeps its name. */
export function donePhaseText(phase: string): string {
  return DONE_TEXT[phase] ?? phase;
}

/** The phase of an active run; a phase unknown to this version is shown by its own name. */
export function phaseText(run: Run): string {
  if (run.status === "queued") return "Aguardando uma máquina no GitHub";
  if (run.status === "unknown") return "O GitHub não confirmou; o pedido pode ter sido aceito";
  if (run.phase === null) return "Começando";
  return PHASE_TEXT[run.phase] ?? run.phase;
}
