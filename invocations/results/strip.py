"""The strip of the last 90 days: one square a day, stronger where more ran, a red corner where something failed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import ngettext, pgettext

from invocations.models import Invocation, RunState

DAYS = 90
LEVELS = 4  # of blue
STEP = 11  # from one square to the next, as the drawing counts
SQUARE = 10
WEEK_GAP = 5  # between two weeks


class Square(NamedTuple):
    x: int
    level: int  # 0 nothing, 4 most
    has_failed: bool

    @property
    def corner(self) -> int:
        return self.x + 3


@dataclass(frozen=True, slots=True)
class Week:
    first: date
    last: date
    squares: list[Square]
    runs: int
    failed: int

    @property
    def x(self) -> int:
        return max(0, self.squares[0].x - 2)

    @property
    def width(self) -> int:
        return self.squares[-1].x + SQUARE + 2 - self.x

    @property
    def sentence(self) -> str:
        """Week of 16 Nov: 9 runs, 2 with failures"""
        day = date_format(self.first, pgettext("day and month", "j M"))
        sentence = ngettext(
            "Week of %(date)s: %(n)s run, %(m)s with failures",
            "Week of %(date)s: %(n)s runs, %(m)s with failures",
            self.runs,
        )
        return sentence % {"date": day, "n": self.runs, "m": self.failed}


class Month(NamedTuple):
    x: int
    name: str


@dataclass(frozen=True, slots=True)
class Strip:
    weeks: list[Week]
    months: list[Month]

    @property
    def width(self) -> int:
        return self.weeks[-1].squares[-1].x + SQUARE

    @property
    def sentence(self) -> str:
        """173 runs, 18 with failures"""
        runs = sum(week.runs for week in self.weeks)
        sentence = ngettext("%(n)s run, %(m)s with failures", "%(n)s runs, %(m)s with failures", runs)
        return sentence % {"n": runs, "m": sum(week.failed for week in self.weeks)}


def of(runs: QuerySet[Invocation], now: datetime) -> Strip:
    """One query; days are days in the viewer's zone."""
    today = timezone.localtime(now).date()
    days = [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
    has_failed = Q(state__in=[RunState.FAILED, RunState.PARTIALFAILED])
    since = timezone.make_aware(datetime.combine(days[0], datetime.min.time()))
    rows = runs.filter(submitted_at__gte=since).annotate(day=TruncDate("submitted_at")).values("day").order_by()
    counted = rows.annotate(n=Count("pk"), failed=Count("pk", filter=has_failed))
    return _drawn(days, {row["day"]: (row["n"], row["failed"]) for row in counted})


def _drawn(days: list[date], counts: dict[date, tuple[int, int]]) -> Strip:
    most = max((n for n, _failed in counts.values()), default=0) or 1
    weeks, months, x = [], [], 0
    for members in _by_week(days):
        told = [counts.get(day, (0, 0)) for day in members]
        squares = [
            Square(x + STEP * at, math.ceil(LEVELS * n / most), failed > 0) for at, (n, failed) in enumerate(told)
        ]
        weeks.append(Week(members[0], members[-1], squares, sum(n for n, _f in told), sum(f for _n, f in told)))
        firsts = [at for at, day in enumerate(members) if day.day == 1]
        months += [Month(squares[at].x, date_format(members[at], "M")) for at in firsts]
        x += STEP * len(members) + WEEK_GAP
    return Strip(weeks, months)


def _by_week(days: list[date]) -> list[list[date]]:
    weeks: dict[date, list[date]] = {}
    for day in days:
        weeks.setdefault(day - timedelta(days=day.weekday()), []).append(day)
    return list(weeks.values())
