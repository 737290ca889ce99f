#!/bin/sh
# Becomes a program, for the scripts of package.json: installs the locked dependencies first if they are not those of the
# lock, and keeps the caches below node_modules.
#
#     sh scripts/dev/run.sh PROGRAM [ARGUMENT…]
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
modules=$root/node_modules
checked=$modules/.cache/revo-backups/checked

# whether what is installed is what the lock says takes Node to find out: only after one of them was written
if ! [ "$checked" -nt "$root/package-lock.json" ] || ! [ "$checked" -nt "$modules/.package-lock.json" ]; then
  node "$root/scripts/dev/setup.mjs" >&2
  if [ -w "$modules" ]; then
    mkdir -p "$modules/.cache/revo-backups"
    touch "$checked"
  fi
fi

export DENO_NO_UPDATE_CHECK=1 TSX_DISABLE_CACHE=1 PATH="$modules/.bin:$PATH"
if [ -z "${DENO_DIR:-}" ] && [ -w "$modules" ]; then export DENO_DIR="$modules/.cache/deno"; fi
cd "$root"
exec "$@"
