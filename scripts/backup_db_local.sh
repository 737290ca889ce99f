#!/usr/bin/env bash
# Backs up one database into a file on this machine: .dump.gz and .manifest.json, as they lie in the vault.
# Needs nothing of this repository. Runs on macOS (bash 3.2) and Linux, with the machine's PostgreSQL tools or Docker.
#
# Promises: nothing appears under its final name before it was read back whole; an interrupted run leaves nothing;
# the password is never an argument of any program. Files are readable by their owner alone.
# The lists of schemas are those of supabase/functions/_shared/backup/vault/platform.ts; a test compares them.
set -euo pipefail
umask 077

usage() {
  cat <<'TEXT'
Uso: DATABASE_URL=postgres://usuário:senha@host:5432/banco ./scripts/backup_db_local.sh [prod|dev|verify]

Faz uma cópia do banco nesta máquina (.dump.gz e .manifest.json). Padrão: prod.

Variáveis:
  DATABASE_URL  conexão direta ou pooler de sessão (porta 5432); nunca o pooler de transações (6543)
  MODE          full (padrão) ou schema-only
  LABEL         etiqueta: até 40 letras, números, pontos, hífens ou sublinhados; acentos saem, espaços viram _
  OUT_DIR       pasta do backup (padrão: ./backups)
  TOOLS         auto (padrão), local ou docker
  SUPABASE_CA_FILE  certificado do Supabase, que confere o servidor (padrão: o que vem com este programa; none, nenhum)
  DOCKER_IMAGE  imagem com o cliente PostgreSQL (padrão: postgres:<versão do servidor>)

Exemplo:
  read -rs DATABASE_URL && export DATABASE_URL   # cole a URL; ela não fica no histórico do terminal
  LABEL=antes-da-migracao ./scripts/backup_db_local.sh prod

Códigos de saída: 0 feito, 1 falhou (nada ficou), 2 pedido inválido, 130 interrompido (nada ficou).
TEXT
}

# Schemas of the platform: of these nothing is dumped,
EXCLUDED_SCHEMAS="_analytics _realtime _supavisor cron dbdev etl graphql graphql_public net pgbouncer pgmq pgsodium
pgsodium_masks pgtle repack supabase_functions tiger tiger_data topology vault"
# and of these only the rows that belong to the project.
PLATFORM_SCHEMAS="auth storage realtime extensions"
AUTH_TABLES_EXCEPT="schema_migrations sessions refresh_tokens mfa_amr_claims mfa_challenges one_time_tokens flow_state
saml_relay_states oauth_authorizations oauth_client_states webauthn_challenges"
STORAGE_TABLES="buckets objects"
OLD_CONTENT_PREFIX="restore_old_"
OPS_OBJECT_PREFIX="ops_db_backup"
# A connection whose other end vanished is noticed within a minute and a half, not after the system's two hours.
NOTICE_LOSS="keepalives_idle=30 keepalives_interval=10 keepalives_count=3 tcp_user_timeout=60000"

say() { printf '%s\n' "$*" >&2; }
refuse() { say "erro: $1"; [ $# -lt 2 ] || say "dica: $2"; exit 2; }
fail() { say "erro: $1"; [ $# -lt 2 ] || say "dica: $2"; exit 1; }

# ---------------------------------------------------------------- what is asked

case ${1-} in -h | --help) usage; exit 0 ;; esac
[ $# -le 1 ] || refuse "argumentos demais: $*" "Só o banco: prod, dev ou verify. Veja --help."
TARGET=${1:-prod}
case $TARGET in prod | dev | verify) ;; *) refuse "banco desconhecido: '$TARGET'" "Use prod, dev ou verify." ;; esac
MODE=${MODE:-full}
case $MODE in full | schema-only) ;; *) refuse "MODE desconhecido: '$MODE'" "Use full ou schema-only." ;; esac
TOOLS=${TOOLS:-auto}
case $TOOLS in auto | local | docker) ;; *) refuse "TOOLS desconhecido: '$TOOLS'" "Use auto, local ou docker." ;; esac
# Each letter of a label, and the letters that become it: Unicode's decomposition, as supabase/functions/_shared/backup/label.ts.
LETTERS="AÀ|Á|Â|Ã|Ä|Å|Ā|Ă|Ą|Ǎ|Ǟ|Ǡ|Ǻ|Ȁ|Ȃ|Ȧ|Ḁ|Ạ|Ả|Ấ|Ầ|Ẩ|Ẫ|Ậ|Ắ|Ằ|Ẳ|Ẵ|Ặ|Å BḂ|Ḅ|Ḇ CÇ|Ć|Ĉ|Ċ|Č|Ḉ DĎ|Ḋ|Ḍ|Ḏ|Ḑ|Ḓ
EÈ|É|Ê|Ë|Ē|Ĕ|Ė|Ę|Ě|Ȅ|Ȇ|Ȩ|Ḕ|Ḗ|Ḙ|Ḛ|Ḝ|Ẹ|Ẻ|Ẽ|Ế|Ề|Ể|Ễ|Ệ FḞ GĜ|Ğ|Ġ|Ģ|Ǧ|Ǵ|Ḡ HĤ|Ȟ|Ḣ|Ḥ|Ḧ|Ḩ|Ḫ IÌ|Í|Î|Ï|Ĩ|Ī|Ĭ|Į|İ|Ǐ|Ȉ|Ȋ|Ḭ|Ḯ|Ỉ|Ị
JĴ KĶ|Ǩ|Ḱ|Ḳ|Ḵ|K LĹ|Ļ|Ľ|Ḷ|Ḹ|Ḻ|Ḽ MḾ|Ṁ|Ṃ NÑ|Ń|Ņ|Ň|Ǹ|Ṅ|Ṇ|Ṉ|Ṋ
OÒ|Ó|Ô|Õ|Ö|Ō|Ŏ|Ő|Ơ|Ǒ|Ǫ|Ǭ|Ȍ|Ȏ|Ȫ|Ȭ|Ȯ|Ȱ|Ṍ|Ṏ|Ṑ|Ṓ|Ọ|Ỏ|Ố|Ồ|Ổ|Ỗ|Ộ|Ớ|Ờ|Ở|Ỡ|Ợ PṔ|Ṗ RŔ|Ŗ|Ř|Ȑ|Ȓ|Ṙ|Ṛ|Ṝ|Ṟ SŚ|Ŝ|Ş|Š|Ș|Ṡ|Ṣ|Ṥ|Ṧ|Ṩ
TŢ|Ť|Ț|Ṫ|Ṭ|Ṯ|Ṱ UÙ|Ú|Û|Ü|Ũ|Ū|Ŭ|Ů|Ű|Ų|Ư|Ǔ|Ǖ|Ǘ|Ǚ|Ǜ|Ȕ|Ȗ|Ṳ|Ṵ|Ṷ|Ṹ|Ṻ|Ụ|Ủ|Ứ|Ừ|Ử|Ữ|Ự VṼ|Ṿ WŴ|Ẁ|Ẃ|Ẅ|Ẇ|Ẉ XẊ|Ẍ YÝ|Ŷ|Ÿ|Ȳ|Ẏ|Ỳ|Ỵ|Ỷ|Ỹ
ZŹ|Ż|Ž|Ẑ|Ẓ|Ẕ aà|á|â|ã|ä|å|ā|ă|ą|ǎ|ǟ|ǡ|ǻ|ȁ|ȃ|ȧ|ḁ|ạ|ả|ấ|ầ|ẩ|ẫ|ậ|ắ|ằ|ẳ|ẵ|ặ bḃ|ḅ|ḇ cç|ć|ĉ|ċ|č|ḉ dď|ḋ|ḍ|ḏ|ḑ|ḓ
eè|é|ê|ë|ē|ĕ|ė|ę|ě|ȅ|ȇ|ȩ|ḕ|ḗ|ḙ|ḛ|ḝ|ẹ|ẻ|ẽ|ế|ề|ể|ễ|ệ fḟ gĝ|ğ|ġ|ģ|ǧ|ǵ|ḡ hĥ|ȟ|ḣ|ḥ|ḧ|ḩ|ḫ|ẖ iì|í|î|ï|ĩ|ī|ĭ|į|ǐ|ȉ|ȋ|ḭ|ḯ|ỉ|ị
jĵ|ǰ kķ|ǩ|ḱ|ḳ|ḵ lĺ|ļ|ľ|ḷ|ḹ|ḻ|ḽ mḿ|ṁ|ṃ nñ|ń|ņ|ň|ǹ|ṅ|ṇ|ṉ|ṋ
oò|ó|ô|õ|ö|ō|ŏ|ő|ơ|ǒ|ǫ|ǭ|ȍ|ȏ|ȫ|ȭ|ȯ|ȱ|ṍ|ṏ|ṑ|ṓ|ọ|ỏ|ố|ồ|ổ|ỗ|ộ|ớ|ờ|ở|ỡ|ợ pṕ|ṗ rŕ|ŗ|ř|ȑ|ȓ|ṙ|ṛ|ṝ|ṟ sś|ŝ|ş|š|ș|ṡ|ṣ|ṥ|ṧ|ṩ
tţ|ť|ț|ṫ|ṭ|ṯ|ṱ|ẗ uù|ú|û|ü|ũ|ū|ŭ|ů|ű|ų|ư|ǔ|ǖ|ǘ|ǚ|ǜ|ȕ|ȗ|ṳ|ṵ|ṷ|ṹ|ṻ|ụ|ủ|ứ|ừ|ử|ữ|ự vṽ|ṿ wŵ|ẁ|ẃ|ẅ|ẇ|ẉ|ẘ xẋ|ẍ
yý|ÿ|ŷ|ȳ|ẏ|ẙ|ỳ|ỵ|ỷ|ỹ zź|ż|ž|ẑ|ẓ|ẕ"

# In the locale C ranges of letters mean ASCII, and sed reads bytes; marks of their own are U+0300 to U+036F.
convert_label() (
  LC_ALL=C
  export LC_ALL
  program=$'s/\xcc[\x80-\xbf]//g;s/\xcd[\x80-\xaf]//g'
  for group in $LETTERS; do program="$program;s/${group#?}/${group%"${group#?}"}/g"; done
  label=$(printf '%sx' "$1" | sed -E "$program")
  label=${label%x}
  case $label in *[!\ A-Za-z0-9._-]*) exit 1 ;; esac
  printf '%s' "$label" | sed -e 's/^ *//' -e 's/ *$//' -e 's/  */_/g'
)
GIVEN_LABEL=${LABEL-}
LABEL=$(convert_label "$GIVEN_LABEL") ||
  refuse "etiqueta inválida: '$GIVEN_LABEL'" "Use letras, números, espaço, ponto, hífen ou sublinhado."
case $LABEL in *.dump.gz.age) refuse "etiqueta inválida: '$GIVEN_LABEL'" "Ela não pode terminar em .dump.gz.age." ;; esac
[ ${#LABEL} -le 40 ] || refuse "etiqueta com ${#LABEL} caracteres" "O máximo é 40."
[ -n "${DATABASE_URL-}" ] || refuse "falta DATABASE_URL" "Veja --help."
OUT_DIR=${OUT_DIR:-backups}

# Percent-decoding of one part of the URL.
decode() {
  local text=${1//\\/\\\\}
  printf '%b' "${text//%/\\x}"
}

not_a_url() {
  refuse "DATABASE_URL não é a URL de um banco" \
    "Esperado: postgres://usuário:senha@host:5432/banco (caracteres especiais da senha em %XX)."
}

# Turns DATABASE_URL into libpq's environment, which no other user of the machine can read.
read_url() {
  local rest authority user_info host_port query pair
  case $DATABASE_URL in postgres://*@*/* | postgresql://*@*/*) ;; *) not_a_url ;; esac
  rest=${DATABASE_URL#*://}
  authority=${rest%%/*}
  rest=${rest#*/}
  query=
  case $rest in *\?*) query=${rest#*\?} rest=${rest%%\?*} ;; esac
  case $authority in *@*) ;; *) not_a_url ;; esac
  user_info=${authority%@*}
  host_port=${authority##*@}
  PGUSER=$(decode "${user_info%%:*}")
  PGPASSWORD=
  case $user_info in *:*) PGPASSWORD=$(decode "${user_info#*:}") ;; esac
  PGDATABASE=$(decode "$rest")
  PGPORT=5432
  case $host_port in
    \[*\]:*) PGHOST=${host_port%]:*} PGPORT=${host_port##*]:} PGHOST=${PGHOST#[} ;;
    \[*\]) PGHOST=${host_port#[} PGHOST=${PGHOST%]} ;;
    *:*) PGHOST=${host_port%%:*} PGPORT=${host_port#*:} ;;
    *) PGHOST=$host_port ;;
  esac
  case $PGPORT in '' | *[!0-9]*) not_a_url ;; esac
  case ,$PGHOST,$PGUSER,$PGDATABASE, in *,,*) not_a_url ;; esac
  case $(printf '%s' "$user_info$rest" | sed 's/%[0-9A-Fa-f][0-9A-Fa-f]//g') in *%*) not_a_url ;; esac
  [ "$PGPORT" != 6543 ] || refuse "a porta 6543 é o pooler de transações, onde o pg_dump não funciona" \
    "Use a porta 5432 do mesmo host (pooler de sessão) ou a conexão direta."
  export PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE
  export PGCONNECT_TIMEOUT=15 PGAPPNAME=revo-backups-local PGCLIENTENCODING=UTF8
  for pair in $(printf '%s' "$query" | tr '&' ' '); do
    case $pair in
      sslmode=*) export PGSSLMODE="${pair#*=}" ;;
      sslrootcert=*) PGSSLROOTCERT=$(decode "${pair#*=}") && export PGSSLROOTCERT ;;
      channel_binding=*) export PGCHANNELBINDING="${pair#*=}" ;;
      gssencmode=*) export PGGSSENCMODE="${pair#*=}" ;;
      application_name=*) PGAPPNAME=$(decode "${pair#*=}") ;;
      connect_timeout=*) PGCONNECT_TIMEOUT=${pair#*=} ;;
      *) refuse "parâmetro desconhecido na DATABASE_URL: '${pair%%=*}'" \
        "Conhecidos: sslmode, sslrootcert, channel_binding, gssencmode, application_name, connect_timeout." ;;
    esac
  done
  require_tls
}

# The certificate is in a file of this machine, which a container does not see: there the server is not verified.
CA_IS_OPTIONAL=

# Without TLS only a server of this machine is used. A server of Supabase is verified, where this script is not alone.
require_tls() {
  case $PGHOST in localhost | 127.* | ::1) return ;; esac
  export PGSSLMODE="${PGSSLMODE:-require}"
  case $PGSSLMODE in
    disable | allow | prefer) refuse "sslmode=$PGSSLMODE deixaria a conexão com $PGHOST sem TLS" "Tire-o da URL." ;;
  esac
  case $PGSSLMODE:${PGSSLROOTCERT-}:$PGHOST in
    require::*.supabase.co | require::*.supabase.com) ;;
    *) return ;;
  esac
  local roots="${SUPABASE_CA_FILE:-$(dirname "$0")/lib/postgres/supabase_roots.pem}"
  if [ "$roots" != none ] && [ -r "$roots" ]; then
    export PGSSLMODE=verify-full PGSSLROOTCERT="$roots"
    CA_IS_OPTIONAL=yes
  else
    say "atenção: a conexão é cifrada, mas o servidor não é conferido; não há certificado (SUPABASE_CA_FILE)"
  fi
}

# ---------------------------------------------------------------- which tools

# Folders where PostgreSQL's programs lie, newest versions last.
tool_folders() {
  printf '%s\n' "$PATH" | tr ':' '\n'
  ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin \
    /opt/homebrew/opt/libpq/bin /usr/local/opt/libpq/bin /Applications/Postgres.app/Contents/Versions/*/bin \
    2>/dev/null || true
}

# The major version of the tools in a folder; empty when they are not all there.
major_in() {
  local program
  for program in psql pg_dump pg_restore; do [ -x "$1/$program" ] || return 0; done
  "$1/pg_dump" --version 2>/dev/null | sed -n 's/^pg_dump (PostgreSQL) \([0-9]*\).*/\1/p'
}

# The folder whose tools fit a server: its own major version, or the next newer one there is.
find_local() {
  local folder major best="" best_major=""
  while IFS= read -r folder; do
    major=$(major_in "$folder")
    [ "${major:-0}" -ge "$1" ] || continue
    if [ -z "$best" ] || [ "$major" -lt "$best_major" ]; then best=$folder best_major=$major; fi
  done <<<"$(tool_folders)"
  printf '%s' "$best"
}

has_docker() { command -v docker >/dev/null 2>&1 && docker info >/dev/null 2>&1; }

# Runs one of PostgreSQL's programs. Docker gets the names of the variables only: their values it takes from here.
pg() {
  local program=$1
  shift
  if [ -n "$LOCAL_FOLDER" ]; then
    "$LOCAL_FOLDER/$program" "$@"
    return
  fi
  docker run --rm --init --interactive --network=host \
    --env PGHOST --env PGPORT --env PGUSER --env PGPASSWORD --env PGDATABASE --env PGSSLMODE --env PGCHANNELBINDING \
    --env PGGSSENCMODE --env PGCONNECT_TIMEOUT --env PGAPPNAME --env PGCLIENTENCODING \
    "$IMAGE" "$program" "$@"
}

query() {
  pg psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --dbname="$NOTICE_LOSS" --command="$1"
}

use_docker() {
  has_docker || fail "não há ferramentas do PostgreSQL ${1:-} que sirvam, nem Docker em execução" \
    "Instale o cliente PostgreSQL ${1:-} (apt install postgresql-client-${1:-17}, brew install libpq) ou inicie o Docker."
  if [ -n "$CA_IS_OPTIONAL" ]; then
    unset PGSSLROOTCERT
    PGSSLMODE=require CA_IS_OPTIONAL=
    say "atenção: com Docker a conexão é cifrada, mas o servidor não é conferido; com ferramentas locais é"
  fi
  [ -z "${PGSSLROOTCERT-}" ] || refuse "sslrootcert não é possível com Docker" "Instale as ferramentas locais."
  # inside Docker Desktop's machine "localhost" is another one
  case $(uname -s):$PGHOST in Darwin:localhost | Darwin:127.0.0.1 | Darwin:::1) PGHOST=host.docker.internal ;; esac
  LOCAL_FOLDER=
  IMAGE=${DOCKER_IMAGE:-postgres:${1:-17}}
}

# Sets SERVER_VERSION, CLIENT_VERSION and how programs are run.
choose_tools() {
  local number major client
  LOCAL_FOLDER=
  [ "$TOOLS" = docker ] || LOCAL_FOLDER=$(find_local 1)
  [ -n "$LOCAL_FOLDER" ] || { [ "$TOOLS" != local ] ||
    fail "não há ferramentas do PostgreSQL nesta máquina" "Instale psql, pg_dump e pg_restore, ou use TOOLS=docker."; }
  [ -n "$LOCAL_FOLDER" ] || use_docker
  number=$(query "select current_setting('server_version_num')") ||
    fail "o banco não respondeu em $PGHOST:$PGPORT" "Confira a URL, a senha e a rede (a conexão direta do Supabase é só IPv6)."
  major=$((number / 10000))
  SERVER_VERSION=$(query "select split_part(current_setting('server_version'), ' ', 1)")
  if [ -n "$LOCAL_FOLDER" ]; then
    LOCAL_FOLDER=$(find_local "$major")
    if [ -z "$LOCAL_FOLDER" ]; then
      [ "$TOOLS" != local ] || fail "as ferramentas desta máquina são mais antigas que o servidor $SERVER_VERSION" \
        "Instale o cliente PostgreSQL $major ou use TOOLS=docker."
      use_docker "$major"
    fi
  else
    use_docker "$major"
  fi
  CLIENT_VERSION=$(pg pg_dump --version | sed -n 's/^pg_dump (PostgreSQL) \([0-9.]*\).*/\1/p')
  client=${CLIENT_VERSION%%.*}
  [ "${client:-0}" -ge "$major" ] ||
    fail "o pg_dump $CLIENT_VERSION é mais antigo que o servidor $SERVER_VERSION" "Atualize o cliente ou DOCKER_IMAGE."
  say "servidor $SERVER_VERSION, pg_dump $CLIENT_VERSION de ${LOCAL_FOLDER:-Docker ($IMAGE)}"
  [ "$client" = "$major" ] || say "atenção: para restaurar será preciso um pg_restore $client ou mais novo"
}

choose_gzip() {
  local name
  for name in igzip pigz gzip; do
    if command -v "$name" >/dev/null 2>&1; then GZIP_PROGRAM=$name && return; fi
  done
  fail "não há gzip nesta máquina"
}

sha256_of() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1"; else shasum -a 256 <"$1"; fi | cut -d ' ' -f 1
}

bytes_of() { wc -c <"$1" | tr -d ' '; }

# ---------------------------------------------------------------- leaving nothing behind

WORK=
DUMP_GROUP=
PROGRESS_GROUP=
NEW_DUMP=
NEW_MANIFEST=

leave_nothing() {
  local status=$?
  trap - EXIT
  trap '' INT TERM HUP
  [ -z "$DUMP_GROUP" ] || kill -TERM -- "-$DUMP_GROUP" 2>/dev/null || true
  [ -z "$PROGRESS_GROUP" ] || kill -TERM -- "-$PROGRESS_GROUP" 2>/dev/null || true
  [ -z "$NEW_DUMP" ] || rm -f -- "$NEW_DUMP"
  [ -z "$NEW_MANIFEST" ] || rm -f -- "$NEW_MANIFEST"
  [ -z "$WORK" ] || rm -rf -- "$WORK"
  [ "$status" -ne 130 ] || say "interrompido; nada ficou nesta máquina"
  exit "$status"
}

# Working folders of runs that were killed without a chance to tidy up.
remove_leftovers() {
  local folder
  for folder in "$OUT_DIR"/.revo-backup-*; do
    [ -d "$folder" ] || continue
    kill -0 "${folder##*-}" 2>/dev/null || rm -rf -- "$folder"
  done
}

prepare_folder() {
  mkdir -p -- "$OUT_DIR" 2>/dev/null || true
  [ -d "$OUT_DIR" ] || fail "$OUT_DIR não é uma pasta" "Escolha outra pasta com OUT_DIR."
  [ -w "$OUT_DIR" ] || fail "não é possível gravar em $OUT_DIR" "Escolha outra pasta com OUT_DIR."
  remove_leftovers
  CREATED_AT=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  NAME=supabase_${TARGET}_$(printf '%s' "$CREATED_AT" | sed -e 's/[-:Z]//g' -e 's/T/_/')${LABEL:+_$LABEL}
  local taken
  for taken in "$OUT_DIR/$NAME.dump.gz" "$OUT_DIR/$NAME.manifest.json"; do
    [ ! -e "$taken" ] || fail "já existe $taken" "Nada foi sobrescrito. Espere um segundo e repita."
  done
  WORK=$OUT_DIR/.revo-backup-$$
  mkdir -- "$WORK"
}

# An archive takes a tenth to a third of the database; a quarter must be free.
require_space() {
  local database_kb free_kb
  [ "$MODE" = full ] || return 0
  database_kb=$(($(query "select pg_database_size(current_database())") / 1024))
  free_kb=$(df -Pk "$OUT_DIR" | awk 'NR == 2 { print $4 }')
  [ "$free_kb" -ge $((database_kb / 4)) ] ||
    fail "pouco espaço em $OUT_DIR: $((free_kb / 1024)) MB livres para um banco de $((database_kb / 1024)) MB" \
      "Libere espaço ou escolha outra pasta com OUT_DIR."
}

# ---------------------------------------------------------------- the dump

# A list of words as SQL literals.
quoted_list() {
  local word list=""
  for word in $1; do list="$list,'$word'"; done
  printf '%s' "${list#,}"
}

# One pg_dump option per line: what of the platform is left out, as the live database has it.
dump_selection() {
  query "select format('--exclude-schema=%I', nspname) from pg_catalog.pg_namespace
    where nspname !~ '^pg_' and nspname <> 'information_schema' and nspname not in ($(quoted_list "$PLATFORM_SCHEMAS"))
      and (nspname in ($(quoted_list "$EXCLUDED_SCHEMAS")) or starts_with(nspname, '$OLD_CONTENT_PREFIX')
        or pg_catalog.pg_get_userbyid(nspowner) not in (current_user, 'pg_database_owner'))
    union all
    select format('--exclude-table-data=\"%s\".\"%s\"', n.nspname, replace(c.relname, '\"', '\"\"'))
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and case n.nspname
       when 'auth' then c.relname in ($(quoted_list "$AUTH_TABLES_EXCEPT"))
       when 'storage' then c.relname not in ($(quoted_list "$STORAGE_TABLES"))
       when 'realtime' then true
       when 'extensions' then true
       when 'public' then starts_with(c.relname, '$OPS_OBJECT_PREFIX')
       else false end"
}

# One line per object whose definition or rows a dump carries: name, then a mark that changes with every DDL statement and
# every rewrite of a table. pg_dump's snapshot is older than its locks: a table that is rewritten or truncated in between
# is dumped as empty, and definitions are read from the current catalog.
object_marks() {
  query "with spaces as (select oid from pg_catalog.pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
      and nspname not in ($(quoted_list "$EXCLUDED_SCHEMAS"))),
    marks(class, oid, mark) as (
      select 'pg_class', oid, concat_ws(' ', relname, relkind, relacl::text, reloptions::text,
                                        case when relkind = 'r' then pg_catalog.pg_relation_filenode(oid) end)
        from pg_catalog.pg_class where relnamespace in (select oid from spaces) and relkind <> 't'
      union all select 'pg_class', attrelid, xmin::text from pg_catalog.pg_attribute
       where attrelid in (select oid from pg_catalog.pg_class where relnamespace in (select oid from spaces))
      union all select 'pg_constraint', oid, xmin::text from pg_catalog.pg_constraint
       where connamespace in (select oid from spaces)
      union all select 'pg_trigger', oid, xmin::text from pg_catalog.pg_trigger
      union all select 'pg_policy', oid, xmin::text from pg_catalog.pg_policy
      union all select 'pg_rewrite', oid, xmin::text from pg_catalog.pg_rewrite where oid >= 16384
      union all select 'pg_proc', oid, xmin::text from pg_catalog.pg_proc where pronamespace in (select oid from spaces)
      union all select 'pg_type', oid, xmin::text from pg_catalog.pg_type where typnamespace in (select oid from spaces))
    select pg_catalog.pg_describe_object(class::pg_catalog.regclass, oid, 0) || ' ' || md5(string_agg(mark, ',' order by mark))
      from marks group by class, oid order by 1"
}

# Tables of the project itself, which any dump must hold.
count_tables() {
  query "select count(*) from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and n.nspname = 'public' and not starts_with(c.relname, '$OPS_OBJECT_PREFIX')
      and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::regclass
        and d.objid = c.oid and d.deptype = 'e')"
}

show_progress() {
  local every=30
  [ ! -t 2 ] || every=1
  while sleep "$every"; do
    [ -f "$1" ] || continue
    if [ -t 2 ]; then printf '\r%s MB' "$(($(bytes_of "$1") / 1048576))" >&2; else say "$(($(bytes_of "$1") / 1048576)) MB"; fi
  done
}

write_object_marks() {
  object_marks >"$1" || fail "o dump não terminou: não foi possível ler o catálogo do banco e guardar o resultado; nada foi gravado" \
    "A mensagem acima diz por quê: disco cheio, conexão perdida ou uma tabela bloqueada."
}

# Repeats a dump beside which the schema changed or a table was rewritten.
run_steady_dump() {
  local attempt changed
  write_object_marks "$WORK/before"
  for attempt in 1 2 3; do
    run_dump
    write_object_marks "$WORK/after"
    cmp -s "$WORK/before" "$WORK/after" && return 0
    changed=$({ diff "$WORK/before" "$WORK/after" || true; } | sed -n 's/^[<>] \(.*\) [0-9a-f]*$/\1/p' | sort -u | head -n 3 | tr '\n' ';')
    say "o banco mudou durante a cópia (tentativa $attempt): $changed"
    mv -f "$WORK/after" "$WORK/before"
    sleep "$attempt"
  done
  fail "o esquema mudou, ou tabelas foram reescritas, durante cada tentativa; nada foi gravado" \
    "Espere a migração terminar e repita."
}

run_dump() {
  local line status=0
  DUMP_OPTIONS=(--format=custom --compress=0 --no-password --lock-wait-timeout=60000 --dbname="$NOTICE_LOSS")
  [ "$MODE" = full ] || DUMP_OPTIONS+=(--schema-only)
  local selection
  selection=$(dump_selection) || fail "não foi possível ler os esquemas do banco"
  while IFS= read -r line; do
    [ -z "$line" ] || DUMP_OPTIONS+=("$line")
  done <<<"$selection"
  # process groups of their own, so that all of each can be ended
  set -m
  (pg pg_dump "${DUMP_OPTIONS[@]}" </dev/null | "$GZIP_PROGRAM" -1 -c >"$WORK/dump.gz") &
  DUMP_GROUP=$!
  show_progress "$WORK/dump.gz" &
  PROGRESS_GROUP=$!
  set +m
  wait "$DUMP_GROUP" || status=$?
  kill -- "-$PROGRESS_GROUP" 2>/dev/null || true
  wait "$PROGRESS_GROUP" 2>/dev/null || true
  PROGRESS_GROUP=
  [ ! -t 2 ] || printf '\r' >&2
  DUMP_GROUP=
  [ "$status" -eq 0 ] || fail "o dump não terminou (código $status); nada foi gravado" \
    "A mensagem acima diz por quê: disco cheio, conexão perdida ou uma tabela bloqueada."
}

# Reads the file back: whole gzip stream, readable contents, not fewer tables than the database had before or after.
check_dump() {
  local before=$1 after in_dump
  "$GZIP_PROGRAM" -t "$WORK/dump.gz" || fail "o arquivo gravado está danificado; ele foi removido"
  # pg_restore reads the contents only and leaves: the end of gzip by SIGPIPE is no failure
  in_dump=$({ "$GZIP_PROGRAM" -d -c "$WORK/dump.gz" 2>/dev/null || true; } | pg pg_restore --list |
    grep -c -E '^[0-9]+; [0-9]+ [0-9]+ TABLE public ' || true)
  after=$(count_tables)
  [ "$after" -ge "$before" ] || before=$after
  [ "$before" -gt 0 ] || fail "o banco não tem nenhuma tabela em public; um backup vazio não é um backup" "Confira DATABASE_URL."
  [ "$in_dump" -ge "$before" ] ||
    fail "o dump tem $in_dump tabelas, o banco tem $before; ele foi removido" "Confira as permissões do usuário da DATABASE_URL."
  TABLES=$in_dump
}

write_manifest() {
  local git_sha=null
  if git_sha=$(git -C "$(dirname -- "$0")" rev-parse --verify --quiet HEAD 2>/dev/null); then git_sha="\"$git_sha\""; else git_sha=null; fi
  cat >"$WORK/manifest.json" <<TEXT
{
  "kind": "supabase_db_backup_local",
  "target": "$TARGET",
  "mode": "$MODE",
  "created_at_utc": "$CREATED_AT",
  "file": "$NAME.dump.gz",
  "sha256": "$SHA256",
  "bytes": $BYTES,
  "git_sha": $git_sha,
  "server_version": "$SERVER_VERSION",
  "client_version": "$CLIENT_VERSION",
  "compression": "$GZIP_PROGRAM -1"
}
TEXT
}

# Gives a file its final name unless that is taken (mv -n says nothing when it is).
move_new() {
  mv -n -- "$1" "$2" || return 1
  [ ! -e "$1" ]
}

taken() { fail "não foi possível gravar $1: o nome já existe ou a pasta recusou; nada foi sobrescrito"; }

# The manifest last: an archive without one is no backup. What a signal may find moved is named before it is moved.
publish() {
  [ ! -e "$OUT_DIR/$NAME.dump.gz" ] || taken "$OUT_DIR/$NAME.dump.gz"
  NEW_DUMP=$OUT_DIR/$NAME.dump.gz
  move_new "$WORK/dump.gz" "$NEW_DUMP" || { NEW_DUMP= && taken "$OUT_DIR/$NAME.dump.gz"; }
  [ ! -e "$OUT_DIR/$NAME.manifest.json" ] || taken "$OUT_DIR/$NAME.manifest.json"
  NEW_MANIFEST=$OUT_DIR/$NAME.manifest.json
  move_new "$WORK/manifest.json" "$NEW_MANIFEST" || { NEW_MANIFEST= && taken "$OUT_DIR/$NAME.manifest.json"; }
  NEW_DUMP=
  NEW_MANIFEST=
}

main() {
  local tables
  trap leave_nothing EXIT
  trap 'exit 130' INT TERM HUP
  read_url
  choose_gzip
  choose_tools
  prepare_folder
  require_space
  tables=$(count_tables) || fail "não foi possível ler as tabelas do banco"
  say "copiando $PGDATABASE ($tables tabelas em public) para $OUT_DIR/$NAME.dump.gz"
  run_steady_dump
  check_dump "$tables"
  SHA256=$(sha256_of "$WORK/dump.gz")
  BYTES=$(bytes_of "$WORK/dump.gz")
  write_manifest
  publish
  say "pronto: $TABLES tabelas, $BYTES bytes, sha256 $SHA256"
  printf '%s\n' "$OUT_DIR/$NAME.dump.gz"
}

main
