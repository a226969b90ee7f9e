#!/bin/sh
set -e
count=$(find '{{Directory}}' -type f -name '*.log-*' | wc -l)
find '{{Directory}}' -type f -name '*.log-*' -delete
echo "Removed $count rotated logs from {{Directory}}"
