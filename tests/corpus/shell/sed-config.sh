#!/bin/sh
# Set a key of sshd_config, whether it is there, commented out, or missing.
file=/etc/ssh/sshd_config
set_key() {
  if grep -Eq "^[#[:space:]]*$1[[:space:]]" "$file"; then
    sed -i.bak -E "s|^[#[:space:]]*$1[[:space:]].*|$1 $2|" "$file"
  else
    printf '%s %s\n' "$1" "$2" >> "$file"
  fi
}
set_key PermitRootLogin prohibit-password
set_key ClientAliveInterval 120
sed -n '/^Match/,$!p' "$file" | sed -e 's/#.*//' -e '/^[[:space:]]*$/d' | head -n 40
