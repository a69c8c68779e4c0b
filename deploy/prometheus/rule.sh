#!/usr/bin/env bash
# Prints alerts.yaml as a PrometheusRule for Prometheus Operator: deploy/prometheus/rule.sh | kubectl apply --filename -
set -euo pipefail
cd "$(dirname "$0")"

cat <<'HEAD'
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: sociomile-subgraph
  labels:
    app.kubernetes.io/name: sociomile-subgraph
spec:
HEAD
sed 's/^/  /' alerts.yaml
