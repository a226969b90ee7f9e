"""What a schedule comes to, shown beside its fields and on its page: in words, the next times, what is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils import dateformat, timezone

from invocations.schedules import zones
from invocations.schedules.frequency import Clock, Interval
from invocations.schedules.timing import Timing


@dataclass(frozen=True, slots=True)
class Time:
    moment: datetime
    local: datetime  # in the schedule's own zone; in the viewer's where it has none

    @property
    def text(self) -> str:
        """2026-11-25 03:00 Wed"""
        return dateformat.format(self.local, "Y-m-d H:i:s D" if self.local.second else "Y-m-d H:i D")

    @property
    def short(self) -> str:
        """11-25 03:00"""
        return dateformat.format(self.local, "m-d H:i")


@dataclass(frozen=True)
class Preview:
    timing: Timing
    now: datetime

    @cached_property
    def times(self) -> list[Time]:
        name = self.timing.zone_name
        zone = zones.zone(name) if name else timezone.get_current_timezone()
        return [Time(moment, moment.astimezone(zone)) for moment in self.timing.next_times(self.now)]

    @property
    def is_nowhere(self) -> bool:
        """By the clock, but in no one time zone: made elsewhere without one."""
        found = self.timing.frequency
        return isinstance(found, Clock) and not found.zone_name

    @property
    def first(self) -> Time | None:
        return next(iter(self.times), None)

    @property
    def is_interval(self) -> bool:
        return isinstance(self.timing.frequency, Interval)

    @property
    def interval(self) -> int | None:
        """Seconds."""
        found = self.timing.frequency
        return found.seconds if isinstance(found, Interval) else None

    @property
    def names_both_days(self) -> bool:
        """Day and weekday are given: either of them counts, which not everybody expects."""
        cron = getattr(self.timing.frequency, "cron", None)
        return cron is not None and cron.names_both_days

    @property
    def is_in_another_zone(self) -> bool:
        """Than the one the viewer's times are in, as far as is known here."""
        name = self.timing.zone_name
        return bool(name) and name != timezone.get_current_timezone_name()


def of(timing: Timing) -> Preview | None:
    """None for a run that is not by the clock: now, or at startup."""
    return Preview(timing, timezone.now()) if timing.text else None
