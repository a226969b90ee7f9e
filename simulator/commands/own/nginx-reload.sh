#!/bin/bash
# Test the configuration, then reload
set -euo pipefail
nginx -t
systemctl reload nginx
echo "nginx reloaded on $(hostname)"
