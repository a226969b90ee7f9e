#!/bin/sh
# The cloud fills these in by itself; they are no fields of a form.
echo "region {{ACS::RegionId}} account {{ACS::AccountId}}"
echo "instance {{ACS::InstanceId}} ({{ ACS::InstanceName }})"
echo "run {{ACS::InvokeId}} of {{ACS::CommandId}}, greeted as {{greeting}}"
