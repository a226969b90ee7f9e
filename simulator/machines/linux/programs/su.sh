#!/bin/bash
# Runs one command line as another user; only root may.
user=root
line=
login=
while [ $# -gt 0 ]; do
  case "$1" in
    -c | --command) line="$2"; shift 2 ;;
    -s | --shell) shift 2 ;;
    - | -l | --login) login=yes; shift ;;
    -*) shift ;;
    *) user="$1"; shift ;;
  esac
done
[ "$LOGNAME" = root ] || { echo "su: Authentication failure" >&2; exit 1; }
entry=$(getent passwd "$user") || { echo "su: user $user does not exist" >&2; exit 1; }
export LOGNAME="$user" USER="$user" HOME="$(echo "$entry" | cut -d: -f6)"
[ -z "$login" ] || cd "$HOME" || exit 1
bash -c "$line"
