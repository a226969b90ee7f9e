#!/bin/bash
# Refresh the system's trust store
set -euo pipefail
if command -v update-ca-trust > /dev/null; then
  echo "Updating certificates in /etc/pki/ca-trust"
  update-ca-trust extract
else
  update-ca-certificates
fi
