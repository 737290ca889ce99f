/**
 * What a backup does not hold, and what would keep it from being restored: found when it was made, stated in its manifest.
 * The list is not final: a reader shows a kind that it does not know by its name.
 */
import { z } from "zod";

export const warningSchema = z.object({
  kind: z.string(),
  /** The object, with its type. */
  name: z.string(),
  /** The owner, or the other object that the warning is about. */
  detail: z.string().nullable(),
  /** Rows that are in no backup. */
  rows: z.number().int().nonnegative().nullable(),
});
export type Warning = z.infer<typeof warningSchema>;

/** What has to be done in a project before objects can be restored that need this schema of the platform. */
const REMEDIES: Readonly<Record<string, string>> = {
  supabase_functions: "ative Database Webhooks antes",
  cron: "ative a extensão pg_cron antes",
  net: "ative a extensão pg_net antes",
  vault: "ative o Vault antes",
  pgmq: "ative Queues antes",
};

/** @param object qualified name of an object of the platform */
export function remedyFor(object: string): string {
  const schema = object.split(".")[0] ?? object;
  return REMEDIES[schema] ?? `crie ${object} antes`;
}

/** One sentence for an admin. */
export function warningText({ kind, name, detail, rows }: Warning): string {
  const lost = rows === null ? "" : ` (${rows} linhas)`;
  switch (kind) {
    case "left_out":
      return `${name}${lost} fica fora do backup: pertence a ${detail}; dê esse papel a postgres (GRANT … TO postgres)`;
    case "extension_rows":
      return `${name}: linhas próprias${lost} em tabela da extensão ${detail} ficam fora do backup`;
    case "other_owner":
      return `${name} pertence a ${detail}: uma restauração em projeto novo a devolve como do usuário da restauração, e ` +
        "uma por cima deste banco não consegue substituí-la";
    case "needs_platform":
      return `${name} usa ${detail}, que não está em backup nenhum: em um projeto novo, ${
        remedyFor(detail ?? "")
      }`;
    case "platform_function":
      return `${name} é do projeto, mas está em um esquema da plataforma e fica fora do backup: um projeto novo não a tem`;
    case "orphans":
      return `${name} tem linhas órfãs, sem par em ${detail}: a restauração é recusada sem ALLOW_ORPHANS=yes`;
    case "safe_path":
      return `${name} só se monta com o search_path do projeto (${detail}): a partir do PostgreSQL 17 a restauração é ` +
        "recusada; fixe o caminho nas funções que usa (ALTER FUNCTION … SET search_path = …)";
    case "not_checked":
      return `${name} não foi conferida: ${detail}`;
    case "measure":
      return `a medida "${name}" do negócio não foi calculada (${detail}): o backup está completo sem ela; corrija-a em business.sql`;
    case "no_index":
      return `o índice do backup não pôde ser gravado (${detail}): o backup está completo, e ver só uma parte dele demora mais`;
    case "user_mapping":
      return `${name}: o usuário e a senha, que só ${detail} pode ler, ficam fora do backup; depois de uma restauração ` +
        "informe-os de novo (ALTER USER MAPPING)";
    case "grantor":
      return `permissões de ${name} foram dadas por ${detail}, papel que postgres não pode assumir: não voltam`;
    case "settings":
      return `configurações (ALTER … SET) ficam fora do backup: ${name}`;
    case "dependent":
      return `${name}, de ${detail}, depende deste projeto: uma restauração por cima deste banco o remove`;
    default:
      return [kind, name, detail].filter((part) => part !== null).join(": ") + lost;
  }
}
