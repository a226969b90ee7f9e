#!/bin/sh
umask 022
cat > /etc/motd <<'MOTD'
{{text}}
MOTD
wc -l < /etc/motd
echo "{{empty}}" | od -c | head -n 1
