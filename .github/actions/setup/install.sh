#!/usr/bin/env bash
# Ensures that the machine has the programs that a command needs; does nothing when they are installed.
#
#   POSTGRES          none (default): no program of PostgreSQL, and no package
#                     client: pg_dump, pg_restore and psql; igzip where packages have it
#                     server: initdb, postgres and pg_ctl too
#   POSTGRES_MAJOR    their major version (default 17)
#   ENCRYPTION        true: age, too
#
# Packages are installed on GitHub's own machines (RUNNER_ENVIRONMENT=github-hosted), which are
# discarded afterwards. On any other machine it only reports what is missing and fails.
set -euo pipefail

postgres=${POSTGRES:-none}
major=${POSTGRES_MAJOR:-17}
# Of the package postgresql-common, which GitHub's images have: adds the PostgreSQL project's repository, which has every
# supported major version, and reads the lists of all repositories.
pgdg=/usr/share/postgresql-common/pgdg/apt.postgresql.org.sh

# Prints the folder of the requested programs: Debian's, else the first on PATH.
find_postgres() {
  local folder program
  for folder in "/usr/lib/postgresql/$major/bin" "$(dirname "$(command -v pg_dump || echo /none/pg_dump)")"; do
    for program in $(postgres_programs); do
      [[ -x "$folder/$program" ]] || continue 2
    done
    [[ "$("$folder/pg_dump" --version)" =~ \ ${major}(\.|[a-z]|$) ]] || continue
    echo "$folder"
    return
  done
  return 1
}

postgres_programs() {
  echo pg_dump pg_restore psql
  if [[ "$postgres" == server ]]; then echo initdb postgres pg_ctl; fi
}

may_install() {
  [[ "${RUNNER_ENVIRONMENT:-}" == github-hosted ]]
}

install_packages() {
  sudo apt-get install -q -y --no-install-recommends "$@"
}

# The lists of packages are read once, by the script of postgresql-common where that is installed.
install_postgres() {
  local packages=("postgresql-client-$major")
  if [[ ! -x "$pgdg" ]]; then
    sudo apt-get update -q
    install_packages postgresql-common
  fi
  sudo "$pgdg" -y
  if [[ "$postgres" == server ]]; then
    # Only the programs are needed: do not create and start a cluster.
    echo 'create_main_cluster = false' | sudo tee -a /etc/postgresql-common/createcluster.conf >/dev/null
    packages+=("postgresql-$major")
  fi
  if ! command -v igzip >/dev/null; then packages+=(isal); fi
  install_packages "${packages[@]}"
}

ensure_postgres() {
  local folder
  if ! folder=$(find_postgres); then
    if ! may_install; then
      echo "::error::PostgreSQL $major is missing on this machine: $(postgres_programs | xargs)." \
        "Install it, or set the repository variable REVO_POSTGRES_MAJOR to a version that is here."
      return 1
    fi
    install_postgres
    folder=$(find_postgres)
  fi
  echo "$folder" >>"$GITHUB_PATH"
  echo "PostgreSQL: $("$folder/pg_dump" --version) in $folder"
}

# igzip compresses several times as fast as gzip. Without it the scripts use the next best program: a mirror of packages
# that does not answer is no reason to stop.
ensure_igzip() {
  if ! command -v igzip >/dev/null && may_install; then
    { sudo apt-get update -q && install_packages isal; } || true
  fi
  if command -v igzip >/dev/null; then
    echo "igzip: $(command -v igzip)"
  else
    echo "::notice::igzip (package isal) is missing on this machine: compression will be slower."
  fi
}

# Without age an encrypted backup is neither made nor read.
ensure_age() {
  if ! command -v age >/dev/null && may_install; then
    sudo apt-get update -q && install_packages age
  fi
  if ! command -v age >/dev/null; then
    echo "::error::age is missing on this machine: backups are encrypted. Install the package age."
    return 1
  fi
  echo "age: $(command -v age)"
}

# With npm's cache nothing is downloaded: each package is there under the hash of the lock file.
ensure_dependencies() {
  if [[ -e node_modules/.package-lock.json ]]; then
    echo "Dependencies: node_modules is there already"
  else
    npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund --prefer-offline
  fi
}

# Deno of the lock file, checked by its hash there. npm's own package of it would start a script of its own.
ensure_deno() {
  local name version integrity folder file
  name=$(node -p '`@deno/${process.platform}-${process.arch}${process.platform === "linux" ? "-glibc" : ""}`')
  version=$(locked "$name" version)
  integrity=$(locked "$name" integrity)
  if [[ "$(deno --version 2>/dev/null)" == "deno $version"[[:space:]]* ]]; then
    echo "Deno: $version is there already"
    return
  fi
  folder=${RUNNER_TEMP:-/tmp}/deno-$version
  mkdir -p "$folder"
  file=$folder/$(npm pack --silent --prefer-offline --pack-destination "$folder" "$name@$version")
  if [[ "sha512-$(openssl dgst -sha512 -binary "$file" | openssl base64 -A)" != "$integrity" ]]; then
    echo "::error::$name $version is not the package of package-lock.json: its hash differs."
    return 1
  fi
  tar -xzf "$file" -C "$folder" --strip-components=1 package/deno
  echo "$folder" >>"$GITHUB_PATH"
  echo "Deno: $version in $folder"
}

# Prints a field of a package in the lock file.
locked() {
  NAME=$1 FIELD=$2 node -p \
    'JSON.parse(fs.readFileSync("package-lock.json")).packages[`node_modules/${process.env.NAME}`][process.env.FIELD]'
}

case "$postgres" in
  none) ;;
  client | server)
    ensure_postgres
    ensure_igzip
    ;;
  *)
    echo "::error::Unknown programs of PostgreSQL: '$postgres' (none, client or server)."
    exit 2
    ;;
esac
if [[ "${ENCRYPTION:-}" == true ]]; then ensure_age; fi
ensure_dependencies
ensure_deno
