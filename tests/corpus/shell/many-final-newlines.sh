#!/bin/sh
sync
echo flushed







