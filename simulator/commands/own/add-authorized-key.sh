#!/bin/bash
# Append a public key to the keys of one user, once
set -euo pipefail
user="{{user}}"
key="{{key}}"
home=$(getent passwd "$user" | cut -d: -f6)
[ -n "$home" ] || { echo "no user $user on $(hostname)" >&2; exit 1; }
mkdir -p "$home/.ssh" && chmod 700 "$home/.ssh"
keys="$home/.ssh/authorized_keys"
touch "$keys" && chmod 600 "$keys"
if grep -qxF "$key" "$keys"; then
  echo "key already there for $user"
else
  echo "$key" >> "$keys"
  echo "key added for $user"
fi
