"""When a run comes: now, on a schedule or at startup, as it is kept and as it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from invocations.models import Invocation, RepeatMode
from invocations.schedules import frequency, phrases
from invocations.schedules.cron import Unreadable

if TYPE_CHECKING:
    from invocations.schedules.frequency import Frequency


@dataclass(frozen=True, slots=True)
class Timing:
    repeat_mode: str = RepeatMode.ONCE
    text: str = ""  # the API's Frequency, with its zone; only with Period
    begins_at: datetime | None = None  # of an interval: when the cloud took it

    @classmethod
    def of(cls, run: Invocation, begins_at: datetime | None = None) -> Timing:
        return cls(run.repeat_mode, run.frequency, begins_at)

    @property
    def frequency(self) -> Frequency | None:
        """None without one, and where it was changed elsewhere into what nobody can read."""
        if not self.text:
            return None
        try:
            return frequency.read(self.text, begins_at=self.begins_at)
        except Unreadable:
            return None

    @property
    def zone_name(self) -> str:
        found = self.frequency
        return found.zone_name if found else ""

    @property
    def is_now(self) -> bool:
        return self.repeat_mode == RepeatMode.ONCE

    @property
    def is_startup(self) -> bool:
        return self.repeat_mode in phrases.STARTUP

    @property
    def sentence(self) -> str:
        """Every day at 03:00"""
        if self.is_startup:
            return str(phrases.STARTUP[self.repeat_mode])
        found = self.frequency
        return phrases.sentence(found) if found else self.text or _("Run now")

    @property
    def sentence_with_zone(self) -> str:
        found = self.frequency
        return phrases.with_zone(found) if found else self.sentence

    @property
    def sent(self) -> list[str]:
        """What the API is given, a line each."""
        return [f"RepeatMode={self.repeat_mode}", *([f"Frequency={self.text}"] if self.text else [])]

    def next_times(self, after: datetime, n: int = 5) -> list[datetime]:
        found = self.frequency
        return frequency.next_times(found, after, n) if found else []

    def next_time(self, after: datetime) -> datetime | None:
        return next(iter(self.next_times(after, 1)), None)


NOW = Timing()
