#!/bin/sh
name=$(hostname)
address=$(hostname -I 2>/dev/null | cut -d' ' -f1)
cat <<INVENTORY
host: ${name}
address: ${address:-unknown}
kernel: $(uname -r)
price: \$0.12 an hour
path: C:\\Temp\\${name}
INVENTORY
