"""The time of one run."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress


class RunOver(Exception):
    """Whatever slept need not go on: the run has ended."""


class RunClock:
    """Counts a run's seconds towards its time-out.

    `pace` changes what is waited for, not what is counted: at 0 a `sleep 30` returns at once, yet thirty seconds have
    passed for the script. (Sleeps that overlap are then counted one after the other.)
    """

    def __init__(self, timeout: float, pace: float, expire: Callable[[], None]) -> None:
        """`expire` is called when something sleeps beyond the time-out."""
        self._timeout = timeout
        self._pace = pace
        self._expire = expire
        self._began = time.monotonic()
        self._skipped = 0.0
        self._over = asyncio.Event()

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._began + self._skipped

    @property
    def left(self) -> float:
        return self._timeout - self.elapsed

    async def sleep(self, seconds: float) -> None:
        """Return when the time has passed. Raises RunOver when the run ends before."""
        left = max(0.0, self.left)
        waited = min(seconds, left)
        self._skipped += waited * (1 - self._pace)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), waited * self._pace)
        if seconds >= left:
            self._expire()
            await self._over.wait()
        if self._over.is_set():
            raise RunOver

    def end(self) -> None:
        """Wake what still sleeps."""
        self._over.set()
