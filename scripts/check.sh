#!/usr/bin/env bash
# Runs every check for contributors, the quick ones first (npm run check). CI runs the same.
set -euo pipefail
cd "$(dirname "$0")/.."
for script in format:check lint types codegen:check schema:check lint:graphql test; do
  npm run "$script"
done
vitest run --project slow # test has built
