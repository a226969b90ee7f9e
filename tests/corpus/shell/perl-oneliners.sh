#!/bin/bash
printf '%s\n' 'a=1' 'b=22' 'c=333' |
  perl -F= -lane '$sum += $F[1]; push @k, $F[0]; END { print "@k => $sum" }'
perl -pe 's/(\d+)/sprintf("%04d", $1)/ge; s/\b(\w)/\u$1/g' <<< 'node 7 of 12'
perl -MPOSIX=strftime -e 'print strftime("%Y-%m-%dT%H:%M:%SZ\n", gmtime($ENV{AT} // 0))'
