"""`Frequency` of InvokeCommand and what it means: three forms of text, and the times they come to.

    rate(6h)                                every so often, counted from when the cloud took it
    at(2026-12-24 18:00:00 Asia/Shanghai)   once
    0 30 9 ? * MON-FRI Asia/Shanghai        by the clock (cron.py)

A time the clocks skip is left out, one that comes twice runs once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice

from invocations.schedules import zones
from invocations.schedules.cron import LAST_YEAR, Cron, Unreadable

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
LONGEST = 10 * 366 * 86_400  # seconds of an interval; the cloud takes less, but what it lists may be anything
_RATE = re.compile(r"rate\(\s*([0-9]{1,9})\s*([smhd])\s*\)")
_AT = re.compile(r"at\(\s*(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\s+(\S+))?\s*\)")


@dataclass(frozen=True, slots=True)
class Interval:
    value: int
    unit: str  # a key of UNITS
    begins_at: datetime | None = None  # when the cloud took it; None: not yet

    @property
    def seconds(self) -> int:
        return self.value * UNITS[self.unit]

    @property
    def text(self) -> str:
        return f"rate({self.value}{self.unit})"

    @property
    def zone_name(self) -> str:
        return ""

    def after(self, moment: datetime) -> Iterator[datetime]:
        """On a grid; while nobody has taken it yet, one that begins at `moment`."""
        begin = self.begins_at or moment
        gone = max(0, int((moment - begin).total_seconds() // self.seconds))
        due = begin + timedelta(seconds=gone * self.seconds)
        while due.year < LAST_YEAR:
            due += timedelta(seconds=self.seconds)
            yield due


@dataclass(frozen=True, slots=True)
class Once:
    local: datetime  # as the clocks of the zone show it
    zone_name: str

    @property
    def text(self) -> str:
        return f"at({self.local:%Y-%m-%d %H:%M:%S} {self.zone_name})"

    @property
    def moment(self) -> datetime | None:
        """None: the clocks of the zone skip it."""
        return _moment(self.local, zones.zone(self.zone_name))

    def after(self, moment: datetime) -> Iterator[datetime]:
        due = self.moment
        if due and due > moment:
            yield due


@dataclass(frozen=True, slots=True)
class Clock:
    cron: Cron
    zone_name: str  # "" only elsewhere: each instance counts in its own then

    @property
    def text(self) -> str:
        return f"{self.cron.text} {self.zone_name}".strip()

    def after(self, moment: datetime) -> Iterator[datetime]:
        """Nothing where there is no one zone to tell it in."""
        if not self.zone_name:
            return
        zone = zones.zone(self.zone_name)
        local = moment.astimezone(zone).replace(tzinfo=None, fold=0, microsecond=0)
        for one in self.cron.after(local):
            due = _moment(one, zone)
            if due and due > moment:
                yield due


Frequency = Interval | Once | Clock


def read(text: str, *, begins_at: datetime | None = None) -> Frequency:
    """What the cloud was asked for, also elsewhere. Raises Unreadable.

    Without a zone `at` means UTC; an expression without one means each instance's own.
    """
    text = text.strip()
    if found := _RATE.fullmatch(text):
        interval = Interval(int(found[1]), found[2], begins_at)
        if not 0 < interval.seconds <= LONGEST:
            raise Unreadable(text[:20])
        return interval
    try:
        if found := _AT.fullmatch(text):
            local = datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S")
            if not 1970 <= local.year <= LAST_YEAR:
                raise Unreadable(text[:20])
            zones.zone(found[2] or "UTC")
            return Once(local, found[2] or "UTC")
        fields, zone_name = split(text)
        zones.zone(zone_name or "UTC")
        return Clock(Cron.read(fields), zone_name)
    except (zones.UnknownZone, ValueError) as error:
        raise error if isinstance(error, Unreadable) else Unreadable(str(error)) from error


def split(text: str) -> tuple[str, str]:
    """An expression and the zone behind it, "" where there is none."""
    *fields, last = text.split() or [""]
    if len(fields) >= 6 and re.search("[A-Za-z]", last):
        return " ".join(fields), last
    return " ".join([*fields, last]), ""


def next_times(frequency: Frequency, after: datetime, n: int = 5) -> list[datetime]:
    """In UTC; fewer where there are no more."""
    return [due.astimezone(UTC) for due in islice(frequency.after(after), n)]


def _moment(local: datetime, zone: tzinfo) -> datetime | None:
    """The first of two where the clock is put back; None where it is put forward over it."""
    there = local.replace(tzinfo=zone)
    moment = there.astimezone(UTC)
    return moment if moment.astimezone(zone).replace(tzinfo=None) == local else None
