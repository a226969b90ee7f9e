"""Time zones as the cloud takes them (help page "Cron and rate expressions"): `Asia/Shanghai`, `GMT+8:00`, `UTC`.

A zone is always sent: without one each instance would count in its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

_OFFSET = re.compile(r"GMT([+-])([0-9]|1[0-4]):([0-5][0-9])")
_MEANT_OFFSET = re.compile(r"(?:GMT|UTC)?([+-])0?([0-9]|1[0-4])(?::?([0-5][0-9]))?")
_WEST = timedelta(hours=-12, minutes=-59)  # and east GMT+14:59
_CHINA = ("CST", "PRC", "CHINA", "BEIJING", "ASIA/BEIJING", "ASIA/PEKING", "ASIA/CHONGQING")
_LONGEST = 64


class UnknownZone(ValueError):
    """The cloud takes no such time zone."""


def zone(name: str) -> tzinfo:
    """Raises UnknownZone. Short names such as CST stand for several zones, so the cloud takes none but UTC."""
    if name == "UTC":
        return UTC
    if found := _OFFSET.fullmatch(name):
        offset = timedelta(hours=int(found[2]), minutes=int(found[3])) * (1 if found[1] == "+" else -1)
        if offset < _WEST:
            raise UnknownZone(name)
        return timezone(offset, name)
    if "/" not in name or len(name) > _LONGEST or not re.fullmatch(r"[A-Za-z0-9_+/-]+", name):
        raise UnknownZone(name)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZone(name) from error


def meant_by(name: str) -> list[str]:
    """What somebody who typed this may have meant, at most three names."""
    typed = name.strip().upper().replace(" ", "_")
    if typed in _CHINA:
        return ["Asia/Shanghai", "GMT+8:00"]
    if typed in ("GMT", "Z", "ETC/UTC", "ETC/GMT"):
        return ["UTC"]
    if found := _MEANT_OFFSET.fullmatch(typed):
        return [f"GMT{found[1]}{found[2]}:{found[3] or '00'}"]
    by_text = _by_text()
    close = get_close_matches(typed[:_LONGEST], by_text, n=3, cutoff=0.7)
    return list(dict.fromkeys(by_text[text] for text in close))


@dataclass(frozen=True, slots=True)
class Choice:
    name: str
    offset: str  # at this moment: UTC+08:00


def choices(now: datetime) -> list[Choice]:
    """What the field suggests, by name."""
    return [Choice(name, offset_of(ZoneInfo(name), now)) for name in _names()]


def offset_of(of: tzinfo, now: datetime) -> str:
    minutes = int((of.utcoffset(now.astimezone(of)) or timedelta()).total_seconds() // 60)
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


@cache
def _names() -> tuple[str, ...]:
    odd = ("Etc/", "SystemV/", "US/", "posix/", "right/")
    return tuple(sorted(name for name in available_timezones() if "/" in name and not name.startswith(odd)))


@cache
def _by_text() -> dict[str, str]:
    """Whole names, and their cities, in capitals."""
    return {text.upper(): name for name in _names() for text in (name, name.rpartition("/")[2])}
