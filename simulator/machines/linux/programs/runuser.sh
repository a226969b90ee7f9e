#!/bin/bash
# Runs a command, or one command line, as another user; only root may.
[ "$LOGNAME" = root ] || { echo "runuser: may not be used by non-root users" >&2; exit 1; }
case "$1" in
  -u) user="$2"; shift 2; [ "$1" = "--" ] && shift; exec /usr/bin/sudo -u "$user" "$@" ;;
  *) exec /usr/bin/su "$@" ;;
esac
