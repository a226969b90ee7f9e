#!/bin/sh
set -e
if id '{{UserName}}' > /dev/null 2>&1; then echo "{{UserName}} exists"; exit 0; fi
useradd -m -s '{{Shell}}' '{{UserName}}'
id '{{UserName}}'
