#!/usr/bin/env bash
# Runs a task of deno.json so that its secrets are in no process's environment, which every process of the same user can
# read (/proc/PID/environ), also a server that runs the code of an archive.
#
#   bash scripts/run_task.sh TASK [ARGUMENT…]
#
# The secrets reach the task through standard input: NAME=value with a NUL behind each; REVO_SECRETS=stdin says so.
# A drill on GitHub's own machine is started by root, which gives the server a user of its own (scripts/lib/server).
set -euo pipefail

SECRETS="R2_ACCESS_KEY_ID R2_SECRET_ACCESS_KEY
BACKUP_SIGNING_KEY BACKUP_AGE_IDENTITY LOOK_PRIVATE_KEY CLOUDFLARE_API_TOKEN
SUPABASE_DB_URL_PROD SUPABASE_DB_URL_DEV SUPABASE_DB_URL_VERIFY DRILL_DB_URL DATABASE_URL
GITHUB_TOKEN FUNCTION_GITHUB_TOKEN HEALTHCHECK_URL OPS_ALERT_WEBHOOK_URL OPS_ALERT_WEBHOOK_SECRET"

write_secrets() {
  local name
  for name in $SECRETS; do
    if [ -n "${!name-}" ]; then printf '%s=%s\0' "$name" "${!name}"; fi
  done
}

# The second call of this script has them in its standard input alone.
if [ "${REVO_SECRETS-}" != stdin ]; then
  exec 3< <(write_secrets)
  # shellcheck disable=SC2086
  unset $SECRETS
  export REVO_SECRETS=stdin
  exec bash "$0" "$@" <&3 3<&-
fi

may_become_root() {
  [ "$(id -u)" != 0 ] && [ "${RUNNER_ENVIRONMENT-}" = github-hosted ] && sudo -n true </dev/null 2>/dev/null
}

if [ "$1" != drill ] || ! may_become_root; then exec deno task "$@"; fi

# Only root may signal what sudo runs; sudo passes signals on. With job control, a program in the background does not ignore them.
set -m
sudo -n -E env "PATH=$PATH" deno task "$@" <&0 &
child=$!
signaled=
for signal in INT TERM HUP; do
  # shellcheck disable=SC2064
  trap "signaled=yes; sudo -n kill -s $signal $child </dev/null || true" "$signal"
done
status=0
wait "$child" || status=$?
while [ -n "$signaled" ]; do # the signal ended the waiting; the drill may have ended since
  signaled=
  status=0
  wait "$child" || status=$?
done
exit "$status"
