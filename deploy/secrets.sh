#!/usr/bin/env bash
# Makes the files in deploy/secrets that are missing, and asks for Sociomile's secret. With --try it makes that one too, for the sandbox.
# The service in the container is another user, so the files are readable for all, under any umask. The directory is for its owner alone.
set -euo pipefail
cd "$(dirname "$0")/secrets"
chmod 700 .

missing() {
  [ ! -s "$1" ]
}

if missing ledger-key; then openssl rand -base64 32 > ledger-key; fi
if missing router-secret; then openssl rand -base64 32 > router-secret; fi
# The database keeps the password from its first start.
if missing postgres-password; then openssl rand -hex 16 > postgres-password; fi
if missing database-url; then
  printf 'postgres://sociomile:%s@postgres:5432/sociomile\n' "$(cat postgres-password)" > database-url
fi
if missing sociomile-client-secret-key; then
  if [ "${1:-}" = --try ]; then
    openssl rand -hex 24 > sociomile-client-secret-key
  else
    read -rsp "Sociomile's secret: " secret || { echo "There is no secret of Sociomile" >&2; exit 1; }
    echo "$secret" > sociomile-client-secret-key
  fi
fi
chmod 644 ./*
