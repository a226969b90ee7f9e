#!/bin/sh
# The interpreter knows no options but -c and --version; -u and -B change nothing here.
while [ $# -gt 0 ]; do
  case "$1" in
    -u | -B | -I | -E | -s) shift ;;
    *) break ;;
  esac
done
command python3 "$@"
