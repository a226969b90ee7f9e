"""How far a run has come: its counters, its bar, how long it takes. All from the run's own row."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from invocations.models import Invocation, RunState
from invocations.models import TargetState as T
from invocations.results import bars, wording

FAILED = frozenset({T.FAILED, T.ERROR, T.INVALID, T.ABORTED})
RUNNING = frozenset({T.PENDING, T.RUNNING, T.STOPPING})
UNKNOWN = frozenset({T.UNKNOWN, T.UNFOLLOWED})
TOLD_FROM = 10  # targets done, and as many percent, before the rest of the time is estimated
QUARTERS = 4  # the live region speaks at 25, 50, 75 and 100 percent


class Share(NamedTuple):
    state: str
    number: int


@dataclass(frozen=True, slots=True)
class Progress:
    """What the progress card tells of a run at `now`."""

    run: Invocation
    now: datetime

    def count(self, states: Collection[str]) -> int:
        return sum(n for state, n in self.run.counts.items() if state in states)

    @property
    def succeeded(self) -> int:
        return self.count({T.SUCCESS})

    @property
    def failed(self) -> int:
        return self.count(FAILED)

    @property
    def timeout(self) -> int:
        return self.count({T.TIMEOUT})

    @property
    def running(self) -> int:
        return self.count(RUNNING)

    @property
    def waiting(self) -> int:
        return self.count({T.WAITING})

    @property
    def skipped(self) -> int:
        return self.count({T.SKIPPED})

    @property
    def unknown(self) -> int:
        return self.count(UNKNOWN)

    @property
    def shares(self) -> list[Share]:
        """The legend: one for each state there is, in the bar's order, and success even while there is none."""
        counts = {T.SUCCESS.value: 0} | {state: n for state, n in self.run.counts.items() if n}
        return [Share(state, counts[state]) for state in wording.in_bar_order(counts)]

    @property
    def segments(self) -> list[bars.Segment]:
        return bars.segments(self.run.counts, self.run.total)

    @property
    def sentence(self) -> str:
        """86 of 120 finished: 82 succeeded, 3 failed, 1 timed out, 14 running, 20 waiting"""
        parts = [wording.counted(share.state, share.number) for share in self.shares if share.number]
        values = {"a": f"{self.run.finished:,}", "n": f"{self.run.total:,}", "list": pgettext("list", ", ").join(parts)}
        return _("%(a)s of %(n)s finished: %(list)s") % values

    @property
    def elapsed(self) -> float:
        """Seconds from submit to the end, or to now."""
        return max(0.0, ((self.run.ended_at or self.now) - self.run.submitted_at).total_seconds())

    @property
    def stopwatch(self) -> str:
        return wording.stopwatch(self.elapsed)

    @property
    def rate(self) -> float | None:
        """Targets done a second; None while too few are done to tell."""
        done, total = self.run.finished, self.run.total
        is_steady = self.run.is_live and self.run.stop_requested_at is None  # cancelled ones end all at once
        is_told = is_steady and done >= TOLD_FROM and done * 100 >= TOLD_FROM * total and self.elapsed > 0
        return done / self.elapsed if is_told else None

    @property
    def left(self) -> int | None:
        """Seconds the rest may take."""
        return max(1, round((self.run.total - self.run.finished) / self.rate)) if self.rate else None

    @property
    def title(self) -> str:
        """(86/120) while there is something to count."""
        return f"({self.run.finished}/{self.run.total}) " if self.run.is_live and self.run.total > 1 else ""

    @property
    def milestone(self) -> str:
        """Changes when a screen reader is told: at each quarter, the first failure, a stop, the end."""
        quarter = QUARTERS * self.run.finished // self.run.total
        has_failed = self.failed + self.timeout > 0
        is_stopping = self.run.state == RunState.STOPPING
        return f"{quarter}-{int(has_failed)}-{int(is_stopping)}-{int(self.run.is_live)}"

    @property
    def spoken(self) -> str:
        """What the live region says at a milestone."""
        if self.run.is_live:
            percent = 100 * self.run.finished // self.run.total
            return _("%(p)s percent finished, %(f)s failed.") % {"p": percent, "f": self.failed + self.timeout}
        return _("Run #%(id)s ended: %(state)s. %(a)s succeeded, %(b)s failed.") % {
            "id": self.run.pk,
            "state": self.run.get_state_display(),
            "a": self.succeeded,
            "b": self.failed + self.timeout,
        }
