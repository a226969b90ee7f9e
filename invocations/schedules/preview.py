"""What a schedule comes to, shown beside its fields and on its page: in words, the next times, what is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils import timezone

from invocations.schedules import zones
from invocations.schedules.timing import Timing


@dataclass(frozen=True, slots=True)
class Time:
    moment: datetime
    local: datetime  # in the schedule's own zone; in the viewer's where it has none


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
    def names_both_days(self) -> bool:
        """Day and weekday are given: either of them counts, which not everybody expects."""
        cron = getattr(self.timing.frequency, "cron", None)
        return cron is not None and cron.names_both_days

    @property
    def is_in_another_zone(self) -> bool:
        """Than the one the viewer's times are in, as far as is known here."""
        name = self.timing.zone_name
        return bool(name) and name != timezone.get_current_timezone_name()
