#!/usr/bin/env bash
# Restores a .dump.gz, or a .dump.gz.age, into a new database of a plain PostgreSQL server, to look into it. bash 3.2 and newer.
#
# Promises: an existing database is never touched; when anything fails the new one is taken away again. Where there are public
# keys, only what one of them signed is read. While the archive's SQL runs, no other secret of the caller is in the environment
# of this script and its programs.
# Connection: libpq's own environment (PGHOST, PGPORT, PGUSER, PGPASSWORD or ~/.pgpass); no password is an argument.
set -euo pipefail
umask 077

usage() {
  cat <<'TEXT'
Uso: ./scripts/restore_db_local.sh ARQUIVO.dump.gz[.age] BANCO_NOVO

Cria BANCO_NOVO no PostgreSQL indicado por PGHOST, PGPORT e PGUSER (padrão: o servidor desta máquina) e restaura
nele o arquivo, com permissões. Confere antes o sha256, se o .manifest.json está ao lado, e a assinatura, se há chaves
públicas em signing_keys.txt (ao lado deste script) ou em BACKUP_PUBLIC_KEYS; para isso usa jq e openssl 3. O usuário
precisa ser superusuário: o arquivo traz extensões e os esquemas auth e storage do Supabase. O código do arquivo roda
com os direitos dele.

Exemplo:
  ./scripts/restore_db_local.sh backups/supabase_prod_20260115_031022.dump.gz exame

Um arquivo cifrado (.dump.gz.age) é aberto com o programa age e a chave secreta, num arquivo que só você lê:
  AGE_KEY_FILE=chave.txt ./scripts/restore_db_local.sh backups/supabase_prod_20260115_031022.dump.gz.age exame

Sem assinatura que valha, o arquivo é recusado. Se você sabe de onde ele veio, repita o nome dele:
  ALLOW_UNSIGNED=supabase_prod_20260115_031022.dump.gz ./scripts/restore_db_local.sh …

Para restaurar um projeto Supabase use a tela ou o comando restore: este script não o faz.
Códigos de saída: 0 feito, 1 falhou (o banco novo foi removido), 2 pedido inválido, 130 interrompido.
TEXT
}

say() { printf '%s\n' "$*" >&2; }
refuse() { say "erro: $1"; [ $# -lt 2 ] || say "dica: $2"; exit 2; }
fail() { say "erro: $1"; [ $# -lt 2 ] || say "dica: $2"; exit 1; }

case ${1-} in -h | --help) usage; exit 0 ;; esac
[ $# -eq 2 ] || refuse "são precisos dois argumentos: o arquivo e o nome do banco novo" "Veja --help."
FILE=$1
NEW=$2
case $FILE in
  *.dump.gz) MANIFEST=${FILE%.dump.gz}.manifest.json ;;
  *.dump.gz.age)
    MANIFEST=$FILE.manifest.json
    [ -r "${AGE_KEY_FILE-}" ] || refuse "o arquivo está cifrado, e AGE_KEY_FILE não aponta a chave secreta dele" "Veja --help."
    ;;
  *) refuse "o arquivo '$FILE' não é um .dump.gz nem um .dump.gz.age" ;;
esac
[ -r "$FILE" ] || refuse "não é possível ler $FILE"
case $NEW in '' | [!a-z_]* | *[!a-z0-9_]*) refuse "nome de banco inválido: '$NEW'" \
  "Use letras minúsculas sem acento, números e sublinhado." ;; esac

# The keys of the vault and the databases' URLs are in the shells of those who make backups.
if [ "${REVO_LOCAL_RESTORE-}" != clean ]; then
  for name in $(compgen -e); do
    case $name in
      PG* | LC_* | PATH | HOME | TMPDIR | LANG | TERM | USER | LOGNAME | SHELL | LD_LIBRARY_PATH) ;;
      BACKUP_PUBLIC_KEYS | ALLOW_UNSIGNED | AGE_KEY_FILE | SHELLOPTS | BASHOPTS) ;;
      *) unset "$name" ;;
    esac
  done
  export REVO_LOCAL_RESTORE=clean
  exec "$BASH" --norc "$0" "$@"
fi
export PGCONNECT_TIMEOUT=15 PGAPPNAME=revo-backups-local

# Without TLS only a server of this machine is used.
case ${PGHOST-} in
  '' | /* | localhost | 127.* | ::1) ;;
  *)
    case ${PGSSLMODE-} in
      '') export PGSSLMODE=require ;;
      disable | allow | prefer) refuse "PGSSLMODE=$PGSSLMODE deixaria a conexão com $PGHOST sem TLS" "Use verify-full." ;;
    esac
    ;;
esac

for program in psql pg_restore createdb dropdb gunzip; do
  command -v "$program" >/dev/null 2>&1 || fail "falta o programa $program" "Instale o cliente do PostgreSQL."
done
case $FILE in *.age) command -v age >/dev/null 2>&1 || fail "falta o programa age" "Instale o pacote age." ;; esac

WORK=$(mktemp -d "${TMPDIR:-/tmp}/revo-restore.XXXXXX")
CREATED=
LOADER=

leave() {
  local status=$?
  trap - EXIT
  trap '' INT TERM HUP
  [ -z "$LOADER" ] || kill -TERM -- "-$LOADER" 2>/dev/null || true
  if [ "$status" -ne 0 ] && [ -n "$CREATED" ]; then
    dropdb --force --maintenance-db=postgres "$NEW" && say "o banco $NEW foi removido; nada ficou"
  fi
  rm -rf -- "$WORK"
  exit "$status"
}
trap leave EXIT
trap 'exit 130' INT TERM HUP

AUTH_SESSION_TABLES="sessions refresh_tokens mfa_amr_claims mfa_challenges one_time_tokens flow_state saml_relay_states oauth_authorizations oauth_client_states webauthn_challenges"

sha256_of() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1"; else shasum -a 256 <"$1"; fi | cut -d ' ' -f 1
}

public_keys() {
  local committed
  committed=$(dirname "$0")/signing_keys.txt
  { if [ -r "$committed" ]; then cat "$committed"; fi; printf '%s\n' "${BACKUP_PUBLIC_KEYS-}"; } |
    sed 's/#.*//' | tr -s ' \t' '\n' | grep . || true
}

# The bytes that a signature is of: docs/storage-format.md, "Signatures".
signed_bytes() {
  jq -rj '"revo-backups signature 1\nrevo/" + .target + "/" + (.created_at_utc[0:10] | gsub("-"; "/")) + "/"
    + (.file | sub("[.]dump[.]gz$"; "")) + ".manifest.json\n"' "$1"
  jq -cjS 'del(.manifest_sha256, .signature)' "$1"
}

# Whether one of the keys signed the manifest, and the manifest is that of this file. Prints why not.
is_signed() {
  local manifest=$1 key
  [ -r "$manifest" ] || { echo "não há manifesto ao lado"; return 1; }
  for program in jq openssl; do
    command -v "$program" >/dev/null 2>&1 || { echo "falta o programa $program para conferir a assinatura"; return 1; }
  done
  [ "$(jq -r .file "$manifest")" = "${FILE##*/}" ] || { echo "o manifesto é de outro arquivo"; return 1; }
  jq -er .signature.value "$manifest" 2>/dev/null | openssl base64 -d -A >"$WORK/signature" ||
    { echo "não há assinatura no manifesto"; return 1; }
  signed_bytes "$manifest" >"$WORK/signed"
  while IFS= read -r key; do
    printf '%s' "$key" | openssl base64 -d -A >"$WORK/key"
    openssl pkeyutl -verify -pubin -inkey "$WORK/key" -keyform DER -rawin -in "$WORK/signed" \
      -sigfile "$WORK/signature" >/dev/null 2>&1 && return 0
  done <"$WORK/keys"
  echo "nenhuma chave desta instalação assinou este backup"
  return 1
}

check_signature() {
  local why
  public_keys >"$WORK/keys"
  if [ ! -s "$WORK/keys" ]; then
    say "atenção: sem chaves públicas; a assinatura não foi conferida, e o código do arquivo roda como ${PGUSER:-você}"
  elif ! why=$(is_signed "$MANIFEST"); then
    [ "${ALLOW_UNSIGNED-}" = "${FILE##*/}" ] || refuse "este backup não é de confiança: $why" \
      "O código dele roda com os seus direitos no servidor. Se sabe de onde veio: ALLOW_UNSIGNED=${FILE##*/}"
    say "atenção: usado sem assinatura, como pedido: $why"
  fi
}

check_file() {
  local expected found
  if [ -r "$MANIFEST" ]; then
    expected=$(sed -n 's/^.*"sha256" *: *"\([0-9a-f]\{64\}\)".*$/\1/p' "$MANIFEST" | head -n 1)
    found=$(sha256_of "$FILE")
    [ "$expected" = "$found" ] ||
      fail "o arquivo não é o do manifesto: sha256 $found, esperado ${expected:-nenhum}" "Use outro backup."
  else
    say "atenção: sem manifesto ao lado; o sha256 não foi conferido"
  fi
  case $FILE in
    *.age) age -d -i "$AGE_KEY_FILE" "$FILE" | gunzip -c >"$WORK/archive" ||
      fail "o arquivo cifrado não pôde ser aberto" "A chave é de um dos destinatários dele? Senão, ele está danificado." ;;
    *) gunzip -c "$FILE" >"$WORK/archive" || fail "o arquivo está danificado" "Use outro backup." ;;
  esac
  pg_restore --list "$WORK/archive" >"$WORK/list" || fail "o conteúdo do arquivo não pôde ser lido" \
    "O pg_restore precisa ser da mesma versão do pg_dump que fez o arquivo, ou mais novo."
}

# Owners, grantees and roles of policies: archives name roles but do not hold them.
roles_of_archive() {
  sed -n 's/^[0-9][0-9]*;.* \([^ ]*\)$/\1/p' "$WORK/list"
  grep -E '^[0-9]+; [0-9]+ [0-9]+ (ACL|DEFAULT ACL|POLICY) ' "$WORK/list" >"$WORK/grants" || return 0
  pg_restore --use-list="$WORK/grants" --file=- "$WORK/archive" |
    sed -n -e 's/^GRANT .* TO \([^ ;]*\).*;$/\1/p' -e 's/^ALTER DEFAULT PRIVILEGES FOR ROLE \([^ ]*\) .*$/\1/p' \
      -e 's/^CREATE POLICY .* TO \([A-Za-z0-9_, ]*\)\( USING.*\| WITH CHECK.*\|;\)$/\1/p' | tr ',' '\n' | tr -d '" '
}

create_missing_roles() {
  local role
  while IFS= read -r role; do
    case $role in '' | PUBLIC | pg_* | *[!A-Za-z0-9_-]*) continue ;; esac
    printf "select format('create role %%I nologin', '%s') where not exists (select from pg_roles where rolname = '%s') \\\\gexec\n" \
      "$role" "$role"
  done | psql -X -q -v ON_ERROR_STOP=1 -d postgres
}

# Event triggers must belong to superusers, and most are Supabase's own: a copy to look into needs none.
# Older archives hold the open sessions of production, which are credentials.
select_entries() {
  grep -v -E '^[0-9]+; [0-9]+ [0-9]+ (EVENT TRIGGER|COMMENT - EVENT TRIGGER) ' "$WORK/list" >"$WORK/without_triggers"
  cmp -s "$WORK/list" "$WORK/without_triggers" || say "atenção: os event triggers do arquivo ficam de fora"
  grep -v -E "^[0-9]+; [0-9]+ [0-9]+ TABLE DATA auth (${AUTH_SESSION_TABLES// /|}) " "$WORK/without_triggers" >"$WORK/load"
  cmp -s "$WORK/without_triggers" "$WORK/load" || say "atenção: as sessões abertas que o arquivo guarda ficam de fora"
}

load() {
  local status=0
  select_entries
  set -m
  pg_restore --exit-on-error --single-transaction --use-list="$WORK/load" --dbname="$NEW" "$WORK/archive" </dev/null &
  LOADER=$!
  set +m
  wait "$LOADER" || status=$?
  LOADER=
  [ "$status" -eq 0 ] || fail "a restauração não terminou (código $status)" \
    "A mensagem acima diz o objeto. Falta uma extensão no servidor? Instale-a ou use o mesmo PostgreSQL do Supabase."
}

check_signature
check_file
[ "$(psql -X -Atq -d postgres -c "select count(*) from pg_database where datname = '$NEW'")" = 0 ] ||
  refuse "o banco $NEW já existe; nada foi alterado" "Escolha um nome novo."
roles_of_archive | sort -u | create_missing_roles
createdb --maintenance-db=postgres --template=template0 "$NEW"
CREATED=yes
load
say "pronto: $(psql -X -Atq -d "$NEW" -c "select count(*) from pg_tables where schemaname = 'public'") tabelas em public do banco $NEW"
