#!/bin/sh
:
# the last line is a comment without an end