#!/bin/sh
# Requests, errors and bytes by status class, from the last 10,000 lines of an access log.
log=${1:-/var/log/nginx/access.log}
[ -r "$log" ] || { echo "no log: $log" >&2; exit 0; }
tail -n 10000 "$log" | awk '
BEGIN { FS = "\"" }
{
  split($3, tail, " ")
  class = int(tail[1] / 100) "xx"
  count[class]++
  bytes[class] += tail[2]
}
END {
  for (class in count) {
    printf "%s\t%d\t%.1f KB\n", class, count[class], bytes[class] / 1024 | "sort"
  }
}'
