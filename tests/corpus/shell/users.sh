#!/bin/bash
# People who may sign in, and when their password ends.
set -uo pipefail
while IFS=: read -r user _ uid _ gecos home shell; do
  (( uid >= 1000 && uid < 60000 )) || continue
  case $shell in */nologin|*/false) continue ;; esac
  ends=$(chage -l "$user" 2>/dev/null | awk -F': ' '/^Password expires/ { print $2 }')
  printf '%-16s %-24s %-20s %s\n' "$user" "${gecos%%,*}" "$home" "${ends:-never}"
done < /etc/passwd
exit 0
