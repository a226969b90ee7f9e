"""How often we call: one limit per operation and region, shared by all processes through Redis where there is one.

The real limits are per account and operation, and only Quota Center shows them; ours are CONSOLE_API_QPS.
When the shared store is gone each process keeps to its part of the limit (A30): never to none.
"""

import functools
import logging
import math
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from fractions import Fraction
from typing import TypeVar

from django.conf import settings
from limits import RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from cloud.counters import NO_PERMIT, PERMIT_SECONDS

logger = logging.getLogger(__name__)
T = TypeVar("T")

LOOK_AGAIN = 0.05  # seconds between two looks for a permit, at most
STORE_AWAY = 5.0  # seconds until a lost store is tried again
SLOWEST = 60.0  # seconds: no slowing down lasts longer
UNNAMED = Fraction(1)  # calls a second for what no pattern names
STORE_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 1}


@dataclass(frozen=True, slots=True)
class Use:
    """What one operation takes of its limit in one region, and what it may take: calls a second."""

    operation: str
    region: str
    rate: float
    limit: float
    slowed_until: datetime | None


_waiting: Counter[tuple[str, str]] = Counter()  # threads of this process, by operation and region; 0: was there once
_waiting_lock = threading.Lock()


def acquire(operation: str, region: str, *, wait: float) -> bool:
    """Take a permit for one call, waiting for it at most `wait` seconds. False: there was none in that time."""
    began = time.monotonic()
    with _waiting_lock:
        _waiting[operation, region] += 1
    try:
        is_granted = _wait(operation, region, began + wait)
    finally:
        with _waiting_lock:
            _waiting[operation, region] -= 1
    if is_granted:
        PERMIT_SECONDS.labels(operation).observe(time.monotonic() - began)
    else:
        NO_PERMIT.labels(operation).inc()
    return is_granted


def _wait(operation: str, region: str, until: float) -> bool:
    while not _limiter().take(operation, region):
        left = until - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(left, LOOK_AGAIN))
    return True


def waiting() -> dict[tuple[str, str], int]:
    """By operation and region, how many of this process's threads wait for a permit now; 0 where some once did."""
    with _waiting_lock:
        return dict(_waiting)


def use(operation: str, region: str) -> Use:
    """Of all processes together, while the shared store is there."""
    limiter = _limiter()
    rate_now = limiter.used(operation, region)
    return Use(operation, region, rate_now, rate(operation), limiter.paused_until(operation, region))


def rate(operation: str) -> float:
    """Calls a second that CONSOLE_API_QPS allows for an operation in one region: the first pattern that fits."""
    return float(_rate(operation))


def slow_down(operation: str, region: str, seconds: float) -> None:
    """No permits for this operation and region, in all processes, for so long (at most a minute)."""
    _limiter().pause(operation, region, min(seconds, SLOWEST))


def slowed_until(operation: str, region: str) -> datetime | None:
    """When permits are given again; None when they are given now."""
    return _limiter().paused_until(operation, region)


def is_store_up() -> bool:
    """False while the shared store cannot be reached and each process keeps to its own part of the limit."""
    return _limiter().is_store_up()


class _Limiter:
    """A store that all processes share, if there is one, and this process's own for when it is away."""

    def __init__(self, url: str) -> None:
        self._shared: Storage | None = _storage_at(url) if url else None
        self._own = MemoryStorage()
        self._away_until = 0.0  # monotonic
        self._counted_minute = 0
        self._processes = 1  # that called the cloud within the last two minutes

    def take(self, operation: str, region: str) -> bool:
        return self._ask(lambda store, processes: _take(store, operation, region, _rate(operation) / processes))

    def pause(self, operation: str, region: str, seconds: float) -> None:
        _pause(self._own, operation, region, seconds)
        if self._shared:
            self._ask(lambda store, _processes: _pause(store, operation, region, seconds))

    def used(self, operation: str, region: str) -> float:
        return self._ask(lambda store, processes: _used(store, operation, region, _rate(operation) / processes))

    def paused_until(self, operation: str, region: str) -> datetime | None:
        until = self._ask(lambda store, _processes: _paused_until(store, operation, region))
        return datetime.fromtimestamp(until, UTC) if until else None

    def is_store_up(self) -> bool:
        return time.monotonic() >= self._away_until

    def _ask(self, question: Callable[[Storage, int], T]) -> T:
        if self._shared and self.is_store_up():
            try:
                self._count_processes(self._shared)
                return question(self._shared, 1)
            except StorageError:
                logger.warning("The rate limiter's store is away; each process keeps to its own part of the limit.")
                self._away_until = time.monotonic() + STORE_AWAY
        return question(self._own, self._processes)

    def _count_processes(self, store: Storage) -> None:
        """Once a minute each process adds itself to that minute's count, which thus says how many share the limit."""
        minute = int(time.time() // 60)
        if minute == self._counted_minute:
            return
        now = store.incr(f"cloud/processes/{minute}", 180)
        self._processes = max(now, store.get(f"cloud/processes/{minute - 1}"), 1)
        self._counted_minute = minute


def _storage_at(url: str) -> Storage:
    storage = storage_from_string(url, wrap_exceptions=True, **STORE_OPTIONS)
    assert isinstance(storage, Storage), "an asynchronous store"
    return storage


_limiters: dict[str, _Limiter] = {}
_lock = threading.Lock()


def _limiter() -> _Limiter:
    """The one of this process; threads that come first at the same moment must not each make their own."""
    with _lock:
        if settings.REDIS_URL not in _limiters:
            _limiters[settings.REDIS_URL] = _Limiter(settings.REDIS_URL)
        return _limiters[settings.REDIS_URL]


def _take(store: Storage, operation: str, region: str, allowed: Fraction) -> bool:
    if _paused_until(store, operation, region):
        return False
    return MovingWindowRateLimiter(store).hit(_item(allowed), operation, region)


def _used(store: Storage, operation: str, region: str, allowed: Fraction) -> float:
    """Calls a second within the window that has just passed."""
    item = _item(allowed)
    left = MovingWindowRateLimiter(store).get_window_stats(item, operation, region).remaining
    return (item.amount - left) / item.multiples


def _item(allowed: Fraction) -> RateLimitItemPerSecond:
    """A fraction becomes so many in so many seconds: 1/2 is one in two."""
    allowed = allowed.limit_denominator(60) or Fraction(1, 60)
    return RateLimitItemPerSecond(allowed.numerator, allowed.denominator, "cloud")


def _pause(store: Storage, operation: str, region: str, seconds: float) -> None:
    store.incr(_pause_key(operation, region), math.ceil(seconds))


def _paused_until(store: Storage, operation: str, region: str) -> float | None:
    key = _pause_key(operation, region)
    return store.get_expiry(key) if store.get(key) else None


def _pause_key(operation: str, region: str) -> str:
    return f"cloud/pause/{operation}/{region}"


def _rate(operation: str) -> Fraction:
    return next((allowed for pattern, allowed in rates(settings.API_QPS) if fnmatchcase(operation, pattern)), UNNAMED)


@functools.cache
def rates(text: str) -> tuple[tuple[str, Fraction], ...]:
    """`Describe*=5,*=2` as pairs of pattern and calls a second, in that order. Raises ValueError for anything else."""
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    try:
        found = tuple((pattern.strip(), Fraction(number.strip())) for pattern, _equals, number in pairs)
    except (ValueError, ZeroDivisionError):
        found = (("", UNNAMED),)
    if not all(pattern and allowed > 0 for pattern, allowed in found):
        raise ValueError("CONSOLE_API_QPS must read like Describe*=5,*=2: patterns, each with a rate above 0.")
    return found
