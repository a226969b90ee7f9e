"""Moments and durations as people read them, in the current language."""

from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

MINUTE, HOUR, DAY = 60, 3600, 86400
SHOWN_RELATIVE = 7  # days; older moments are shown as their date


def duration(seconds: float) -> str:
    """3.2 s, 1 min 4 s, 2 h 10 min: the two largest units."""
    if seconds < MINUTE:
        return _("%(n)s s") % {"n": _short(seconds)}
    whole = round(seconds)
    if whole < HOUR:
        return _("%(m)s min %(s)s s") % {"m": whole // MINUTE, "s": whole % MINUTE}
    return _("%(h)s h %(m)s min") % {"h": whole // HOUR, "m": whole % HOUR // MINUTE}


def _short(seconds: float) -> str:
    return f"{seconds:.1f}" if seconds < 10 and seconds != int(seconds) else str(round(seconds))


def clock(seconds: float) -> str:
    """For table cells, the same in both languages: 3.2 s; from a minute on 1:04, from an hour on 2:10:00."""
    if round(seconds, 1) < MINUTE:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    minutes = f"{whole % HOUR // MINUTE}:{whole % MINUTE:02}"
    return minutes if whole < HOUR else f"{whole // HOUR}:{whole % HOUR // MINUTE:02}:{whole % MINUTE:02}"


def relative(moment: datetime, now: datetime | None = None) -> str:
    """just now, 18 s ago, 4 min ago, 3 h ago, yesterday, 5 days ago; from a week on the date. `relative` in
    static/js/times.js says the same."""
    now = now or timezone.now()
    seconds = max(0, int((now - moment).total_seconds()))
    if seconds < 5:
        return _("just now")
    if seconds < MINUTE:
        return _("%(n)s s ago") % {"n": seconds}
    if seconds < HOUR:
        return _("%(n)s min ago") % {"n": seconds // MINUTE}
    days = (_day(now) - _day(moment)).days
    if (seconds < DAY and days == 0) or seconds < 12 * HOUR:
        return _("%(n)s h ago") % {"n": seconds // HOUR}
    return _days_ago(max(1, days), moment)


def _days_ago(days: int, moment: datetime) -> str:
    if days == 1:
        return _("yesterday")
    if days <= SHOWN_RELATIVE:
        return _("%(n)s days ago") % {"n": days}
    return _day(moment).isoformat()


def _day(moment: datetime) -> date:
    return timezone.localtime(moment).date()


def absolute(moment: datetime) -> str:
    """2026-11-12 14:02:31 CST, in the viewer's zone."""
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S %Z")
