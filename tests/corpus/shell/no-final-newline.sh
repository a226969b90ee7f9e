#!/bin/sh
uptime
free -m | sed -n 2p
printf 'no line end after this'