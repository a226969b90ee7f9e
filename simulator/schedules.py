"""
When a periodic run is due: `Frequency` of InvokeCommand in its three forms (help page "Cron and rate expressions").

    rate(5m)                              every so often, on a grid that begins with the invocation
    at(2026-12-24 18:00:00 Asia/Shanghai) once
    0 30 9 ? * MON-FRI * Asia/Shanghai    seconds first; days of the week count from Monday = 1, not as in Quartz

A schedule that cannot be understood is refused at once (`Unusable`); one that is past or out of bounds is accepted, and
its targets end Invalid with the agent's code.
"""

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Protocol

from simulator.cron import Cron, Unusable, zone_named

_MINUTE, _DAY = 60, 86_400
_UNITS = {"s": 1, "m": _MINUTE, "h": 3600, "d": _DAY}
_SHORTEST_RATE, _LONGEST_RATE = _MINUTE, 7 * _DAY
_SHORTEST_CRON = 10


class Schedule(Protocol):
    """When something is due."""

    @property
    def expired_code(self) -> str:
        """What a target is told when nothing ever comes due."""
        ...

    def after(self, moment: float) -> float | None:
        """The first time due after `moment` (seconds since the epoch), None when there is none."""
        ...


def parse(expression: str, *, begins_at: float, machine_zone: str = "UTC") -> Schedule:
    """`machine_zone` is used by cron expressions without a zone of their own. Raises Unusable."""
    text = expression.strip()
    if match := re.fullmatch(r"rate\(\s*([0-9]{1,9})\s*([smhd])\s*\)", text):
        return Rate(int(match[1]) * _UNITS[match[2]], begins_at)
    if match := re.fullmatch(r"at\(\s*(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\s+(\S+))?\s*\)", text):
        return At(_at_moment(match[1], zone_named(match[2] or "UTC")))
    return Cron.read(text.split(), machine_zone)


def check(expression: str, *, begins_at: float, timeout: int) -> None:
    """Raise Unusable if rounds would follow one another faster than the rules allow."""
    schedule = parse(expression, begins_at=begins_at)
    match schedule:
        case Rate(seconds=seconds):
            if seconds < _SHORTEST_RATE or seconds <= timeout:
                raise Unusable("at least 60 s, and more than the timeout")
        case Cron():
            _check_gaps(schedule, begins_at, max(_SHORTEST_CRON, timeout))


def _check_gaps(schedule: Schedule, moment: float, least: int) -> None:
    previous = schedule.after(moment)
    for _ in range(10):
        if previous is None or (due := schedule.after(previous)) is None:
            return
        if due - previous < least:
            raise Unusable("at least 10 s, and the timeout, between two rounds")
        previous = due


def _at_moment(text: str, zone: tzinfo) -> float:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone).timestamp()
    except ValueError as error:
        raise Unusable("no such time") from error


@dataclass(frozen=True, slots=True)
class Rate:
    seconds: int
    begins_at: float

    @property
    def expired_code(self) -> str:
        return "RateFrequencyTooLarge"

    def after(self, moment: float) -> float | None:
        if self.seconds > _LONGEST_RATE:
            return None
        rounds = max(0, int((moment - self.begins_at) // self.seconds))
        return self.begins_at + (rounds + 1) * self.seconds


@dataclass(frozen=True, slots=True)
class At:
    moment: float

    @property
    def expired_code(self) -> str:
        return "AtExpressionExpired"

    def after(self, moment: float) -> float | None:
        return self.moment if self.moment > moment else None
