/**
 * Every error code of the product with its HTTP status and the pt-BR message that an admin reads. The function
 * returns them, the scripts record the code, the screen shows the message.
 */
interface CodeEntry {
  status: number;
  message: string;
}

const CODES = {
  // Authentication and permission
  not_signed_in: { status: 401, message: "Você não está conectado. Entre novamente e repita a ação." },
  invalid_token: { status: 401, message: "Sua sessão não é válida ou expirou. Entre novamente." },
  forbidden: {
    status: 403,
    message: "Seu usuário não tem a permissão necessária. Peça acesso a um administrador.",
  },
  empresa_not_selected: {
    status: 400,
    message: "Nenhuma empresa ativa. Selecione uma empresa e repita a ação.",
  },
  perm_check_failed: {
    status: 500,
    message: "Não foi possível verificar sua permissão no banco. Nada foi iniciado; tente de novo.",
  },
  // The request
  invalid_payload: {
    status: 400,
    message: "O pedido não foi entendido. Nada foi iniciado; recarregue a tela e tente de novo.",
  },
  invalid_action: {
    status: 400,
    message: "Ação desconhecida: a tela e a função estão em versões diferentes. Recarregue a tela.",
  },
  invalid_label: {
    status: 400,
    message: "Etiqueta inválida: use até 40 letras, números, espaços, pontos, hífens ou sublinhados.",
  },
  invalid_r2_key: { status: 400, message: "Esta chave não é a de um backup do cofre. Copie-a do histórico." },
  confirmation_required: {
    status: 400,
    message: "Para restaurar a produção, digite RESTORE_PROD. Nada foi iniciado.",
  },
  source_confirmation_required: {
    status: 400,
    message:
      "Este backup não é da produção: as contas e os dados dela passariam a ser os de outro banco. Confirme a origem pelo nome. Nada foi iniciado.",
  },
  method_not_allowed: { status: 405, message: "Método não permitido: use POST." },
  payload_too_large: {
    status: 413,
    message: "O pedido é grande demais (máximo de 16 KB). Encurte o motivo e tente de novo.",
  },
  reason_required: {
    status: 400,
    message: "Diga o motivo: ele fica registrado. Nada foi feito.",
  },
  plan_required: {
    status: 409,
    message:
      "Para restaurar a produção, simule antes esta restauração e confira o resultado. Nada foi iniciado.",
  },
  run_pass_invalid: {
    status: 403,
    message: "Este navegador não pode mais acompanhar esta execução daqui. Acompanhe-a no GitHub.",
  },
  request_required: {
    status: 403,
    message:
      "No GitHub, a produção só é restaurada com um pedido feito na tela nos últimos 30 minutos. Nada foi alterado. Peça na tela; se ela não abre, siga o roteiro da variável REVO_BREAK_GLASS.",
  },
  approval_required: {
    status: 409,
    message:
      "Esta restauração da produção espera a aprovação de outra pessoa com o direito de restaurar. Nada foi iniciado. Peça que ela abra a tela e aprove em 30 minutos; depois, repita aqui o mesmo pedido.",
  },
  approval_refused: {
    status: 409,
    message:
      "Este pedido não pode mais ser aprovado: foi recusado, já foi decidido, venceu, ou o backup mudou. Nada foi iniciado. Faça outro pedido.",
  },
  approval_own: {
    status: 403,
    message: "Quem pediu a restauração não pode aprová-la. Peça a outra pessoa com o direito de restaurar.",
  },
  not_operator: {
    status: 403,
    message:
      "O banco é de todas as empresas, e a sua não está entre as que cuidam dos backups. Nada foi feito. Peça a quem administra o banco.",
  },
  second_factor_required: {
    status: 403,
    message: "Esta ação exige o segundo fator. Entre de novo com ele e repita. Nada foi iniciado.",
  },
  downloads_off: {
    status: 409,
    message:
      "Baixar backups pela tela está desligado nesta instalação. Quem administra o sistema pode ligar. Com a chave do cofre, siga “Recuperar sem este sistema”.",
  },
  looks_off: {
    status: 409,
    message:
      "Olhar dentro de backups pela tela está desligado nesta instalação. Quem administra o sistema pode ligar.",
  },
  look_expired: {
    status: 404,
    message:
      "Esta consulta não existe mais: já foi lida, venceu em 10 minutos, ou é de outra pessoa. Consulte de novo.",
  },
  look_too_many: {
    status: 429,
    message: "Há consultas demais suas à espera. Espere dez minutos e consulte de novo.",
  },
  look_unreadable: {
    status: 409,
    message:
      "A consulta ou a resposta não foi selada para esta aba e este backup, ou foi alterada no caminho. Nada dela foi mostrado. Consulte de novo; se repetir, avise quem administra o sistema.",
  },
  look_failed: {
    status: 502,
    message:
      "O GitHub encerrou a consulta sem resposta. Nada foi mostrado. Consulte de novo; se repetir, veja o log da execução no GitHub.",
  },
  not_cancellable: {
    status: 409,
    message: "Esta execução já não pode ser cancelada. Recarregue a tela.",
  },
  run_not_found: { status: 404, message: "Esta execução não está no histórico. Recarregue a tela." },
  log_not_found: {
    status: 404,
    message:
      "O GitHub não tem o log de uma etapa que falhou. Se ela acabou agora, tente de novo em um minuto; logs antigos são apagados.",
  },
  busy: { status: 409, message: "Já há uma execução em andamento neste banco. Espere ela terminar." },
  request_id_reused: {
    status: 409,
    message: "Este pedido já foi usado para outra ação. Recarregue a tela e tente de novo.",
  },
  // The function's environment
  config_error: {
    status: 500,
    message: "A função de backup não está configurada. Avise quem administra o sistema.",
  },
  catalog_unavailable: {
    status: 503,
    message: "O histórico de backups não respondeu. Tente de novo em instantes.",
  },
  audit_unavailable: {
    status: 503,
    message: "O registro de auditoria não respondeu. Avise quem administra o sistema.",
  },
  audit_broken: {
    status: 500,
    message: "O registro de auditoria não confere com as cópias do cofre. Avise quem administra o sistema.",
  },
  internal_server_error: {
    status: 500,
    message: "Houve um erro interno. Tente de novo; se repetir, avise quem administra o sistema.",
  },
  // GitHub
  github_bad_token: {
    status: 502,
    message:
      "O GitHub recusou a credencial da função. Quem administra o sistema deve gravar outra em GITHUB_TOKEN.",
  },
  github_forbidden: {
    status: 502,
    message:
      "A credencial do GitHub não pode iniciar execuções (Actions: write). Quem administra o sistema deve corrigi-la.",
  },
  github_not_found: {
    status: 502,
    message:
      "O GitHub não encontrou o repositório ou o workflow. Quem administra o sistema deve conferir GITHUB_REPO e a credencial.",
  },
  github_ref_not_found: {
    status: 502,
    message:
      "O ramo configurado em GITHUB_DEFAULT_REF não existe no repositório. Quem administra o sistema deve corrigir o segredo da função.",
  },
  github_workflow_disabled: {
    status: 502,
    message: "O workflow está desativado no GitHub. Ative-o em Actions e repita.",
  },
  github_unexpected_input: {
    status: 502,
    message: "O workflow no GitHub não aceita este pedido: ele está em outra versão. Atualize o repositório.",
  },
  github_rate_limited: {
    status: 503,
    message: "O GitHub limitou as chamadas. Espere alguns minutos e tente de novo.",
  },
  github_unclear: {
    status: 502,
    message:
      "O GitHub não confirmou o pedido; ele pode ter sido aceito. Acompanhe a execução antes de pedir de novo.",
  },
  github_error: {
    status: 502,
    message: "O GitHub respondeu com erro. Nada foi iniciado; tente de novo em instantes.",
  },
  workflow_failed: {
    status: 502,
    message: "A execução falhou no GitHub antes de registrar o que fez. Veja o log dela antes de repetir.",
  },
  run_cancelled: { status: 409, message: "A execução foi cancelada. Nada ficou pela metade." },
  run_lost: {
    status: 410,
    message:
      "A execução parou de dar notícias e foi dada como perdida. Veja o log no GitHub antes de repetir.",
  },
  // Scripts: environment
  missing_environment: {
    status: 500,
    message: "Falta um segredo na execução, ou um não serve: veja o detalhe e corrija-o no GitHub.",
  },
  missing_tool: {
    status: 500,
    message: "Falta um programa na máquina da execução (PostgreSQL, gzip ou age). Veja o detalhe.",
  },
  version_mismatch: {
    status: 500,
    message:
      "As ferramentas do PostgreSQL não servem para este servidor. Ponha a versão dele em REVO_POSTGRES_MAJOR.",
  },
  transaction_pooler: {
    status: 500,
    message:
      "A URL do banco usa o pooler de transações (porta 6543). Use a conexão direta ou o pooler de sessão (5432).",
  },
  database_unreachable: {
    status: 502,
    message:
      "Não foi possível conectar ao banco de dados. Confira se ele está no ar, a URL do segredo e o certificado (veja o detalhe).",
  },
  database_busy: {
    status: 503,
    message: "O banco ou o pooler está sem conexão livre. Tente de novo em alguns minutos.",
  },
  database_auth_failed: {
    status: 502,
    message:
      "O banco recusou o usuário ou a senha, ou o pooler não conhece o projeto. Atualize o segredo com a URL do banco.",
  },
  database_error: {
    status: 502,
    message: "O banco de dados devolveu um erro durante a execução. Veja o detalhe antes de repetir.",
  },
  vault_auth_failed: {
    status: 502,
    message: "O cofre (R2) recusou a credencial. Atualize R2_ACCESS_KEY_ID e R2_SECRET_ACCESS_KEY.",
  },
  vault_unreachable: {
    status: 502,
    message: "O cofre (R2) não respondeu. Confira R2_ENDPOINT e tente de novo.",
  },
  vault_error: { status: 502, message: "O cofre (R2) recusou a operação. Veja o detalhe e tente de novo." },
  vault_object_missing: {
    status: 404,
    message: "Este backup não está no cofre. Escolha outro.",
  },
  vault_object_exists: {
    status: 409,
    message: "Já existe um objeto com este nome no cofre; nada foi sobrescrito. Tente de novo.",
  },
  vault_empty: {
    status: 409,
    message:
      "O cofre está vazio, mas o histórico tem backups. Confira R2_ENDPOINT e R2_BUCKET; nada foi alterado.",
  },
  prune_incomplete: {
    status: 409,
    message:
      "O cofre recusou apagar parte dos objetos: uma regra dele pode protegê-los. O resto foi apagado; veja a lista na execução.",
  },
  // Scripts: backup
  dump_failed: {
    status: 500,
    message: "A cópia do banco (pg_dump) não terminou. Nenhum backup foi gravado; veja o detalhe e repita.",
  },
  dump_empty: {
    status: 500,
    message: "A cópia do banco saiu vazia ou incompleta. Nenhum backup foi gravado; repita.",
  },
  upload_failed: { status: 502, message: "O envio ao cofre falhou. Nenhum backup foi gravado; repita." },
  upload_mismatch: {
    status: 502,
    message: "O objeto no cofre não é igual ao que foi enviado. Ele foi removido; repita o backup.",
  },
  catalog_write_failed: {
    status: 503,
    message: "O backup está íntegro no cofre, mas o histórico não respondeu. Ele será incluído lá depois.",
  },
  // Scripts: restore
  manifest_invalid: { status: 422, message: "O manifesto deste backup não pôde ser lido. Use outro backup." },
  backup_unsigned: {
    status: 422,
    message:
      "Este backup não é assinado por uma chave desta instalação: pode ter sido feito por outra pessoa. Nada foi alterado; escolha um assinado, ou confirme que confia neste.",
  },
  identity_missing: {
    status: 422,
    message:
      "O backup está cifrado, e nenhuma das chaves presentes o abre. Nada foi alterado; ponha a chave secreta dele em BACKUP_AGE_IDENTITY.",
  },
  public_keys_missing: {
    status: 500,
    message:
      "O cofre tem backups assinados, e falta a chave pública para conferi-los. Ponha-a em scripts/signing_keys.txt ou em BACKUP_PUBLIC_KEYS.",
  },
  manifest_too_new: {
    status: 422,
    message: "Este backup foi feito por uma versão mais nova do sistema. Atualize antes de restaurar.",
  },
  archive_corrupt: {
    status: 422,
    message: "O arquivo no cofre não confere com o manifesto. Nada foi alterado; use outro backup.",
  },
  archive_rejected: {
    status: 422,
    message: "O arquivo contém algo que não pode ser restaurado. Nada foi alterado; use outro backup.",
  },
  not_enough_disk: {
    status: 507,
    message: "Não há espaço em disco na máquina da execução. Nada foi alterado; use uma máquina maior.",
  },
  safety_backup_failed: {
    status: 500,
    message: "A cópia de segurança do destino falhou; por isso nada foi restaurado. Veja o detalhe e repita.",
  },
  target_locked: {
    status: 409,
    message:
      "Outros programas usam o banco de destino sem parar. Nada foi alterado; tente de novo com menos uso.",
  },
  too_many_objects: {
    status: 507,
    message:
      "Há objetos demais para a tabela de travas do servidor. Nada foi alterado; quem administra o banco deve aumentar max_locks_per_transaction.",
  },
  restore_failed: { status: 500, message: "A restauração falhou e foi desfeita. O destino está como antes." },
  verification_failed: {
    status: 500,
    message: "O resultado não conferiu com o backup e foi desfeito. O destino está como antes.",
  },
  restore_outcome_unknown: {
    status: 500,
    message: "A conexão caiu no momento da confirmação. Confira o destino antes de qualquer outra ação.",
  },
  // Scripts: take
  take_review_invalid: {
    status: 409,
    message:
      "Esta revisão não serve mais: passou de 30 minutos, é de outro banco ou foi alterada. Nada foi feito; revise de novo.",
  },
  take_obstacles: {
    status: 409,
    message: "As linhas não podem voltar como estão na revisão. Nada foi alterado; veja o que impede.",
  },
  take_too_large: {
    status: 409,
    message: "São linhas demais para trazer de volta uma a uma. Nada foi alterado; restaure o backup.",
  },
  take_changed: {
    status: 409,
    message: "Alguém mudou estas linhas depois da revisão. Nada foi alterado; revise de novo.",
  },
  take_refused: {
    status: 409,
    message: "O banco recusou as linhas e tudo foi desfeito. Os dados estão como antes; veja o detalhe.",
  },
  take_mismatch: {
    status: 500,
    message: "O que foi gravado não era o que foi revisado, e tudo foi desfeito. Os dados estão como antes.",
  },
  take_outcome_unknown: {
    status: 500,
    message: "A conexão caiu no momento de gravar as linhas. Faça outra revisão para ver se elas voltaram.",
  },
  // Scripts: drill
  drill_failed: {
    status: 500,
    message: "O ensaio de restauração reprovou este backup. Veja o relatório da execução.",
  },
  no_backup_found: {
    status: 404,
    message: "O cofre não tem o backup pedido, ou nenhum deste banco. Recarregue o histórico.",
  },
  // Scripts: watchdog
  alert_failed: {
    status: 502,
    message:
      "Um aviso não chegou: confira o GitHub, o webhook e o monitor do vigia. O que ele viu está no log.",
  },
  alarm_not_raised: {
    status: 500,
    message: "O teste do alarme falhou: um estrago não gerou aviso. Não confie nos avisos até corrigir isso.",
  },
  target_not_empty: {
    status: 409,
    message: "O banco de destino não está vazio. Nada foi alterado; use um banco novo.",
  },
  // Scripts: doctor
  doctor_failed: {
    status: 500,
    message: "O diagnóstico encontrou falhas. Cada linha dele diz o que fazer.",
  },
} as const satisfies Record<string, CodeEntry>;

/** A code that a client may rely on; codes are never renamed. */
export type ErrorCode = keyof typeof CODES;

export const ERROR_CODES = Object.keys(CODES) as ErrorCode[];

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && Object.hasOwn(CODES, code);
}

/** The HTTP status that goes with a code. */
export function statusOf(code: ErrorCode): number {
  return CODES[code].status;
}

/** The pt-BR message of a code; an unknown code, for example of a newer script, gets a general one. */
export function messageOf(code: string): string {
  return isErrorCode(code) ? CODES[code].message : CODES.internal_server_error.message;
}
