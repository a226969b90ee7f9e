#!/bin/bash
# Runs a command as another user, for those the machine's sudoers name.
user=root
while [ $# -gt 0 ]; do
  case "$1" in
    -u) user="$2"; shift 2 ;;
    -u*) user="${1#-u}"; shift ;;
    --) shift; break ;;
    -l) echo "User $LOGNAME may run the following commands on $(hostname):"; cat /etc/sudoers.d/*; exit 0 ;;
    -*) shift ;;
    *=*) export "$1"; shift ;;
    *) break ;;
  esac
done
[ "$LOGNAME" = root ] || grep -q "^$LOGNAME " /etc/sudoers.d/* 2> /dev/null || { echo "sudo: a password is required" >&2; exit 1; }
entry=$(getent passwd "$user") || { echo "sudo: unknown user: $user" >&2; exit 1; }
export LOGNAME="$user" USER="$user" HOME="$(echo "$entry" | cut -d: -f6)" SUDO_USER="$USER"
"$@"
