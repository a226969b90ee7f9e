#!/bin/sh
ps aux --sort=-%{{SortBy}} | head -n "$(({{Count}} + 1))"
