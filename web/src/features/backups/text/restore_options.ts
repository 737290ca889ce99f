/** What a restore does beside replacing the content, for the user who approves it. */

import { NO_PRIVILEGES } from "@backup/api.ts";
import { targetName } from "./labels.ts";

const SENTENCES: Record<string, string> = {
  end_sessions: "Todas as sessões serão encerradas: todos terão de entrar de novo.",
  allow_unsigned: "O backup não tem assinatura desta instalação: não se sabe quem o fez.",
  allow_schema_only: "O backup pode não ter registros: os da produção seriam apagados.",
  allow_tight_lock_table:
    "O banco pode ser pequeno demais para esta restauração: então ela falha, e nada muda.",
  allow_orphans: "Registros que se referem a outros que não existem voltam assim mesmo.",
};

/** A sentence for each option that is chosen; one that this screen does not know is shown by its name. */
export function chosenOptions(options: Record<string, unknown>): string[] {
  return Object.entries(options).map(([name, value]) => {
    if (name === "confirm_source") {
      return `O backup é de ${targetName(String(value))}: as contas dele substituem as da produção.`;
    }
    if (name === "privileges_from") {
      if (value === NO_PRIVILEGES) return "Nenhuma permissão será copiada de outro backup.";
      return `As permissões serão copiadas ${
        value === "newest" ? "do backup mais novo" : `de outro backup: ${value}`
      }.`;
    }
    return SENTENCES[name] ?? `Opção ${name}: ${value}.`;
  });
}
