"""What a stop would do, in numbers, before anybody presses the button."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from invocations.models import REST, Batch, BatchState, Invocation, Target
from invocations.models import TargetState as T
from invocations.stopping import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """The stop of a run, of one of its batches, or of some of its targets."""

    run: Invocation
    scope: Scope = "run"
    batch: Batch | None = None
    ids: Sequence[str] = ()
    unsent: int = 0  # won't be sent
    doubtful: int = 0  # being sent, or being checked: stopped as soon as the cloud has answered
    running: int = 0
    finished: int = 0

    @property
    def is_possible(self) -> bool:
        return bool(self.unsent or self.doubtful or self.running)


def of(run: Invocation, scope: Scope, batch: Batch | None = None, ids: Sequence[str] = ()) -> Stop:
    """Counted from the rows of this moment, in one query."""
    rows = _targets(run, scope, batch, ids).values_list("state", "batch__state").annotate(n=Count("pk")).order_by()
    counts = dict.fromkeys(("unsent", "doubtful", "running", "finished"), 0)
    for state, batch_state, n in rows:
        counts[_group(state, batch_state)] += n
    return Stop(run=run, scope=scope, batch=batch, ids=ids, **counts)


def _targets(run: Invocation, scope: Scope, batch: Batch | None, ids: Sequence[str]) -> QuerySet[Target]:
    targets = Target.objects.filter(invocation=run)
    if scope == "batch":
        return targets.filter(batch=batch)
    return targets.filter(instance_id__in=ids) if scope == "targets" else targets


def _group(state: str, batch_state: str) -> str:
    if state in REST:
        return "finished"
    if state != T.WAITING:
        return "running"
    return "doubtful" if batch_state in (BatchState.SENDING, BatchState.UNSURE) else "unsent"
