"""
Cron expressions as this service reads them: `<sec> <min> <hour> <day> <month> <weekday> [year] [zone]`.

Days of the week count from Monday = 1, and `6#3` is the third Saturday: not as in Quartz, nor in crontab. With a day of
the month and one of the week given, either of them counts, as the agent's own library has it.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_LAST_YEAR = 2099
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_WEEKDAYS = {name.upper(): number for number, name in enumerate(calendar.day_abbr, 1)}


class Unusable(ValueError):
    """The expression is not one of the three forms, or repeats too often."""


def zone_named(name: str) -> tzinfo:
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
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Unusable("no such time zone") from error


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
            zone=zone_named(zone) if zone else ZoneInfo(machine_zone),
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
                days = self._days_in(year, month)
                yield from (date(year, month, day) for day in sorted(days) if date(year, month, day) >= first)

    def _days_in(self, year: int, month: int) -> set[int]:
        by_month, by_week = _days_of_month(self.days, year, month), _days_by_weekday(self.weekdays, year, month)
        are_both_given = self.days not in ("*", "?") and self.weekdays not in ("*", "?")
        return by_month | by_week if are_both_given else by_month & by_week


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
        if slash and not (re.fullmatch(r"[1-9][0-9]{0,3}", step) and int(step) <= high):
            raise Unusable(f"{field}: the step is no number from 1 to {high}")
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
