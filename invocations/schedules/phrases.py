"""Schedules in words, in the current language: own phrases for the common forms, the expression itself for the rest."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from invocations.models import RepeatMode
from invocations.schedules.cron import WEEKDAYS
from invocations.schedules.frequency import Clock, Frequency, Interval, Once

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

WEEKDAY_NAMES: dict[str, _StrPromise] = {
    "MON": gettext_lazy("Monday"),
    "TUE": gettext_lazy("Tuesday"),
    "WED": gettext_lazy("Wednesday"),
    "THU": gettext_lazy("Thursday"),
    "FRI": gettext_lazy("Friday"),
    "SAT": gettext_lazy("Saturday"),
    "SUN": gettext_lazy("Sunday"),
}
STARTUP: dict[str, _StrPromise] = {
    RepeatMode.NEXT_REBOOT_ONLY: gettext_lazy("Next startup only"),
    RepeatMode.EVERY_REBOOT: gettext_lazy("Every startup"),
}
_NTH: dict[str, _StrPromise] = {
    "1": gettext_lazy("On the first %(day)s of every month at %(time)s"),
    "2": gettext_lazy("On the second %(day)s of every month at %(time)s"),
    "3": gettext_lazy("On the third %(day)s of every month at %(time)s"),
    "4": gettext_lazy("On the fourth %(day)s of every month at %(time)s"),
    "5": gettext_lazy("On the fifth %(day)s of every month at %(time)s"),
}
_ANY = ("*", "?")


def sentence(frequency: Frequency) -> str:
    """Every day at 03:00"""
    match frequency:
        case Interval():
            return _interval(frequency)
        case Once():
            told = {"date": f"{frequency.local:%Y-%m-%d}", "time": _time(frequency.local.strftime("%H %M %S").split())}
            return _("Once, %(date)s at %(time)s") % told
    return _clock(frequency)


def with_zone(frequency: Frequency) -> str:
    """Every day at 03:00 (Asia/Shanghai)"""
    if not frequency.zone_name and isinstance(frequency, Clock):
        return _("%(sentence)s, in each instance’s own time zone") % {"sentence": sentence(frequency)}
    if not frequency.zone_name:
        return sentence(frequency)
    return _("%(sentence)s (%(zone)s)") % {"sentence": sentence(frequency), "zone": frequency.zone_name}


def in_time(moment: datetime) -> str:
    """in 35 min, in 4 h 25 min, in 3 days: how long it is until then."""
    seconds = max(0, int((moment - timezone.now()).total_seconds()))
    if seconds < 60:
        return _("in %(n)s s") % {"n": seconds}
    if seconds < 3600:
        return _("in %(n)s min") % {"n": seconds // 60}
    if seconds < 86_400:
        return _("in %(h)s h %(m)s min") % {"h": seconds // 3600, "m": seconds % 3600 // 60}
    days = seconds // 86_400
    return ngettext("in %(n)s day", "in %(n)s days", days) % {"n": days}


def _interval(interval: Interval) -> str:
    n = interval.value
    text = {
        "s": ngettext("Every second", "Every %(n)s seconds", n),
        "m": ngettext("Every minute", "Every %(n)s minutes", n),
        "h": ngettext("Every hour", "Every %(n)s hours", n),
        "d": ngettext("Every day", "Every %(n)s days", n),
    }[interval.unit]
    return text % {"n": n}


def _clock(clock: Clock) -> str:
    second, minute, hour, day, month, weekday, year = clock.cron.fields
    found = ""
    if month in _ANY and year in _ANY:
        if _are_numbers(second, minute, hour):
            found = _at_a_time(_time([hour, minute, second]), day, weekday)
        elif day in _ANY and weekday in _ANY:
            found = _through_the_day(second, minute, hour)
    return found or _("By the expression %(cron)s") % {"cron": clock.cron.text}


def _at_a_time(time: str, day: str, weekday: str) -> str:
    if day not in _ANY and weekday not in _ANY:
        return ""
    told = {"time": time, "day": day}
    if weekday not in _ANY:
        return _on_weekdays(time, weekday)
    if day in _ANY:
        return _("Every day at %(time)s") % told
    if day == "L":
        return _("On the last day of every month at %(time)s") % told
    if day == "LW":
        return _("On the last workday of every month at %(time)s") % told
    if re.fullmatch("[0-9]{1,2}", day):
        return _("On day %(day)s of every month at %(time)s") % (told | {"day": int(day)})
    if re.fullmatch("[0-9]{1,2}(,[0-9]{1,2})+", day):
        return _("On days %(day)s of every month at %(time)s") % (told | {"day": day.replace(",", ", ")})
    return ""


def _on_weekdays(time: str, weekday: str) -> str:
    if weekday in ("MON-FRI", "1-5"):
        return _("Every weekday at %(time)s") % {"time": time}
    if weekday in ("SAT,SUN", "SAT-SUN", "6,7", "6-7"):
        return _("Every Saturday and Sunday at %(time)s") % {"time": time}
    if found := re.fullmatch(r"([A-Z]{3}|[1-7])#([1-5])", weekday):
        return str(_NTH[found[2]]) % {"day": _weekday(found[1]), "time": time}
    if found := re.fullmatch(r"([A-Z]{3}|[1-7])L", weekday):
        return _("On the last %(day)s of every month at %(time)s") % {"day": _weekday(found[1]), "time": time}
    days = weekday.split(",")
    if all(one in WEEKDAYS or one in "1234567" for one in days):
        names = _(", ").join(_weekday(one) for one in days)
        return _("Every %(day)s at %(time)s") % {"day": names, "time": time}
    return ""


def _through_the_day(second: str, minute: str, hour: str) -> str:
    """Every so often, where that divides the hour or the day evenly."""
    if hour in _ANY and minute in _ANY and (n := _step(second, 60)):
        return ngettext("Every second", "Every %(n)s seconds", n) % {"n": n}
    if not _are_numbers(second) or int(second):
        return ""
    if hour in _ANY and _are_numbers(minute):
        return _("Every hour at minute %(n)s") % {"n": int(minute)}
    if hour in _ANY and (n := _step(minute, 60)):
        return ngettext("Every minute", "Every %(n)s minutes", n) % {"n": n}
    if _are_numbers(minute) and (n := _step(hour, 24)):
        return _("Every %(n)s hours at minute %(minute)s") % {"n": n, "minute": int(minute)}
    return ""


def _step(field: str, whole: int) -> int:
    if field == "*":
        return 1
    found = re.fullmatch(r"(?:\*|0)/([0-9]{1,2})", field)
    return int(found[1]) if found and whole % int(found[1]) == 0 else 0


def _weekday(text: str) -> str:
    return str(WEEKDAY_NAMES[text if text in WEEKDAY_NAMES else WEEKDAYS[int(text) - 1]])


def _are_numbers(*fields: str) -> bool:
    return all(re.fullmatch("[0-9]{1,2}", field) for field in fields)


def _time(parts: list[str]) -> str:
    """03:00, with seconds where there are any."""
    hour, minute, second = map(int, parts)
    return f"{hour:02}:{minute:02}:{second:02}" if second else f"{hour:02}:{minute:02}"
