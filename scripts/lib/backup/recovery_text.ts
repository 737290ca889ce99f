/**
 * The recovery instructions that are stored beside each backup, for a reader who has nothing but the bucket: its facts,
 * and the commands that restore the data with standard tools. pt-BR, no secret. A test runs the commands unchanged.
 */
import type { AnyManifest } from "@backup/vault/manifest.ts";
import type { BackupKeys } from "@backup/vault/object_key.ts";
import { downloadCommands, readCommand } from "@backup/vault/recovery.ts";
import type { ArchiveToc } from "../archive/archive_toc.ts";
import { contentOf, extensionsOf, platformEntries, producerOf, rolesOf, sourceOf } from "./recovery_facts.ts";

/** @param bucket that holds the backup */
export function recoveryText(
  keys: BackupKeys,
  manifest: AnyManifest,
  toc: ArchiveToc,
  bucket: string,
): string {
  const sections = [
    introduction(keys, manifest, toc, bucket),
    download(keys, manifest),
    restorePlain(manifest, toc),
    restoreSupabase(keys, manifest),
    notHere(),
  ];
  return sections.join("\n\n") + "\n";
}

function introduction(
  keys: BackupKeys,
  manifest: AnyManifest,
  toc: ArchiveToc,
  bucket: string,
): string {
  const extensions = extensionsOf(manifest, toc);
  const facts = [
    ["Banco", sourceOf(manifest)],
    ["Feito em", `${manifest.created_at_utc} (UTC)`],
    ["Conteúdo", contentOf(manifest, toc)],
    ["Balde (R2)", bucket],
    ["Objeto", keys.archive],
    ["Tamanho", `${manifest.bytes} bytes`],
    ["SHA-256", manifest.sha256],
    [
      "PostgreSQL",
      `servidor ${toc.serverVersion}; restaure com o cliente ${
        Number.parseInt(toc.serverVersion)
      }, não mais antigo`,
    ],
    ["Extensões", extensions.map(({ name, version }) => `${name} ${version}`.trim()).join(", ") || "nenhuma"],
    ["Feito por", `${producerOf(manifest)}${manifest.git_sha ? `, commit ${manifest.git_sha}` : ""}`],
  ];
  return [
    `# Como recuperar ${manifest.file}`,
    "",
    "Este arquivo basta: com as chaves do balde e programas comuns qualquer pessoa recupera os dados, mesmo sem o",
    "Supabase, sem o GitHub e sem o sistema que fez o backup. Aqui não há nenhum segredo.",
    "",
    "| | |",
    "|---|---|",
    ...facts.map(([name, value]) => `| ${name} | ${value} |`),
  ].join("\n");
}

function download({ archive }: BackupKeys, { sha256 }: AnyManifest): string {
  return [
    "## 1. Baixar e conferir",
    "",
    "Precisa de `curl` (7.88 ou mais novo), `sha256sum` (no macOS: `shasum -a 256`), `gunzip` e dos clientes do",
    "PostgreSQL. As variáveis `R2_ENDPOINT` (https://….r2.cloudflarestorage.com), `R2_BUCKET`, `R2_ACCESS_KEY_ID` e",
    "`R2_SECRET_ACCESS_KEY` vêm do painel da Cloudflare: R2 → Manage API tokens. O mesmo painel também baixa o objeto",
    "pelo navegador, se não houver chave.",
    "",
    "```sh",
    ...downloadCommands(archive, sha256),
    "```",
    "",
    "Se a última linha não disser `OK`, pare: o arquivo não é o que foi gravado. Use outro backup.",
  ].join("\n");
}

/** What to do before the file can be read; empty for one that is not encrypted. */
function keyOf({ encryption }: AnyManifest): string[] {
  return encryption === undefined ? [] : [
    `O arquivo está cifrado com o programa \`age\` (pacote age), para ${encryption.recipients.join(" e ")}.`,
    "Grave uma das chaves secretas (começa com `AGE-SECRET-KEY-1`; está no cofre de senhas, não no balde) no arquivo",
    "`chave.txt`, que só você lê, e apague-o no fim.",
    "",
  ];
}

function restorePlain(manifest: AnyManifest, toc: ArchiveToc): string {
  const { file } = manifest;
  const roleList = rolesOf(manifest, toc).map(quoted).join(", ");
  const dropped = platformEntries(manifest, toc);
  const filter = dropped.length === 0 ? "" : ` | grep -vE '^(${dropped.join("|")});'`;
  return [
    "## 2. Restaurar num PostgreSQL vazio",
    "",
    ...keyOf(manifest),
    "Em qualquer servidor, também num laptop, como superusuário (`PGHOST`, `PGPORT`, `PGUSER` e, se preciso,",
    "`PGPASSWORD` no ambiente). Os papéis (roles) são criados sem login; as senhas não estão no backup. O que só o",
    "servidor do Supabase pode ter fica de fora da lista.",
    "",
    "```sh",
    `echo "select format('create role %I nologin', name) from unnest(array[${roleList}]::text[]) name where name not in (select rolname from pg_roles) \\gexec" | psql -X -q -v ON_ERROR_STOP=1 -d postgres`,
    "createdb -T template0 -E UTF8 revo_recuperado",
    `${readCommand(file)} | pg_restore --list${filter} > restaurar.list`,
    `${
      readCommand(file)
    } | pg_restore --exit-on-error --single-transaction --use-list=restaurar.list --dbname=revo_recuperado`,
    "psql -X -q -d revo_recuperado -c analyze",
    "```",
    "",
    "Ou tudo entra, ou nada. Se parar em `CREATE EXTENSION`, este servidor não tem a extensão: instale o pacote dela,",
    "ou tire a linha dela de `restaurar.list`; se disser que falta um papel, crie-o com `createuser --no-login`. Então",
    "repita a última restauração.",
  ].join("\n");
}

function restoreSupabase({ archive }: BackupKeys, { mode }: AnyManifest): string {
  return [
    "## 3. Restaurar num projeto novo do Supabase",
    "",
    "Lá `auth` e `storage` já existem e o usuário não é superusuário: use o repositório do Revo Backups, que confere",
    "tudo antes de confirmar e não precisa do catálogo nem do GitHub (Node ≥ 20.19 e `npm ci`):",
    "",
    "```text",
    "export DATABASE_URL='postgres://postgres.PROJETO:SENHA@….pooler.supabase.com:5432/postgres'",
    `R2_KEY=${archive}${mode === "full" ? "" : " ALLOW_SCHEMA_ONLY=yes"} npx deno task restore --from-vault`,
    "```",
  ].join("\n");
}

function notHere(): string {
  return [
    "## O que não está no backup",
    "",
    "Os arquivos do Storage (só os registros deles), senhas de papéis, segredos do Vault, tarefas do pg_cron, Edge",
    "Functions e a configuração do projeto (Auth, SMTP, domínios).",
  ].join("\n");
}

/** A text as an SQL literal inside a double-quoted shell argument. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`.replaceAll(/[\\"$`]/g, "\\$&");
}
