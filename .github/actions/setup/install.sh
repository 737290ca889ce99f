#!/usr/bin/env bash
# Ensures that the machine has the programs that the scripts need; does nothing when they are installed.
#
#   POSTGRES_MAJOR    major version of pg_dump, pg_restore and psql (default 17)
#   POSTGRES_SERVER   "true": initdb and postgres of that version too
#
# Packages are installed on GitHub's own machines (RUNNER_ENVIRONMENT=github-hosted), which are
# discarded afterwards. On any other machine it only reports what is missing and fails.
set -euo pipefail

major=${POSTGRES_MAJOR:-17}
server=${POSTGRES_SERVER:-false}

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
  if [[ "$server" == true ]]; then echo initdb postgres pg_ctl; fi
}

may_install() {
  [[ "${RUNNER_ENVIRONMENT:-}" == github-hosted ]]
}

install_packages() {
  local packages=("$@")
  sudo apt-get update -q
  sudo apt-get install -q -y --no-install-recommends "${packages[@]}"
}

install_postgres() {
  local packages=("postgresql-client-$major")
  install_packages postgresql-common
  # The repository of the PostgreSQL project has every supported major version.
  sudo /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y
  if [[ "$server" == true ]]; then
    # Only the programs are needed: do not create and start a cluster.
    echo 'create_main_cluster = false' | sudo tee -a /etc/postgresql-common/createcluster.conf >/dev/null
    packages+=("postgresql-$major")
  fi
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

# igzip compresses several times as fast as gzip. Without it the scripts use the next best program.
ensure_igzip() {
  if ! command -v igzip >/dev/null && may_install; then install_packages isal; fi
  if command -v igzip >/dev/null; then
    echo "igzip: $(command -v igzip)"
  else
    echo "::notice::igzip (package isal) is missing on this machine: compression will be slower."
  fi
}

ensure_dependencies() {
  if [[ -e node_modules/.package-lock.json ]]; then
    echo "Dependencies: node_modules is there already"
  else
    npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
  fi
}

ensure_postgres
ensure_igzip
ensure_dependencies
