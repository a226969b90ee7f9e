#!/bin/bash
# Kernel, memory, disk and network at this moment; then the last lines of the journal
lines="{{lines}}"
section() { printf '\n== %s ==\n' "$1"; }
echo "kernel $(uname -r) on $(hostname)"
section uptime;   uptime
section memory;   free -m
section disk;     df -h
section network;  ip -brief address; ss -s
section services; systemctl list-units --type=service --state=failed --no-legend
section journal;  journalctl -n "${lines:-20}" --no-pager
