#!/bin/bash
# Report file systems above 80 % and the five largest folders in /var.
set -euo pipefail
limit=80
df -P -x tmpfs -x devtmpfs | awk -v limit="$limit" '
  NR > 1 { used = $5; sub(/%/, "", used); if (used + 0 >= limit) printf "%-24s %3d%%  %s\n", $1, used, $6 }
'
du -xk --max-depth=1 /var 2>/dev/null | sort -rn | head -n 5 |
  while read -r kb path; do printf '%8.1f MB  %s\n' "$(echo "$kb / 1024" | bc -l)" "$path"; done
