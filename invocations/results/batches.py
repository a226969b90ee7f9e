"""The batches of a run as cards or rows: how each is shown, its bar, and what it waits for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from cloud.explain import sentence
from invocations.models import REST, Batch, BatchState, HoldReason, Invocation, OtherInvocation
from invocations.results import bars, wording

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

MOST_CARDS = 6  # more batches are a table, so many rows a page
PATIENCE = timedelta(seconds=30)  # a due batch is sent sooner than that while there is a worker
COUNTED_DOWN = 120  # seconds; a later time is told by the clock
CLOCK = "H:i"

HELD: dict[str, _StrPromise] = {
    HoldReason.THROTTLED: gettext_lazy("Throttled"),
    HoldReason.QUOTA: gettext_lazy("Daily quota used up"),
    HoldReason.UNREACHABLE: gettext_lazy("Cloud unreachable"),
    HoldReason.CREDENTIALS: gettext_lazy("Credentials rejected"),
    HoldReason.PERMISSION: gettext_lazy("Permission missing"),
    HoldReason.CLOCK: gettext_lazy("Clock is off"),
    HoldReason.REGION: gettext_lazy("Region not available"),
    HoldReason.ACCOUNT: gettext_lazy("Other account"),
    HoldReason.CERTIFICATE: gettext_lazy("Certificate not valid"),
    HoldReason.PROXY: gettext_lazy("Something in between answers"),
    HoldReason.COMMAND: gettext_lazy("Command is gone"),
    HoldReason.PARAMETERS: gettext_lazy("Token with other parameters"),
    HoldReason.RESTORED: gettext_lazy("Database restored or copied"),
}
_SUMMARY: dict[str, _StrPromise] = {
    "finished": pgettext_lazy("batches", "%(n)s finished"),
    "running": pgettext_lazy("batches", "%(n)s running"),
    "sending": pgettext_lazy("batches", "%(n)s being sent"),
    "unsure": pgettext_lazy("batches", "%(n)s being checked"),
    "held": pgettext_lazy("batches", "%(n)s held"),
    "queued": pgettext_lazy("batches", "%(n)s queued"),
    "rejected": pgettext_lazy("batches", "%(n)s rejected"),
    "cancelled": pgettext_lazy("batches", "%(n)s cancelled"),
    "unknown": pgettext_lazy("batches", "%(n)s with an unknown outcome"),
}
_RANKS = ("unknown", "unsure", "held", "sending", "running", "queued", "rejected", "finished", "cancelled")


@dataclass(frozen=True, slots=True)
class Countdown:
    """A sentence that counts the seconds down while nothing new comes (static/js/run.js)."""

    pattern: str  # with {s} for the seconds
    seconds: int

    def __str__(self) -> str:
        return self.pattern.replace("{s}", str(self.seconds))


def shown_state(batch: Batch, now: datetime) -> str:
    """The batch's `data-state`: held is queued with a reason; one sending with a dead lease is unsure."""
    if batch.state == BatchState.QUEUED and batch.hold_reason:
        return "held"
    if batch.state == BatchState.SENDING and batch.lease_until is not None and batch.lease_until < now:
        return "unsure"
    return "running" if batch.state == BatchState.ACCEPTED else batch.state


@dataclass(slots=True)
class BatchView:
    batch: Batch
    state: str
    now: datetime
    counts: Counter[str] = field(default_factory=Counter)  # target state -> number
    children: list[int] = field(default_factory=list)  # numbers of those it goes on in
    others: list[str] = field(default_factory=list)  # further InvokeIds the cloud named for it
    before: int = 0  # the number of the one before it that waits to be sent; 0 is none

    @property
    def problem(self) -> tuple[str, int] | None:
        """Of a batch at rest: its worst state, and how many of its targets have it."""
        bad = [state for state, n in self.counts.items() if n and wording.family(state) in ("bad", "warn")]
        if not bad or not all(state in REST for state in self.counts):
            return None
        worst = min(bad, key=lambda state: (wording.badness(state), -self.counts[state]))
        return worst, self.counts[worst]

    @property
    def problem_text(self) -> str:
        return wording.counted(*self.problem) if self.problem else ""

    @property
    def is_over(self) -> bool:
        return self.batch.state not in (
            BatchState.QUEUED,
            BatchState.SENDING,
            BatchState.UNSURE,
            BatchState.ACCEPTED,
        )

    @property
    def segments(self) -> list[bars.Segment]:
        return bars.segments(self.counts, self.counts.total() or 1, unsent=False)

    @property
    def seconds(self) -> float | None:
        """Since the cloud took it, until its last target ended."""
        if self.batch.accepted_at is None:
            return None
        return max(0.0, ((self.batch.finished_at or self.now) - self.batch.accepted_at).total_seconds())

    @property
    def stopwatch(self) -> str:
        return "–" if self.seconds is None else wording.stopwatch(self.seconds)

    @property
    def seconds_left(self) -> int:
        return max(1, round((self.batch.next_attempt_at - self.now).total_seconds()))

    @property
    def rank(self) -> tuple[int, int, int, int]:
        """What went wrong first: failures by their number, then doubt, then what is under way, then the rest."""
        if self.problem:
            state, n = self.problem
            return 0, wording.badness(state), -n, self.batch.seq
        return 1, _RANKS.index(self.state), 0, self.batch.seq

    @property
    def note(self) -> str | Countdown:
        """What it waits for, or what became of it; "" while its task ID says enough."""
        match self.state:
            case "queued" if self.batch.wave and not self.batch.wave.released_at:
                return _("In wave %(n)s") % {"n": self.batch.wave.n}
            case "queued":
                return self._turn()
            case "held":
                return self._hold()
            case "unsure":
                return _("No answer came; looking it up, nothing is sent twice")
            case "rejected":
                return self._rejection()
            case "unknown":
                return _("The cloud never confirmed this call.")
            case "cancelled":
                return _("Not sent; its instances were not touched.")
        return ""

    def _turn(self) -> str | Countdown:
        if self.before:
            return _("After batch %(n)s") % {"n": self.before}
        if self.batch.next_attempt_at < self.now - PATIENCE:
            return _("Waiting for a worker.")
        return Countdown(_("Next call in %(s)s s") % {"s": "{s}"}, self.seconds_left)

    def _hold(self) -> str | Countdown:
        values = {"reason": HELD.get(self.batch.hold_reason, self.batch.hold_reason), "n": self.batch.epoch}
        if self.seconds_left > COUNTED_DOWN:
            time = date_format(timezone.localtime(self.batch.next_attempt_at), CLOCK)
            return _("%(reason)s; next try at %(time)s") % {**values, "time": time}
        tried = ngettext(
            "%(reason)s; next try in %(s)s s, tried %(n)s time",
            "%(reason)s; next try in %(s)s s, tried %(n)s times",
            self.batch.epoch,
        )
        pattern = tried if self.batch.epoch else _("%(reason)s; next try in %(s)s s")
        return Countdown(pattern % {**values, "s": "{s}"}, self.seconds_left)

    def _rejection(self) -> str:
        if self.children:
            numbers = ", ".join(str(number) for number in self.children)
            return _("Split; it goes on as batch %(list)s") % {"list": numbers}
        if not self.batch.code:
            return _("Not sent; its instances were not touched.")
        return sentence("rejected", message=self.batch.message, code=self.batch.code)


@dataclass(frozen=True, slots=True)
class BatchList:
    all: Sequence[BatchView]  # by number

    @property
    def is_table(self) -> bool:
        return len(self.all) > MOST_CARDS

    @property
    def worst_first(self) -> list[BatchView]:
        return sorted(self.all, key=lambda view: view.rank)

    @property
    def summary(self) -> str:
        """122 finished, 8 running, 70 queued"""
        counts = Counter(view.state for view in self.all)
        parts = [str(_SUMMARY[state]) % {"n": f"{counts[state]:,}"} for state in _SUMMARY if counts[state]]
        return pgettext("list", ", ").join(parts)


def of(run: Invocation, now: datetime) -> BatchList:
    """Every batch of the run: two queries, whatever their number."""
    rows = list(run.batches.select_related("wave").defer("request", "secrets").order_by("seq"))
    views = {batch.pk: BatchView(batch, shown_state(batch, now), now, Counter(batch.counts)) for batch in rows}
    for batch in rows:
        if batch.parent_id:
            views[batch.parent_id].children.append(batch.seq)
    for batch_id, invoke_id in OtherInvocation.objects.filter(batch__invocation=run).values_list("batch", "invoke_id"):
        views[batch_id].others.append(invoke_id)
    _queue(views.values())
    return BatchList(list(views.values()))


def _queue(views: Iterable[BatchView]) -> None:
    """Batches are sent in the order of their numbers."""
    before = 0
    for view in views:
        if view.state in ("queued", "held", "sending"):
            view.before = before
            before = view.batch.seq
