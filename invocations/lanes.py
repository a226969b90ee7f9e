"""Room in a worker for every region: one whose calls hang takes most of the threads, never all of them (A54)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

LEFT_FOR_OTHERS = 2  # threads
ROOM = settings.CELERY_WORKER_CONCURRENCY - LEFT_FOR_OTHERS

_taken: Counter[str] = Counter()
_lock = threading.Lock()


@contextmanager
def lane(region: str) -> Iterator[bool]:
    """Whether there is room for one more call to the region; what finds none stays due, and the tick comes again."""
    with _lock:
        is_free = _taken[region] < ROOM
        _taken[region] += is_free
    try:
        yield is_free
    finally:
        with _lock:
            _taken[region] -= is_free
