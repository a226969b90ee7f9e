#!/bin/sh
# Colours as real escape bytes, as an editor stores them.
echo '[31mfailed[0m' '[1;32mok[m'
printf ']0;a title'
echo 'bell  backspace abc delete  eight-bit 31m unit  record '
