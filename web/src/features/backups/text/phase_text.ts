/** Finished phases of a run in pt-BR. */

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
