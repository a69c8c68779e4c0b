#!/usr/bin/env bash
# Builds the service, the command line, the console and, where the sandbox is, dev.js into dist (npm run build).
set -euo pipefail
cd "$(dirname "$0")/.."
npm run --silent compile
rolldown --config > /dev/null
npm run --silent console
# Starts the service without settings. It refuses, but the compiled code stays in the cache for the next start.
env -i PATH="$PATH" node dist/main.js 2> /dev/null || test $? -eq 78
