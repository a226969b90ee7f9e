"""Which time of a schedule an execution belongs to: the one before it began."""

from __future__ import annotations

from datetime import datetime, timedelta

from invocations.models import Batch
from invocations.schedules.frequency import Clock, Frequency, Interval, Once
from invocations.schedules.timing import Timing

EARLY = timedelta(seconds=5)  # clocks of the cloud and its agents may differ so much
TOGETHER = timedelta(minutes=10)  # batches that were taken within this time count their intervals as one


def due_at(batch: Batch, started_at: datetime | None, text: str) -> datetime | None:
    """`text`: the frequency that counted then. None: it waited for a startup, or nobody can say."""
    found = Timing(batch.invocation.repeat_mode, text).frequency
    if found is None or started_at is None:
        return None
    return _before(found, started_at + EARLY, _began(batch))


def _before(found: Frequency, moment: datetime, began: datetime) -> datetime | None:
    match found:
        case Interval():
            rounds = max(1, int((moment - began).total_seconds() // found.seconds))
            return began + timedelta(seconds=rounds * found.seconds)
        case Once():
            return found.moment
    return _last_of(found, moment)


def _last_of(clock: Clock, moment: datetime) -> datetime | None:
    """Look back ever further until there is one."""
    back = timedelta(minutes=1)
    while back < timedelta(days=20 * 366):
        last = None
        for due in clock.after(moment - back):
            if due > moment:
                break
            last = due
        if last:
            return last
        back *= 8
    return None


def _began(batch: Batch) -> datetime:
    """When its intervals began; batches of one submit count as one, though the cloud took them one after the other."""
    taken = batch.accepted_at or batch.invocation.submitted_at
    siblings = Batch.objects.filter(invocation=batch.invocation_id, accepted_at__isnull=False)
    first = siblings.order_by("accepted_at").values_list("accepted_at", flat=True).first()
    began = first if first and taken - first <= TOGETHER else taken
    return began.replace(microsecond=0)  # an address names a time by its second
