#!/bin/sh
# Compress what is older than a day, remove what is older than a month.
dir=/var/log/app
[ -d "$dir" ] || mkdir -p "$dir"
find "$dir" -name '*.log' -type f -mtime +0 ! -name '*current*' -exec gzip -9 {} \;
find "$dir" -name '*.gz' -mtime +30 -print -delete
find "$dir" -type f -printf '%s %p\n' 2>/dev/null | sort -rn | head
