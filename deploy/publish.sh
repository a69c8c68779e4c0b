#!/usr/bin/env bash
# For CI, with rover installed. A pull request: deploy/publish.sh check. After a deployment: deploy/publish.sh publish.
# In the environment: APOLLO_KEY, APOLLO_GRAPH_REF (graph@variant), and to publish ROUTING_URL, where routers reach the subgraph.
set -euo pipefail
cd "$(dirname "$0")/.."

: "${APOLLO_KEY:?is the key of the graph}" "${APOLLO_GRAPH_REF:?is graph@variant}"
subgraph=(--name sociomile --schema schema.graphql)

case "${1:-}" in
  check)
    rover subgraph check "$APOLLO_GRAPH_REF" "${subgraph[@]}"
    ;;
  publish)
    : "${ROUTING_URL:?is where routers reach the subgraph}"
    rover subgraph check "$APOLLO_GRAPH_REF" "${subgraph[@]}"
    rover subgraph publish "$APOLLO_GRAPH_REF" "${subgraph[@]}" --routing-url "$ROUTING_URL"
    ;;
  *)
    echo "usage: deploy/publish.sh check|publish" >&2
    exit 64
    ;;
esac
