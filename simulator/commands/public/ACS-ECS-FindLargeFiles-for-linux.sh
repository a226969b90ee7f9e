#!/bin/sh
find '{{Directory}}' -type f -size +{{SizeInMB}}M -exec ls -lh {} +
