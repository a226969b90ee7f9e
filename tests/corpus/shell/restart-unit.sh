#!/bin/sh
# Restart a unit and say whether it came up.
systemctl restart {{unit}} || exit 1
i=0
while [ $i -lt {{ tries }} ]; do
  [ "$(systemctl is-active {{ unit }})" = active ] && { echo "{{unit}} is active"; exit 0; }
  i=$((i + 1))
done
echo "{{UNIT}} did not come up" >&2
exit 1
