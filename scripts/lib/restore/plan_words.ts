/** The pt-BR words of a plan for differences, and for archive entries that a restore leaves out. */
import { objectText } from "@backup/runs/restore_plan_text.ts";
import type { SkipReason } from "../archive/select_entries.ts";
import type { DifferenceWords } from "../postgres/fingerprint_differences.ts";

const FACTS: Readonly<Record<string, string>> = {
  acl: "permissões",
  owner: "dono",
  definition: "definição",
  comment: "comentário",
  kind: "espécie",
  rls: "segurança por linha",
  force_rls: "segurança por linha também para o dono",
  persistence: "persistência",
  replica_identity: "identidade de réplica",
  options: "opções",
  method: "método",
  partition_key: "chave de partição",
  bound: "limites da partição",
  parents: "tabelas acima",
  of_type: "tipo da tabela",
  populated: "preenchimento",
  view: "consulta",
  name: "nome",
  type: "tipo",
  not_null: "obrigatoriedade",
  generated: "cálculo",
  identity: "identidade",
  collation: "ordenação",
  default: "valor padrão",
  statistics: "estatísticas",
  storage: "armazenamento",
  compression: "compressão",
  inherited: "herança",
  local: "definição local",
  no_inherit: "não herdada",
  validated: "validação",
  valid: "validade",
  clustered: "agrupamento",
  enabled: "ativação",
  command: "comando",
  permissive: "permissividade",
  roles: "papéis",
  using: "condição de leitura",
  check: "condição de escrita",
  aggregate: "agregação",
  labels: "valores",
  domain: "domínio",
  range: "intervalo",
  start: "início",
  increment: "incremento",
  max: "máximo",
  min: "mínimo",
  cache: "cache",
  cycle: "ciclo",
  owned_by: "coluna dona",
  facts: "definição",
  tables: "tabelas",
  schemas: "esquemas",
  actions: "ações",
  event: "evento",
  tags: "comandos",
  function: "função",
  schema: "esquema",
  version: "versão",
  label: "rótulo",
  columns: "colunas",
  server: "servidor",
};

function value(json: string): string {
  return json === "null" ? "nada" : json;
}

/** The target's differences from the backup. */
export const DIFFERENCES: DifferenceWords = {
  missing: (object) => `${objectText(object)} não existe no destino`,
  extra: (object) => `${objectText(object)} não existe no backup`,
  options: (object, names) => `opções de ${objectText(object)} diferentes: ${names.join(", ")}`,
  fact: (fact, object, found, expected) =>
    `${FACTS[fact] ?? fact} de ${objectText(object)}: ${value(found)} no destino, ${
      value(expected)
    } no backup`,
  absent: "nada",
};

export const SKIP_WORDS: Readonly<Record<SkipReason, string>> = {
  "needs what this server lacks": "precisam do que este servidor não tem",
  "schema of the platform": "esquema da plataforma",
  "left over from an earlier restore": "resto de uma restauração anterior",
  "the catalog is rebuilt from the vault": "o catálogo é refeito a partir do cofre",
  "the catalog stays as it is": "o catálogo fica como está",
  "belongs to a role of the platform": "de um papel da plataforma",
  "schema that exists on every target": "esquema que todo destino tem",
  "extension is installed": "extensão já instalada",
  "extension of the platform": "extensão da plataforma",
  "the target is its own database": "configuração do próprio banco de destino",
  "a subscription needs a superuser": "assinatura, que exige superusuário",
  "belongs to the target itself": "do próprio destino",
  "rows that the platform writes itself": "linhas que a plataforma mesma grava",
  "table that this target lacks": "tabela que o destino não tem",
  "set after everything else": "sequência, ajustada no fim",
  "structure of the platform": "estrutura da plataforma",
};
