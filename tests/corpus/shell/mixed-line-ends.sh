#!/bin/sh
echo unix
echo dos
echo 'oldmac'



echo both
echo end
