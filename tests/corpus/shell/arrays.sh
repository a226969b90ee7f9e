#!/bin/bash
declare -A port=([web]=80 [tls]=443 [db]=5432)
hosts=(web-{1..3} "db one" 'cache $1')
hosts+=("last \"quoted\"")
for name in "${!port[@]}"; do
  echo "$name -> ${port[$name]}"
done | sort
echo "${#hosts[@]} hosts, first ${hosts[0]}, rest ${hosts[@]:1}"
unset 'hosts[1]'
printf '<%s>' "${hosts[@]}"; echo
echo "${hosts[*]/web/www}" "${hosts[-1]^^}"
