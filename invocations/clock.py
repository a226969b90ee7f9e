"""The two clocks of the dispatch protocol: the database's, which every condition uses, and one that counts sleep."""

import time
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

# A suspended machine must not believe that no time has passed. macOS has no BOOTTIME; its MONOTONIC counts sleep.
_COUNTS_SLEEP = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def db_now() -> datetime:
    """The time of the one clock all workers share, also in the middle of a transaction. SQLite means one machine."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
        return now


class Stopwatch:
    """Time since it was made, sleep of the machine included."""

    def __init__(self) -> None:
        self._began = time.clock_gettime(_COUNTS_SLEEP)

    def elapsed(self) -> timedelta:
        return timedelta(seconds=time.clock_gettime(_COUNTS_SLEEP) - self._began)
