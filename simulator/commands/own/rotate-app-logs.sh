#!/bin/bash
# Rotate /var/log/app now, whatever the schedule of logrotate says
set -euo pipefail
cd /var/log/app
stamp=$(date +%Y%m%d-%H%M%S)
count=0
for log in *.log; do
  [ -s "$log" ] || continue
  mv "$log" "$log-$stamp"
  : > "$log"
  count=$((count + 1))
done
echo "rotated $count files in /var/log/app"
