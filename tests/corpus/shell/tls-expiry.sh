#!/bin/bash
days={{ days }}
for host in {{hosts}}; do
  ends=$(echo | timeout 3 openssl s_client -servername "$host" -connect "$host:443" 2>/dev/null |
    openssl x509 -noout -enddate 2>/dev/null | cut -d= -f2)
  if [[ -z $ends ]]; then echo "$host: no answer"; continue; fi
  left=$(( ($(date -d "$ends" +%s) - $(date +%s)) / 86400 ))
  (( left < days )) && echo "$host: only $left days" || echo "$host: $left days"
done
