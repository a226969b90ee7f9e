#!/bin/bash
# Install a fixed OpenSSL and restart what uses it
set -euo pipefail
version="{{version}}"
if command -v yum > /dev/null; then
  yum -y install "openssl-$version"
else
  apt-get install -y "openssl=$version"
fi
for unit in nginx sshd; do
  systemctl try-restart "$unit" && echo "$unit restarted"
done
