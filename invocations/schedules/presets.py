"""The common forms of a clock schedule, as a few fields: every hour, day, weekday, week or month."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Self

from django.utils.translation import pgettext_lazy

from invocations.schedules.cron import WEEKDAYS

EXPRESSION = "expression"  # none of them: the expression says it all
CHOICES = [
    ("hour", pgettext_lazy("preset", "Every hour")),
    ("day", pgettext_lazy("preset", "Every day")),
    ("weekday", pgettext_lazy("preset", "Every weekday")),
    ("week", pgettext_lazy("preset", "Every week")),
    ("month", pgettext_lazy("preset", "Every month")),
    (EXPRESSION, pgettext_lazy("preset", "By an expression")),
]
LAST = "L"  # day of the month


@dataclass(frozen=True, slots=True)
class Preset:
    """`repeat` is a key of CHOICES; what the others say counts only where it needs them."""

    repeat: str = "day"
    hour: int = 3
    minute: int = 0
    second: int = 0
    weekday: int = 1  # Monday
    day: str = "1"  # of the month, or LAST

    @property
    def cron(self) -> str:
        time = f"{self.second} {self.minute} {self.hour}"
        return {
            "hour": f"0 {self.minute} * * * ?",
            "day": f"{time} * * ?",
            "weekday": f"{time} ? * MON-FRI",
            "week": f"{time} ? * {WEEKDAYS[self.weekday - 1]}",
            "month": f"{time} {self.day} * ?",
        }[self.repeat]

    @property
    def time(self) -> str:
        return f"{self.hour:02}:{self.minute:02}:{self.second:02}"

    @classmethod
    def of(cls, cron: str) -> Self | None:
        """What writes this very expression, or one that says the same; None: no preset does."""
        fields = cron.upper().split()
        if len(fields) == 7 and fields.pop() != "*":
            return None
        if len(fields) != 6 or fields[4] != "*":
            return None
        second, minute, hour, day, _month, weekday = fields
        if (second, hour, day, weekday) in (("0", "*", "*", "?"), ("0", "*", "*", "*")) and _is_number(minute, 59):
            return cls("hour", minute=int(minute))
        if not (_is_number(second, 59) and _is_number(minute, 59) and _is_number(hour, 23)):
            return None
        daily = cls("day", int(hour), int(minute), int(second))
        if weekday in ("?", "*"):
            if day in ("?", "*"):
                return daily
            is_readable = day == LAST or _is_number(day, 31, 1)
            return replace(daily, repeat="month", day=day.lstrip("0")) if is_readable else None
        if day not in ("?", "*"):
            return None
        if weekday in ("MON-FRI", "1-5"):
            return replace(daily, repeat="weekday")
        if weekday in WEEKDAYS:
            return replace(daily, repeat="week", weekday=WEEKDAYS.index(weekday) + 1)
        return replace(daily, repeat="week", weekday=int(weekday)) if re.fullmatch("[1-7]", weekday) else None


def _is_number(text: str, most: int, least: int = 0) -> bool:
    return bool(re.fullmatch("0?[0-9]|[1-9][0-9]", text)) and least <= int(text) <= most
