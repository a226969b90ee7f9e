#!/bin/sh
. /etc/os-release
echo "System:  $PRETTY_NAME"
echo "Kernel:  $(uname -r)"
echo "Host:    $(hostname) ({{ACS::InstanceId}}, {{ACS::RegionId}})"
echo "CPU:     $(nproc)"
echo "Memory:  $(free -m | awk '/^Mem/ {print $2 " MiB, " $7 " MiB available"}')"
echo "Uptime: $(uptime)"
