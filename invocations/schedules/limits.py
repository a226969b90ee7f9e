"""What the cloud takes of a schedule (help page "Cron and rate expressions"): how soon, how often."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from invocations.schedules.frequency import Clock, Frequency, Interval, Once, next_times

SHORTEST_INTERVAL, LONGEST_INTERVAL = 60, 7 * 86_400  # seconds
SHORTEST_GAP = 10  # seconds between two times of an expression
AHEAD = timedelta(minutes=1)  # a single time must lie at least so far ahead when it is sent
_LOOKED_AT = 60  # times of an expression: a whole hour of minutes, or five years of months


def check(frequency: Frequency, timeout: int, now: datetime) -> None:
    """Raises ValidationError with the sentence for whoever typed it."""
    match frequency:
        case Interval():
            _check_interval(frequency, timeout)
        case Once():
            _check_once(frequency, now)
        case Clock():
            _check_clock(frequency, timeout, now)


def is_too_late(frequency: Frequency | None, now: datetime) -> bool:
    """Whether a single time has passed, or would before the agents know of it (A90)."""
    return isinstance(frequency, Once) and (frequency.moment is None or frequency.moment < now + AHEAD)


def _check_interval(interval: Interval, timeout: int) -> None:
    if not SHORTEST_INTERVAL <= interval.seconds <= LONGEST_INTERVAL or interval.seconds <= timeout:
        raise ValidationError(
            _("The interval must be from 60 seconds to 7 days and longer than the timeout."), code="interval"
        )


def _check_once(once: Once, now: datetime) -> None:
    if once.moment is None:
        message = _("The clocks of %(zone)s are put forward over that time. Choose another.")
        raise ValidationError(message, code="once", params={"zone": once.zone_name})
    if is_too_late(once, now):
        raise ValidationError(_("Choose a time in the future."), code="once")


def _check_clock(clock: Clock, timeout: int, now: datetime) -> None:
    times = next_times(clock, now, _LOOKED_AT)
    if not times:
        raise ValidationError(_("The expression never comes true."), code="cron")
    least = max(SHORTEST_GAP, timeout)
    gap = min((int((later - earlier).total_seconds()) for earlier, later in pairwise(times)), default=least)
    if gap < least:
        message = _(
            "Runs would be %(n)s s apart. They must be at least %(min)s s apart (10 s, and no less than the timeout)."
        )
        raise ValidationError(message, code="cron", params={"n": gap, "min": least})
