#!/bin/sh
ip -brief address
ip route
cat /etc/resolv.conf
