"""How many invocations a region takes in a day, new at midnight UTC+8. A call is one, however many targets it has."""

import time

from simulator.clock import Clock
from simulator.errors import ApiError
from simulator.state import State

_UTC_PLUS_8 = 8 * 3600


class Quota:
    def __init__(self, state: State, clock: Clock, limit: int) -> None:
        self._state = state
        self._clock = clock
        self.limit = limit
        self._limits: dict[tuple[str, str], int] = {}  # of a region on a day, where a test has set one

    def use(self, region: str) -> None:
        """Raises ApiError when the day's are used up."""
        day, used = self._today(), self.used(region)
        if used >= self._limits.get((region, day), self.limit):
            raise ApiError("Invocation.ExceedQuota")
        self._state.execute("insert or replace into usage values (?, ?, ?)", (region, day, used + 1))

    def used(self, region: str) -> int:
        rows = self._state.rows("select calls from usage where region = ? and day = ?", (region, self._today()))
        return rows[0]["calls"] if rows else 0

    def leave(self, region: str, calls: int) -> None:
        """Only so many more today."""
        self._limits[region, self._today()] = self.used(region) + calls

    def forget_limits(self) -> None:
        self._limits.clear()

    def _today(self) -> str:
        return time.strftime("%Y-%m-%d", time.gmtime(self._clock.now() + _UTC_PLUS_8))
