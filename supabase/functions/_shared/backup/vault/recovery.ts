/**
 * How to restore a backup with standard tools only: curl, sha256sum, gunzip and PostgreSQL's own programs. The screen
 * shows these steps; the file beside each backup begins with the same commands.
 */
import { isEncryptedKey, parseArchiveKey } from "./object_key.ts";

export interface RecoveryFacts {
  bucket: string;
  /** Of the archive. */
  key: string;
  /** Of the archive as stored; `null` when unknown. */
  sha256: string | null;
}

/** `what` is pt-BR; `commands` run in a shell unchanged. */
export interface RecoveryStep {
  what: string;
  commands: string[];
}

/**
 * Downloads an archive with the vault's credentials from `R2_ENDPOINT`, `R2_BUCKET`, `R2_ACCESS_KEY_ID` and
 * `R2_SECRET_ACCESS_KEY`, none of which becomes an argument, and compares its hash if that is known.
 * @throws {BackupError} `invalid_r2_key`: only a key of the vault is safe in a command.
 */
export function downloadCommands(key: string, sha256: string | null): string[] {
  const file = fileOf(key);
  return [
    "umask 077",
    `printf 'user = "%s:%s"\\n' "$R2_ACCESS_KEY_ID" "$R2_SECRET_ACCESS_KEY" > r2.conf`,
    `curl --fail --silent --show-error --config r2.conf --aws-sigv4 aws:amz:auto:s3 ` +
    `--header "x-amz-content-sha256: UNSIGNED-PAYLOAD" --output ${file} "$R2_ENDPOINT/$R2_BUCKET/${key}"`,
    "rm r2.conf",
    ...sha256 === null ? [] : [`echo "${sha256}  ${file}" | sha256sum --check -`],
  ];
}

/**
 * Prints the `.dump.gz` of a downloaded archive, uncompressed. An encrypted one needs the secret key of age in the file
 * `chave.txt`.
 */
export function readCommand(file: string): string {
  return isEncryptedKey(file) ? `age -d -i chave.txt ${file} | gunzip -c` : `gunzip -c ${file}`;
}

/** All steps in order, into a new database. @throws {BackupError} as {@link downloadCommands}. */
export function recoverySteps({ bucket, key, sha256 }: RecoveryFacts): RecoveryStep[] {
  const file = fileOf(key);
  return [
    {
      what: "Informe onde está o cofre e a chave de leitura (painel da Cloudflare: R2 → Manage API tokens).",
      commands: [
        `export R2_ENDPOINT=https://CONTA.r2.cloudflarestorage.com R2_BUCKET=${bucket}`,
        "read -r R2_ACCESS_KEY_ID",
        "read -rs R2_SECRET_ACCESS_KEY",
      ],
    },
    {
      what:
        "Baixe o arquivo (curl 7.88 ou mais novo). Se a última linha não disser OK, pare: use outro backup.",
      commands: downloadCommands(key, sha256),
    },
    ...isEncryptedKey(key) ? [KEY_STEP] : [],
    {
      what: "Veja o que ele contém, sem restaurar nada.",
      commands: [`${readCommand(file)} | pg_restore -l`],
    },
    {
      what:
        "Crie um banco vazio e restaure nele com um pg_restore não mais antigo que o servidor de origem. Papéis que " +
        "o servidor não tem aparecem como erros de permissão, e os dados entram; o arquivo .RECOVERY.md, ao lado do " +
        "backup no cofre, traz os comandos que também criam os papéis.",
      commands: [
        "createdb revo_recuperado",
        `${readCommand(file)} | pg_restore --no-owner -d revo_recuperado`,
      ],
    },
  ];
}

const KEY_STEP: RecoveryStep = {
  what:
    "O arquivo está cifrado. Instale o programa age e grave a chave secreta (começa com AGE-SECRET-KEY-1) em chave.txt; " +
    "apague esse arquivo no fim.",
  commands: ["umask 077", "read -rs AGE_KEY", `printf '%s\\n' "$AGE_KEY" > chave.txt`],
};

function fileOf(key: string): string {
  parseArchiveKey(key);
  return key.slice(key.lastIndexOf("/") + 1);
}
