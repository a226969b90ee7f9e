"""
Cron expressions as the cloud reads them: `<second> <minute> <hour> <day> <month> <weekday> [year]`.

Days of the week count from Monday = 1, and `6#3` is the third Saturday: not as in Quartz, nor in crontab. With both day
fields given, a day that either of them names counts, as the agent has it. `*` and `?` are the same in these two.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from croniter import CroniterBadDateError, croniter
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

LAST_YEAR = 2099
MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_WEEKDAY_NUMBERS = {name: number for number, name in enumerate(WEEKDAYS, 1)}
_NAMES = (
    pgettext_lazy("cron field", "seconds"),
    pgettext_lazy("cron field", "minutes"),
    pgettext_lazy("cron field", "hours"),
    pgettext_lazy("cron field", "day"),
    pgettext_lazy("cron field", "month"),
    pgettext_lazy("cron field", "weekday"),
    pgettext_lazy("cron field", "year"),
)
_BOUNDS = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, LAST_YEAR))
_WORDS: tuple[dict[str, int], ...] = ({}, {}, {}, {}, MONTHS, _WEEKDAY_NUMBERS, {})
_DAY, _MONTH, _WEEKDAY, _YEAR = 3, 4, 5, 6
_ANY = ("*", "?")


class Unreadable(ValueError):
    """Not an expression of the cloud's. `why` is a clause for a sentence, `meant` what would be one."""

    def __init__(self, why: str, meant: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.meant = meant


@dataclass(frozen=True, slots=True)
class Cron:
    """`fields` are the seven of them, in capitals; the year is `*` where none was given."""

    fields: tuple[str, ...]
    text: str  # as it was typed, but for spaces and small letters

    @classmethod
    def read(cls, text: str) -> Cron:
        """Raises Unreadable."""
        given = text.upper().split()
        _check_number(text, given)
        fields = tuple([*given, "*"][:7])
        for at, field in enumerate(fields):
            _check(at, field)
        return cls(fields, " ".join(given))

    @property
    def names_both_days(self) -> bool:
        """Either of them counts then, which not everybody expects."""
        return self.fields[_DAY] not in _ANY and self.fields[_WEEKDAY] not in _ANY

    def after(self, moment: datetime) -> Iterator[datetime]:
        """The times that come after `moment`, both without a zone: what a clock shows that is never put back."""
        readable = self._for_croniter()
        while True:
            try:
                due: datetime = croniter(readable, moment, second_at_beginning=True).get_next(datetime)
            except CroniterBadDateError:  # it never comes true again
                return
            day = self._day_from(due.date())
            if day is None:
                return
            if day > due.date():  # look on from the evening before
                moment = datetime.combine(day, time()) - timedelta(seconds=1)
                continue
            yield due
            moment = due

    def _for_croniter(self) -> str:
        """It counts weekdays otherwise and reads W and L in its own way: such days are left to `_day_from`."""
        seconds, minutes, hours, days, months, weekdays = (
            _listed(at, "*" if field in _ANY else field) for at, field in enumerate(self._plain)
        )
        return f"{seconds} {minutes} {hours} {days} {months} {weekdays}"

    @property
    def _plain(self) -> tuple[str, ...]:
        """The first six fields, without days that only some months have."""
        if not self._has_special_days:
            return self.fields[:_YEAR]
        return (*self.fields[:_DAY], "*", self.fields[_MONTH], "*")

    @property
    def _has_special_days(self) -> bool:
        weekdays = re.sub("|".join(WEEKDAYS), "", self.fields[_WEEKDAY])
        return bool(re.search("[LW#]", self.fields[_DAY] + weekdays))

    def _day_from(self, first: date) -> date | None:
        """The first day of a year, and of the special days, that counts."""
        years = _numbers(_YEAR, self.fields[_YEAR])
        day = first
        while day.year <= LAST_YEAR:
            if day.year not in years:
                day = date(day.year + 1, 1, 1)
            elif self._has_special_days and not self._is_on(day):
                day += timedelta(days=1)
            else:
                return day
        return None

    def _is_on(self, day: date) -> bool:
        by_month, by_week = _is_in_month(self.fields[_DAY], day), _is_in_week(self.fields[_WEEKDAY], day)
        return by_month or by_week if self.names_both_days else by_month and by_week


def _check_number(text: str, given: list[str]) -> None:
    if text.strip().startswith("@"):
        raise Unreadable(_("the cloud knows no names such as %(name)s") % {"name": text.strip()[:20]})
    if len(given) == 5:
        raise Unreadable(_("it has no seconds"), meant=f"0 {text.strip()}")
    if len(given) not in (6, 7):
        raise Unreadable(_("it has %(n)s parts") % {"n": len(given)})


def _check(at: int, field: str) -> None:
    for part in field.split(","):
        if not _is_special(at, part):
            _numbers(at, part)


def _is_special(at: int, part: str) -> bool:
    """`?`, `L`, `LW`, `15W` of days; `?`, `L`, `5L`, `6#3` of weekdays."""
    if at == _DAY:
        workday = re.fullmatch(r"([0-9]{1,2})W", part)
        return part in ("?", "L", "LW") or bool(workday and _number(at, workday[1]))
    if at == _WEEKDAY:
        nth = re.fullmatch(r"([A-Z0-9]{1,3})(?:L|#[1-5])", part)
        return part in ("?", "L") or bool(nth and _number(at, nth[1]))
    return False


def _numbers(at: int, field: str) -> set[int]:
    """`*`, `5`, `1-5`, `*/10`, `3/10`, `MON-FRI`, and lists of these. Raises Unreadable."""
    low, high = _BOUNDS[at]
    found: set[int] = set()
    for part in field.split(","):
        body, slash, step = part.partition("/")
        if slash and not (re.fullmatch(r"[1-9][0-9]{0,3}", step) and int(step) <= high):
            raise Unreadable(_("“%(part)s” needs a step from 1 to %(high)s") % {"part": part[:20], "high": high})
        first, last = (low, high) if body == "*" else _range(at, body)
        if slash and "-" not in body:
            last = high
        found |= set(range(first, last + 1, int(step) if slash else 1))
    return found


def _range(at: int, body: str) -> tuple[int, int]:
    first, dash, last = body.partition("-")
    begin = _number(at, first)
    end = _number(at, last) if dash else begin
    if end < begin:
        raise Unreadable(_("“%(part)s” runs backwards") % {"part": body[:20]})
    return begin, end


def _number(at: int, text: str) -> int:
    """One leading zero at most."""
    low, high = _BOUNDS[at]
    if text in _WORDS[at]:
        return _WORDS[at][text]
    if not re.fullmatch(r"0?[0-9]|[1-9][0-9]{1,3}", text) or not low <= int(text) <= high:
        raise _unreadable(at, text)
    return int(text)


def _unreadable(at: int, part: str) -> Unreadable:
    low, high = _BOUNDS[at]
    told = {"name": str(_NAMES[at]), "part": part[:20], "low": low, "high": high}
    if at == _WEEKDAY:
        return Unreadable(_("%(name)s can’t be “%(part)s”; 1 is Monday, 7 is Sunday") % told)
    return Unreadable(_("%(name)s can’t be “%(part)s”; they go from %(low)s to %(high)s") % told)


def _listed(at: int, field: str) -> str:
    if field == "*":
        return field
    numbers = sorted(_numbers(at, field))
    return ",".join(WEEKDAYS[n - 1] if at == _WEEKDAY else str(n) for n in numbers)


def _is_in_month(field: str, day: date) -> bool:
    last = calendar.monthrange(day.year, day.month)[1]
    for part in field.split(","):
        if part in ("*", "?") or (part == "L" and day.day == last):
            return True
        if part == "LW" and day == _workday_near(day.replace(day=last)):
            return True
        if part.endswith("W") and part != "LW":
            n = int(part[:-1])
            if n <= last and day == _workday_near(day.replace(day=n)):
                return True
        elif part not in ("L", "LW") and day.day in _numbers(_DAY, part):
            return True
    return False


def _workday_near(day: date) -> date:
    """Monday to Friday, within the month."""
    last = calendar.monthrange(day.year, day.month)[1]
    if day.weekday() == calendar.SATURDAY:
        return day - timedelta(days=1) if day.day > 1 else day + timedelta(days=2)
    if day.weekday() == calendar.SUNDAY:
        return day + timedelta(days=1) if day.day < last else day - timedelta(days=2)
    return day


def _is_in_week(field: str, day: date) -> bool:
    last = calendar.monthrange(day.year, day.month)[1]
    for part in field.split(","):
        name, mark, nth = part.partition("#")
        if part in ("*", "?") or (part == "L" and day.isoweekday() == 7):
            return True
        if mark:
            if day.isoweekday() == _number(_WEEKDAY, name) and (day.day - 1) // 7 + 1 == int(nth):
                return True
        elif part.endswith("L") and part != "L":
            if day.isoweekday() == _number(_WEEKDAY, part[:-1]) and day.day > last - 7:
                return True
        elif part != "L" and day.isoweekday() in _numbers(_WEEKDAY, part):
            return True
    return False
