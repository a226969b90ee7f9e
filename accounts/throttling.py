"""How often somebody may do something in a while, counted over all processes where there is Redis."""

import functools
import time

from django.conf import settings
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter


def seconds_to_wait(rate: str, *key: str) -> float:
    """0.0 while another one is allowed by `rate` ("30/15minutes"), else until when not. Counts nothing."""
    limit = parse(rate)
    for limiter in limiters(settings.REDIS_URL):
        try:
            return _wait(limiter, limit, key)
        except StorageError:
            continue  # Redis is away: this process's own count has to do
    raise AssertionError("the memory of this process is never away")


def count(rate: str, *key: str) -> None:
    """One more of what `rate` limits."""
    limit = parse(rate)
    for limiter in limiters(settings.REDIS_URL):
        try:
            limiter.hit(limit, *key)
        except StorageError:
            continue


def _wait(limiter: MovingWindowRateLimiter, limit: RateLimitItem, key: tuple[str, ...]) -> float:
    if limiter.test(limit, *key):
        return 0.0
    return max(1.0, limiter.get_window_stats(limit, *key).reset_time - time.time())


@functools.cache
def limiters(redis_url: str) -> list[MovingWindowRateLimiter]:
    """The shared count first, then this process's own, which is kept beside it for when the other is away."""
    stores: list[Storage] = [MemoryStorage()]
    if redis_url:
        shared = storage_from_string(redis_url, wrap_exceptions=True, socket_connect_timeout=1, socket_timeout=1)
        assert isinstance(shared, Storage), "an asynchronous store"
        stores.insert(0, shared)
    return [MovingWindowRateLimiter(store) for store in stores]
