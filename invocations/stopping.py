"""Stop: what is unsent is never sent, what runs is told to stop until it is at rest, what is done stays done (T10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Literal

from django.db import transaction
from django.db.models import Q

import cloud.invocations as gateway
from accounts import audit
from accounts.models import Person
from cloud import connection, errors
from invocations import children, counting, states, tracing, trust
from invocations.clock import db_now
from invocations.models import Batch, BatchState, Invocation, Target, TargetState

AGAIN_AFTER = timedelta(seconds=10)
Scope = Literal["run", "batch", "targets"]


def request(
    run: Invocation,
    person: Person,
    address: str,
    *,
    scope: Scope = "run",
    batch: Batch | None = None,
    ids: Sequence[str] = (),
) -> None:
    """Ask for the stop of a run, of one of its batches, or of single targets. Twice is as good as once."""
    with transaction.atomic():
        if scope == "targets":
            _stop_targets(run, ids)
        else:
            _stop_batches(run.batches.filter(pk=batch.pk) if batch else run.batches.all())
        if scope == "run":
            _mark(run, person)
        counting.recount(run.pk)
        audit.record(
            person,
            "run.stopped",
            region=run.region,
            object=f"run {run.pk}",
            address=address,
            scope=scope,
            batch=batch.seq if batch else None,
            ids=list(ids),
        )


def _mark(run: Invocation, person: Person) -> None:
    Invocation.objects.filter(pk=run.pk, stop_requested_at=None, ended_at=None).update(
        stop_requested_at=db_now(), stop_requested_by=person
    )


def _stop_batches(batches: Any) -> None:
    """In doubt: look-ups only from now on; a further send could itself start what was to be stopped."""
    now = db_now()
    for row in batches.select_for_update().order_by("seq"):
        if row.state in (BatchState.FINISHED, BatchState.REJECTED, BatchState.CANCELLED, BatchState.UNKNOWN):
            continue
        Batch.objects.filter(pk=row.pk, stop_requested_at=None).update(stop_requested_at=now)
        row.refresh_from_db()
        if row.state == BatchState.QUEUED and not row.attempts.doubtful().exists() and trust.believes(row):
            states.cancel(row, reason="stopped")
        elif row.invoke_id:
            Batch.objects.filter(pk=row.pk).update(next_stop_at=now)


def _stop_targets(run: Invocation, ids: Sequence[str]) -> None:
    now = db_now()
    wanted = run.targets.open().filter(instance_id__in=ids)
    for row in run.batches.filter(targets__in=wanted).distinct().order_by("seq"):
        batch = Batch.objects.select_for_update().get(pk=row.pk)
        Target.objects.filter(batch=batch, pk__in=wanted.values("pk")).update(stop_requested_at=now)
        if batch.invoke_id:
            Batch.objects.filter(pk=batch.pk).update(next_stop_at=now)
        elif batch.state == BatchState.QUEUED and not batch.attempts.doubtful().exists() and trust.believes(batch):
            _leave_out(batch, ids)


def _leave_out(batch: Batch, ids: Sequence[str]) -> None:
    """A batch's request never changes: the others go on in a child, the chosen ones are cancelled with the parent."""
    rest = batch.targets.open().exclude(instance_id__in=ids).order_by("pk")
    others = list(rest.values_list("instance_id", flat=True))
    if others:
        children.create(batch, [others])
    states.cancel(batch, reason="stopped")


def stop_batch(batch_id: Any) -> None:
    """Tell the cloud, again and again until every target that was to be stopped is at rest."""
    batch = Batch.objects.filter(pk=batch_id, next_stop_at__lte=db_now()).first()
    if batch is None or not Batch.objects.filter(pk=batch.pk, next_stop_at=batch.next_stop_at).update(
        next_stop_at=db_now() + AGAIN_AFTER
    ):
        return
    tracing.note(run=batch.invocation_id, batch=batch.pk)
    asked = Q() if batch.stop_requested_at else Q(stop_requested_at__isnull=False)
    wanted = batch.targets.open().filter(asked)
    ids = list(wanted.exclude(_goes_on(batch)).values_list("instance_id", flat=True))
    if not ids:
        if not wanted.exists():
            Batch.objects.filter(pk=batch.pk).update(next_stop_at=None)
        return
    try:
        _tell(batch, ids)
    except errors.CloudError as error:
        _note(batch, error)
        return
    with transaction.atomic():
        Batch.objects.select_for_update().filter(pk=batch.pk).update(next_poll_at=db_now())
        told = batch.targets.open().filter(instance_id__in=ids).exclude(state=TargetState.STOPPING)
        told.update(state=TargetState.STOPPING, changed_at=db_now())
        counting.recount(batch.invocation_id, batch.pk)


def _goes_on(batch: Batch) -> Q:
    """Of a schedule, executions under way are let be: they are told to stop only if they outlast their time."""
    since = batch.stop_requested_at
    is_patient = since is None or db_now() < since + timedelta(seconds=batch.invocation.timeout) + AGAIN_AFTER
    return Q(state=TargetState.RUNNING) if batch.invocation.repeats and is_patient else Q(pk__in=[])


def _tell(batch: Batch, ids: Sequence[str]) -> None:
    invoke_ids = [batch.invoke_id, *batch.others.values_list("invoke_id", flat=True)]
    for invoke_id in invoke_ids:
        gateway.stop(connection.current(), batch.region, invoke_id, instance_ids=tuple(ids))


def _note(batch: Batch, error: errors.CloudError) -> None:
    message = error.action if isinstance(error, errors.NotPermitted) else error.message
    Batch.objects.filter(pk=batch.pk).update(code=error.code, message=message, request_id=error.request_id)
    counting.touch(batch)
