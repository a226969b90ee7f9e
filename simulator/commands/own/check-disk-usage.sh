#!/bin/bash
# Report file systems, and fail where one is fuller than the threshold
set -euo pipefail
threshold="{{threshold}}"
df -hP -x tmpfs -x devtmpfs | awk -v limit="${threshold:-85}" '
  NR > 1 {
    used = $5 + 0
    printf "%s %d%% used, %s free\n", $1, used, $4
    if (used > limit + 0) { print "above the threshold of " limit " %"; full = 1 }
  }
  END { exit full }'
