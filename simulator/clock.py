"""The cloud's own time, which a test may move; whoever waits for a moment is woken when it is."""

import asyncio
import time
from collections.abc import Callable


class Clock:
    """Seconds since the epoch, as the cloud has them."""

    def __init__(self, offset: float = 0.0) -> None:
        self.offset = offset  # seconds ahead of this machine
        self._moved = asyncio.Event()
        self._errands: set[asyncio.Task[None]] = set()

    def now(self) -> float:
        return time.time() + self.offset

    def move(self, offset: float) -> None:
        """Set the clock `offset` seconds ahead of this machine's."""
        self.offset = offset
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def until(self, moment: float) -> None:
        """Return once it is `moment` or later; always lets others run first."""
        await asyncio.sleep(0)
        while (remaining := moment - self.now()) > 0:
            try:
                await asyncio.wait_for(self._moved.wait(), remaining)
            except TimeoutError:
                continue

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something in a while; dropped by `forget_errands` and at the end of the program."""
        errand = asyncio.create_task(self._act_at(self.now() + seconds, act))
        self._errands.add(errand)
        errand.add_done_callback(self._errands.discard)

    async def _act_at(self, moment: float, act: Callable[[], None]) -> None:
        await self.until(moment)
        act()

    def forget_errands(self) -> None:
        for errand in self._errands:
            errand.cancel()
