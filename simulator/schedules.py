"""
When a periodic run is due: `Frequency` of InvokeCommand in its three forms (help page "Cron and rate expressions").

    rate(5m)                              every so often, on a grid that begins with the invocation
    at(2026-12-24 18:00:00 Asia/Shanghai) once
    0 30 9 ? * MON-FRI * Asia/Shanghai    seconds first; days of the week count from Monday = 1, not as in Quartz

A schedule that cannot be understood is refused at once (`Unusable`); one that is past or out of bounds is accepted, and
its targets end Invalid with the agent's code.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_MINUTE, _DAY = 60, 86_400
_UNITS = {"s": 1, "m": _MINUTE, "h": 3600, "d": _DAY}
_SHORTEST_RATE, _LONGEST_RATE = _MINUTE, 7 * _DAY
_SHORTEST_CRON = 10
_LAST_YEAR = 2099
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_WEEKDAYS = {name.upper(): number for number, name in enumerate(calendar.day_abbr, 1)}


class Unusable(ValueError):
    """The expression is not one of the three forms, or repeats too often."""


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
        return At(_at_moment(match[1], _zone(match[2] or "UTC")))
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


def _zone(name: str) -> tzinfo:
    """`Asia/Shanghai`, `GMT+8:00` (no leading zero) or `UTC`."""
    if name == "UTC":
        return UTC
    if match := re.fullmatch(r"GMT([+-])([1-9]?\d):([0-5]\d)", name):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3])) * (1 if match[1] == "+" else -1)
        if not timedelta(hours=-12, minutes=-59) <= offset <= timedelta(hours=14, minutes=59):
            raise Unusable("GMT-12:59 to GMT+14:59")
        return timezone(offset)
    if "/" not in name:
        raise Unusable("no such time zone")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Unusable("no such time zone") from error


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


@dataclass(frozen=True, slots=True)
class Cron:
    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: str
    months: frozenset[int]
    weekdays: str
    years: frozenset[int]
    zone: tzinfo

    @property
    def expired_code(self) -> str:
        return "CronExpressionExpired"

    @classmethod
    def read(cls, fields: list[str], machine_zone: str) -> "Cron":
        if not 6 <= len(fields) <= 8:
            raise Unusable("six fields, then perhaps a year and a time zone")
        year, zone = _year_and_zone(fields[6:])
        cron = cls(
            seconds=tuple(sorted(_numbers(fields[0], 0, 59))),
            minutes=tuple(sorted(_numbers(fields[1], 0, 59))),
            hours=tuple(sorted(_numbers(fields[2], 0, 23))),
            days=fields[3],
            months=frozenset(_numbers(fields[4], 1, 12, _MONTHS)),
            weekdays=fields[5],
            years=frozenset(_numbers(year, 1970, _LAST_YEAR)),
            zone=_zone(zone) if zone else ZoneInfo(machine_zone),
        )
        cron._check_days()
        return cron

    def _check_days(self) -> None:
        """Every day field must be readable in some month."""
        _days_of_month(self.days, 2028, 1)
        _days_by_weekday(self.weekdays, 2028, 1)

    def after(self, moment: float) -> float | None:
        start = datetime.fromtimestamp(moment, self.zone)
        for day in self._days_from(start.date()):
            for hour in self.hours:
                for minute in self.minutes:
                    for second in self.seconds:
                        due = _existing(day, hour, minute, second, self.zone)
                        if due is not None and due > moment:
                            return due
        return None

    def _days_from(self, first: date) -> Iterator[date]:
        for year in sorted(year for year in self.years if year >= first.year):
            for month in sorted(self.months):
                if (year, month) < (first.year, first.month):
                    continue
                days = _days_of_month(self.days, year, month) & _days_by_weekday(self.weekdays, year, month)
                yield from (date(year, month, day) for day in sorted(days) if date(year, month, day) >= first)


def _year_and_zone(rest: list[str]) -> tuple[str, str]:
    match rest:
        case []:
            return "*", ""
        case [year, zone]:
            return year, zone
        case [single] if re.fullmatch(r"[0-9*,/-]+", single):
            return single, ""
        case _:
            return "*", rest[0]


def _existing(day: date, hour: int, minute: int, second: int, zone: tzinfo) -> float | None:
    """None for a time that the clock skips when it is put forward; the first of two when it is put back."""
    local = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=zone)
    moment = local.timestamp()
    there = datetime.fromtimestamp(moment, zone).replace(tzinfo=None)
    return moment if there == local.replace(tzinfo=None) else None


def _numbers(field: str, low: int, high: int, names: dict[str, int] | None = None) -> set[int]:
    """`*`, `5`, `1-5`, `*/10`, `3/10`, `MON-FRI`, and lists of these."""
    found: set[int] = set()
    for part in field.upper().split(","):
        body, slash, step = part.partition("/")
        if slash and not re.fullmatch(r"[1-9][0-9]{0,3}", step):
            raise Unusable(f"{field}: the step is not a number")
        first, last = _range(body, low, high, names or {})
        if slash and first == last:
            last = high
        found |= set(range(first, last + 1, int(step) if slash else 1))
    return found


def _range(body: str, low: int, high: int, names: dict[str, int]) -> tuple[int, int]:
    if body in ("*", ""):
        if not body:
            raise Unusable("an empty field")
        return low, high
    first, dash, last = body.partition("-")
    begin = _number(first, low, high, names)
    end = _number(last, low, high, names) if dash else begin
    if end < begin:
        raise Unusable(f"{body} runs backwards")
    return begin, end


def _number(text: str, low: int, high: int, names: dict[str, int]) -> int:
    """One leading zero at most."""
    if text in names:
        return names[text]
    if not re.fullmatch(r"0?[0-9]|[1-9][0-9]{1,3}", text) or not low <= int(text) <= high:
        raise Unusable(f"{text} is not between {low} and {high}")
    return int(text)


def _days_of_month(field: str, year: int, month: int) -> set[int]:
    last = calendar.monthrange(year, month)[1]
    if field in ("*", "?"):
        return set(range(1, last + 1))
    days: set[int] = set()
    for part in field.upper().split(","):
        if part == "L":
            days.add(last)
        elif part == "LW":
            days.add(_nearest_workday(year, month, last))
        elif match := re.fullmatch(r"([0-9]{1,2})W", part):
            day = _number(match[1], 1, 31, {})
            days |= {_nearest_workday(year, month, day)} if day <= last else set()
        else:
            days |= {day for day in _numbers(part, 1, 31) if day <= last}
    return days


def _nearest_workday(year: int, month: int, day: int) -> int:
    """Monday to Friday, without leaving the month."""
    weekday, last = calendar.weekday(year, month, day), calendar.monthrange(year, month)[1]
    if weekday == calendar.SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == calendar.SUNDAY:
        return day + 1 if day < last else day - 2
    return day


def _days_by_weekday(field: str, year: int, month: int) -> set[int]:
    """`6#3` is the third Saturday, `5L` the last Friday of the month."""
    last = calendar.monthrange(year, month)[1]
    if field in ("*", "?"):
        return set(range(1, last + 1))
    days: set[int] = set()
    for part in field.upper().split(","):
        if match := re.fullmatch(r"([A-Z0-9]+)#([1-5])", part):
            on_it = _falling_on(_number(match[1], 1, 7, _WEEKDAYS), year, month)
            days |= set(on_it[int(match[2]) - 1 : int(match[2])])
        elif match := re.fullmatch(r"([A-Z0-9]+?)L", part):
            days.add(_falling_on(_number(match[1], 1, 7, _WEEKDAYS), year, month)[-1])
        else:
            wanted = {7} if part == "L" else _numbers(part, 1, 7, _WEEKDAYS)
            days |= {day for weekday in wanted for day in _falling_on(weekday, year, month)}
    return days


def _falling_on(weekday: int, year: int, month: int) -> list[int]:
    """The days of the month that are this day of the week (1 = Monday)."""
    last = calendar.monthrange(year, month)[1]
    return [day for day in range(1, last + 1) if calendar.weekday(year, month, day) == weekday - 1]
