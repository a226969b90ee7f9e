#!/bin/sh
# The same word composed and decomposed: they must not become one.
composed='café Ångström'
decomposed='café Ångström'
[ "$composed" = "$decomposed" ] && echo same || echo different
echo 'Z͑ͫ̓ặĺg̷̩o͎' '한' 'ﬁ Ω Å'
