#!/bin/sh
# Pasted from a word processor.
echo “double” ‘single’ – a dash, — a longer one, … and dots
grep –r “error” /var/log 2>/dev/null || echo "«nothing» found"
echo 'prime 5′ 6″ × 2 ½ ° ± ™'
