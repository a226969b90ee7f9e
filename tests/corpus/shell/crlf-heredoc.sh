#!/bin/bash
cat > /srv/share/readme.txt <<'EOF'
This file is for Windows.
Each of its lines ends with CR and LF.

The script around it does not.
EOF
unix2dos -i /srv/share/readme.txt || true
