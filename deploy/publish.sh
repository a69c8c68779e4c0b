#!/usr/bin/env bash
# Runs in CI with rover: deploy/publish.sh check on a pull request, deploy/publish.sh publish after a deployment.
# Needs in the environment: APOLLO_KEY, APOLLO_GRAPH_REF (graph@variant), and for publish ROUTING_URL, the address for routers.
set -euo pipefail
cd "$(dirname "$0")/.."

: "${APOLLO_KEY:?must be the key of the graph}" "${APOLLO_GRAPH_REF:?must be graph@variant}"
subgraph=(--name sociomile --schema schema.graphql)

case "${1:-}" in
  check)
    rover subgraph check "$APOLLO_GRAPH_REF" "${subgraph[@]}"
    ;;
  publish)
    : "${ROUTING_URL:?must be the address of the subgraph for routers}"
    rover subgraph check "$APOLLO_GRAPH_REF" "${subgraph[@]}"
    rover subgraph publish "$APOLLO_GRAPH_REF" "${subgraph[@]}" --routing-url "$ROUTING_URL"
    ;;
  *)
    echo "usage: deploy/publish.sh check|publish" >&2
    exit 64
    ;;
esac
