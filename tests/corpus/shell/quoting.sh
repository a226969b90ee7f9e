#!/bin/bash
echo 'it'\''s' "a \"quoted\" word" $'tab\tnew\nline \x41 \u4e2d' `echo \`echo nested\``
echo "dollar \$HOME, back\\slash, bang!" '$(not run)' "$(printf '%s' "inner \"quotes\"")"
echo a\
b \
  c
x='many   spaces   inside'; echo "$x" | tr -s ' '
: "${UNSET:=default value}" && echo "${UNSET#*t }" "${UNSET//[aeiou]/_}" "${UNSET:2:5}"
[[ $x =~ ^many[[:space:]]+ ]] && echo "matches <&>"
