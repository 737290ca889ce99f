/** What a restore does beside replacing the content, for the user who approves it. */

const SENTENCES: Record<string, string> = {
  end_sessions: "Todas as sessões serão encerradas: todos entram de novo.",
  allow_unsigned: "O backup não tem assinatura desta instalação: ninguém sabe quem o fez.",
  allow_schema_only: "O backup pode não ter linhas: os dados seriam apagados.",
  allow_tight_lock_table: "O servidor pode não ter travas para todos os objetos.",
  allow_orphans: "Chaves estrangeiras com linhas órfãs voltam sem validação.",
};

/** A sentence for each option that is chosen; one that this screen does not know is shown by its name. */
export function chosenOptions(options: Record<string, unknown>): string[] {
  return Object.entries(options).map(([name, value]) => {
    if (name === "confirm_source") {
      return `O backup é do banco ${value}: as contas dele substituem as da produção.`;
    }
    if (name === "privileges_from") return `Os acessos virão de outro backup: ${value}.`;
    return SENTENCES[name] ?? `Opção ${name}: ${value}.`;
  });
}
