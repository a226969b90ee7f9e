"""A run's state and counters: derived from its targets and batches, stored for the history list."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import Count, F, Q

from commands.models import Command
from invocations import gates
from invocations.clock import db_now
from invocations.models import REST, Batch, BatchState, Invocation, RunState, Target, TargetState

SUCCEEDED = {TargetState.SUCCESS}
STOPPED = {TargetState.STOPPED, TargetState.CANCELLED}
UNKNOWN = {TargetState.UNKNOWN, TargetState.UNFOLLOWED}
UNSENT = {TargetState.WAITING}


def recount(invocation_id: int, *batches: UUID) -> None:
    """To be called last in the transaction that moved a batch or a target: counters always equal rows.

    `batches`: the only ones whose targets may have moved; the transaction holds their locks. None named: all of them.
    A batch keeps its own counts, and the run's change by the difference, so that a batch of 50 targets costs as much in
    a run of 10,000 as in one of 50.
    """
    run = (
        Invocation.objects.select_for_update()
        .only("pk", "command_id", "state", "stop_requested_at", "ended_at", "counts")
        .get(pk=invocation_id)
    )
    before, after = _recount_batches(run, batches)
    counts = dict((Counter(run.counts) - before + after) if batches else after)
    gates.follow(run.pk, run.counts, counts)
    finished = sum(n for state, n in counts.items() if state in REST)
    is_over = finished == sum(counts.values())
    state = at_rest(counts) if is_over else _under_way(run, counts)
    Invocation.objects.filter(pk=run.pk).update(
        counts=counts,
        finished=finished,
        state=state,
        version=F("version") + 1,
        ended_at=(run.ended_at or db_now()) if is_over else None,
    )
    if state != run.state:
        Command.objects.filter(last_run_id=run.pk).update(last_run_state=state)


def restate(invocation_id: int) -> None:
    """After what no target tells: a gate was opened or shut. The transaction holds the run's lock."""
    run = Invocation.objects.get(pk=invocation_id)
    state = run.state if run.ended_at else _under_way(run, run.counts)
    Invocation.objects.filter(pk=run.pk).update(state=state, version=F("version") + 1)
    Command.objects.filter(last_run_id=run.pk).update(last_run_state=state)


def _recount_batches(run: Invocation, batches: Collection[UUID]) -> tuple[Counter[str], Counter[str]]:
    """Write what has changed in these batches' counts, or in all of the run's; their sums before and after."""
    among = Q(batch__in=batches) if batches else Q(batch__invocation=run)
    now: dict[UUID, Counter[str]] = defaultdict(Counter)
    for batch_id, state, n in Target.objects.filter(among).values_list("batch", "state").annotate(n=Count("pk")):
        now[batch_id][state] = n
    rows = Batch.objects.filter(pk__in=batches) if batches else Batch.objects.filter(invocation=run)
    before, after = Counter[str](), Counter[str]()
    for batch_id, stored in rows.order_by().values_list("pk", "counts"):
        before.update(stored)
        after.update(now[batch_id])
        if stored != now[batch_id]:
            Batch.objects.filter(pk=batch_id).update(counts=now[batch_id])
    return before, after


def at_rest(counts: Mapping[str, int]) -> RunState:
    """The word for a run whose targets have all ended; skipped ones count as failed."""
    ended = {state for state, n in counts.items() if n}
    if ended <= SUCCEEDED:
        return RunState.SUCCESS
    if ended <= SUCCEEDED | STOPPED:
        return RunState.STOPPED
    if ended <= SUCCEEDED | STOPPED | UNKNOWN:
        return RunState.UNKNOWN
    return RunState.PARTIALFAILED if ended & SUCCEEDED else RunState.FAILED


def _under_way(run: Invocation, counts: Mapping[str, int]) -> RunState:
    if run.stop_requested_at:
        return RunState.STOPPING
    if counts.get(TargetState.WAITING) and gates.is_paused(run.pk):
        return RunState.PAUSED
    begun = {state for state, n in counts.items() if n and state not in REST} - UNSENT
    if begun == {TargetState.SCHEDULED}:
        return RunState.SCHEDULED
    if begun:
        return RunState.RUNNING
    return _unsent(list(run.batches.values_list("state", "hold_reason").distinct()))


def _unsent(batches: Collection[tuple[str, str]]) -> RunState:
    """For a run none of whose targets is known to have begun."""
    if any(reason for _state, reason in batches):
        return RunState.HELD
    if any(state in (BatchState.SENDING, BatchState.UNSURE) for state, _reason in batches):
        return RunState.RUNNING
    return RunState.QUEUED


def touch(batch: Batch) -> None:
    """Something a page shows has changed that no counter tells, such as an output that grew."""
    Invocation.objects.filter(pk=batch.invocation_id).update(version=F("version") + 1)
