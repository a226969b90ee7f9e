"""One rendering for everybody who watches the same: 200 pages open on one run must not cost 200 renderings of it.

A fragment is kept for as long as a page waits between two questions, in the process that made it, and given to whoever
would see the very same and has seen something older. So news is hardly later than alone, and no page goes back in time.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

KEPT = 2.0  # seconds: a page asks as often (templates/invocations/run.html)
MOST = 32  # fragments of some 130 KB


@dataclass(frozen=True, slots=True)
class Fragment:
    text: str
    version: int  # of the run it shows
    is_last: bool  # the run has ended


@dataclass(slots=True)
class _Place:
    """Where one fragment stands; whoever holds the lock is making it anew."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    made: Fragment | None = None
    made_at: float = 0.0  # monotonic


_places: OrderedDict[Hashable, _Place] = OrderedDict()
_lock = threading.Lock()


def fragment(key: Hashable, *, seen: int, make: Callable[[], Fragment]) -> Fragment | None:
    """What `make` gives, or gave a moment ago for the same `key` if that is newer than the version that was `seen`.

    `key` says everything the text depends on but the time. Nobody waits for somebody else who is making it anew: they
    get the one before, or None where they have seen that, too, and are to ask again.
    """
    place = _place(key)
    if not place.lock.acquire(blocking=place.made is None):
        return place.made if place.made and place.made.version > seen else None
    try:
        is_fresh = time.monotonic() - place.made_at < KEPT
        if place.made is None or not is_fresh or place.made.version <= seen:
            place.made, place.made_at = make(), time.monotonic()
        return place.made
    finally:
        place.lock.release()


def forget() -> None:
    with _lock:
        _places.clear()


def _place(key: Hashable) -> _Place:
    with _lock:
        place = _places.setdefault(key, _Place())
        _places.move_to_end(key)
        while len(_places) > MOST:
            _places.popitem(last=False)
        return place
