#!/bin/bash
printf 'progress 10%%progress 50%%progress 100%%
'
echo 'ab'# a comment behind a lone CR
echo done