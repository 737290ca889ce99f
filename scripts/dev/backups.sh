#!/bin/sh
# `npm run backups`: the command line under Deno, in the process that npm started.
#
#     sh scripts/dev/backups.sh [ARGUMENT…]
#
# Deno runs TypeScript without a loader: half a second, where Node with tsx takes two.
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

export DENO_NO_UPDATE_CHECK=1
if [ -z "${DENO_DIR:-}" ] && [ -w "$modules" ]; then export DENO_DIR="$modules/.cache/deno"; fi
exec "$modules/.bin/deno" run --no-prompt --cached-only --allow-env --allow-read --allow-run "$root/scripts/backups.ts" "$@"
