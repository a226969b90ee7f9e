#!/bin/bash
# Restart a unit and wait until it answers
set -euo pipefail
echo "+ systemctl restart {{service}}"
systemctl restart {{service}} || {
  code=$?
  systemctl list-units --type=service --state=running --no-legend '*resty*' '*{{service}}*'
  exit $code
}
for i in $(seq 1 {{wait_seconds}}); do
  systemctl is-active --quiet {{service}} && echo "{{service}} active after $i s on $(hostname)" && exit 0
  sleep 1
done
echo "{{service}} did not become healthy"; exit 1
