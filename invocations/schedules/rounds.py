"""Which time of a schedule an execution belongs to: the one before it began."""

from __future__ import annotations

from datetime import datetime, timedelta

from invocations.models import Batch
from invocations.schedules import changes
from invocations.schedules.frequency import Clock, Interval, Once
from invocations.schedules.timing import Timing

EARLY = timedelta(seconds=5)  # clocks of the cloud and its agents may differ so much
TOGETHER = timedelta(minutes=10)  # batches that were taken within this time count their intervals as one
LONGEST = timedelta(days=20 * 366)  # between two times of an expression, for 29 February on a certain weekday


class Rounds:
    """Of one batch, as the cloud has it now; each time is worked out once."""

    def __init__(self, batch: Batch) -> None:
        self._frequency = Timing(batch.invocation.repeat_mode, changes.frequency_of(batch)).frequency
        self._began = _began(batch)
        self._known: dict[datetime, datetime | None] = {}

    def due_at(self, started_at: datetime | None) -> datetime | None:
        """None: it waited for a startup, or nobody can say."""
        if started_at is None:
            return None
        if started_at not in self._known:
            self._known[started_at] = self._before(started_at + EARLY)
        return self._known[started_at]

    def _before(self, moment: datetime) -> datetime | None:
        match self._frequency:
            case Interval() as interval:
                rounds = max(1, int((moment - self._began).total_seconds() // interval.seconds))
                return self._began + timedelta(seconds=rounds * interval.seconds)
            case Once() as once:
                return once.moment
            case Clock() as clock:
                return _last_of(clock, moment)
        return None


def _last_of(clock: Clock, moment: datetime) -> datetime | None:
    """Look back ever further until there is one."""
    back = timedelta(minutes=1)
    while back < LONGEST:
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
