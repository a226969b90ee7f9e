#!/bin/sh
mkdir -p /var/lib/agent
printf 'instance=%s\nregion=%s\n' '{{ACS::InstanceId}}' '{{ACS::RegionId}}' > /var/lib/agent/identity
cat /var/lib/agent/identity
