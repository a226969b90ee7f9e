#!/bin/sh
echo 'the three bytes before the # keep the kernel from finding the shell'
uname -sr
