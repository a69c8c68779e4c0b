#!/usr/bin/env bash
# Makes the files in deploy/secrets that are missing, and asks for Sociomile's secret. With --try it makes that one too, for the sandbox. With
# --kubernetes it asks for the address of the database, and makes no PostgreSQL password, which only Compose needs.
# The service in the container is another user, so the files are readable for all, under any umask. The directory is for its owner alone.
set -euo pipefail
cd "$(dirname "$0")/secrets"
chmod 700 .

missing() {
  [ ! -s "$1" ]
}

# Asks for the line of a file. Nobody sees it on the terminal.
ask() {
  local line
  read -rsp "The $2: " line || { echo "There is no $2" >&2; exit 1; }
  echo "$line" > "$1"
}

if missing ledger-key; then openssl rand -base64 32 > ledger-key; fi
if missing router-secret; then openssl rand -base64 32 > router-secret; fi
if missing database-url; then
  if [ "${1:-}" = --kubernetes ]; then
    ask database-url "address of the database, postgres://USER:PASSWORD@HOST:5432/NAME?sslmode=verify-full"
  else
    # The database keeps the password from its first start.
    if missing postgres-password; then openssl rand -hex 16 > postgres-password; fi
    printf 'postgres://sociomile:%s@postgres:5432/sociomile\n' "$(cat postgres-password)" > database-url
  fi
fi
if missing sociomile-client-secret-key; then
  if [ "${1:-}" = --try ]; then
    openssl rand -hex 24 > sociomile-client-secret-key
  else
    ask sociomile-client-secret-key "secret of Sociomile"
  fi
fi
chmod 644 ./*
