#!/bin/bash
# Braces are everywhere in shell; with parameters off none of them means anything else.
echo {a,b{1..3},{{x,y}}} {{name}} ${HOME} ${!HOME} ${PATH%%:*}
f() { { { echo deep; }; }; }; f
awk 'BEGIN{{print "two braces"}}'
echo '{"a":{"b":{}}}' | grep -o '}}'
g(){ echo {{ }} {{}} {{ä}} {{a b}}; }; g
