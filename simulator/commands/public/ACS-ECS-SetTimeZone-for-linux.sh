#!/bin/sh
set -e
timedatectl set-timezone '{{TimeZone}}'
echo "Time zone of $(hostname) is now $(cat /etc/timezone)"
