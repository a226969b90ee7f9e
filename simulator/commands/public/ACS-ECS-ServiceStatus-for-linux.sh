#!/bin/sh
systemctl status --no-pager '{{ServiceName}}'
