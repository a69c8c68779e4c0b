#!/usr/bin/env bash
# Checks the types of the service with its tests, and those of programs for browsers (npm run types).
set -euo pipefail
cd "$(dirname "$0")/.."
tsc --noEmit
tsc -p console
tsc -p examples/form
