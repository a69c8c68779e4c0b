#!/usr/bin/env bash
# Makes the files in deploy/secrets that are missing, and asks for Sociomile's secret. With --try it makes that one too, for the sandbox. With
# --kubernetes it asks for the address of the database, and makes no PostgreSQL password, which only Compose needs.
# The service in the container is another user, so the files are readable for all, under any umask. The directory is for its owner alone.
# It writes no newline at the end of a file: a router's variable that is set from the same Secret would hold it, and no header may.
set -euo pipefail
cd "$(dirname "$0")/secrets"
chmod 700 .

missing() {
  ! grep -qs '[^[:space:]]' "$1"
}

# Asks for the line of a file. Nobody sees it on the terminal. A blank line makes no file, which the next run would take for an answer.
ask() {
  local line
  read -rsp "The $2: " line || true
  [[ "$line" = *[![:space:]]* ]] || { echo "There is no $2" >&2; exit 1; }
  printf %s "$line" > "$1"
}

# Prints random bytes in a form of openssl, such as `-hex 16`.
random() {
  openssl rand "$@" | tr -d '\n'
}

if missing ledger-key; then random -base64 32 > ledger-key; fi
if missing router-secret; then random -base64 32 > router-secret; fi
if missing database-url; then
  if [ "${1:-}" = --kubernetes ]; then
    ask database-url "address of the database, postgres://USER:PASSWORD@HOST:5432/NAME?sslmode=verify-full"
  else
    # The database keeps the password from its first start.
    if missing postgres-password; then random -hex 16 > postgres-password; fi
    printf 'postgres://sociomile:%s@postgres:5432/sociomile' "$(cat postgres-password)" > database-url
  fi
fi
if missing sociomile-client-secret-key; then
  if [ "${1:-}" = --try ]; then
    random -hex 24 > sociomile-client-secret-key
  else
    ask sociomile-client-secret-key "secret of Sociomile"
  fi
fi
chmod 644 ./*
