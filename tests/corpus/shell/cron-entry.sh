#!/bin/sh
# % is special in a crontab, \ at a line's end is not.
{
  crontab -l 2>/dev/null | grep -v 'nightly-dump'
  echo '30 2 * * 1-5 /usr/local/bin/nightly-dump --to "/backup/$(date +\%F)" >> /var/log/dump.log 2>&1'
} | crontab - 2>/dev/null
crontab -l 2>/dev/null | tail -n 3
exit 0
