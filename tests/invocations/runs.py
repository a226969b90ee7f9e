"""Runs as they stand in the middle of things: so many targets in such states, in batches, with counters that fit."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction

from invocations import counting
from invocations.models import REST, Batch, BatchState, Invocation, Output, Target
from invocations.outputs import first_line
from tests.factories import BatchFactory, InvocationFactory, TargetFactory, now

EXIT_CODES = {"success": 0, "failed": 1}


def a_run(
    targets: Mapping[str, int],
    *,
    batch_size: int = 50,
    outputs: Mapping[str, bytes] | None = None,
    age: float = 60.0,
    **fields: Any,
) -> Invocation:
    """A run whose targets are in these states, in this order. `outputs`: state -> what its targets printed.

    Batches are accepted where one of their targets has begun, finished where all have ended. `age` is in seconds.
    """
    fields.setdefault("submitted_at", now() - timedelta(seconds=age))
    run = InvocationFactory(total=sum(targets.values()), **fields)
    states = [state for state, n in targets.items() for _ in range(n)]
    rows = iter(states)
    for seq in range(1, -(-len(states) // batch_size) + 1):
        _batch(run, seq, list(islice(rows, batch_size)))
    _print(run, outputs or {})
    with transaction.atomic():
        counting.recount(run.pk)
    run.refresh_from_db()
    return run


def _batch(run: Invocation, seq: int, states: Sequence[str]) -> Batch:
    began = run.submitted_at + timedelta(seconds=1)
    has_begun = any(state not in ("waiting", "cancelled", "skipped", "unknown") for state in states)
    batch = BatchFactory(invocation=run, seq=seq, size=len(states), accepted=has_begun, next_attempt_at=now())
    if has_begun:
        Batch.objects.filter(pk=batch.pk).update(accepted_at=began)
    if has_begun and all(state in REST for state in states):
        ended = began + timedelta(seconds=20)
        Batch.objects.filter(pk=batch.pk).update(state=BatchState.FINISHED, finished_at=ended, next_poll_at=None)
    Target.objects.bulk_create(
        [_target(batch, state, began, 50 * (seq - 1) + at) for at, state in enumerate(states)], batch_size=500
    )
    return batch


def _target(batch: Batch, state: str, began: datetime, at: int) -> Target:
    has_begun = state not in ("waiting", "pending", "cancelled", "skipped", "unknown")
    seconds = 1.0 + at % 40 / 10
    has_ended = has_begun and state in REST
    return TargetFactory.build(
        batch=batch,
        invocation=batch.invocation,
        name=f"hz-web-{at + 1:03d}",
        state=state,
        started_at=began if has_begun else None,
        finished_at=began + timedelta(seconds=seconds) if has_ended else None,
        seconds=seconds if has_ended else None,
        exit_code=EXIT_CODES.get(state),
        error_code="ExitCodeNonzero" if state == "failed" else "",
        reason=state if state in ("unknown", "unfollowed") else "",
    )


def _print(run: Invocation, outputs: Mapping[str, bytes]) -> None:
    for state, content in outputs.items():
        printed = [
            Output(target=target, content=content, is_complete=state in REST)
            for target in run.targets.filter(state=state)
        ]
        Output.objects.bulk_create(printed)
        run.targets.filter(state=state).update(first_line=first_line(content))
