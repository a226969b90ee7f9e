"""Asking the cloud whether it took a batch: by the batch's own tag. Finding nothing proves nothing (E4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

import cloud.invocations as gateway
from cloud import connection, errors
from invocations import adopting, counting, requests, states, tracing
from invocations.answers import Answer
from invocations.clock import db_now
from invocations.models import Batch, BatchState, Outcome, RepeatMode

INTERVALS = (2, 10, 60)  # seconds between look-ups, the last one for good


def find(batch: Batch) -> list[str]:
    """The InvokeIds listed under the batch's tag that stand for its request. Raises a member of `cloud.errors`.

    Scheduled runs are hidden unless asked for (`Timed` defaults to false).
    """
    request = requests.read(batch)
    timed = [False] if request.repeat_mode == RepeatMode.ONCE else [False, True]
    listed = [
        invocation
        for value in timed
        for invocation in gateway.list_invocations(
            connection.current(), batch.region, tags={"console-batch": str(batch.pk)}, timed=value
        )
    ]
    return [
        invocation.invoke_id
        for invocation in listed
        if requests.describes(request, invocation)
        and {instance.instance_id for instance in invocation.instances} <= set(request.instance_ids)
    ]


def look_up(batch_id: Any) -> None:
    """T8, T9: settle a batch in doubt. May run at any time, on any worker."""
    batch = Batch.objects.filter(pk=batch_id).first()
    if batch is None or not _needs_it(batch, db_now()):
        return
    tracing.note(run=batch.invocation_id, batch=batch.pk)
    if not requests.is_readable(batch):
        _again_later(batch)
        return
    if adopting.is_distrusted(batch):
        adopting.look_up(batch)
        return
    began = db_now()
    try:
        found = find(batch)
    except errors.CloudError:
        _again_later(batch)
        return
    with transaction.atomic():
        row = Batch.objects.select_for_update().get(pk=batch.pk)
        _apply(row, found, began)
        counting.recount(row.invocation_id, row.pk)


def _needs_it(batch: Batch, now: datetime) -> bool:
    has_dead_lease = batch.lease_until is not None and batch.lease_until < now
    return batch.state == BatchState.UNSURE or (batch.state == BatchState.SENDING and has_dead_lease)


def _apply(batch: Batch, found: list[str], began: datetime) -> None:
    for invoke_id in found:
        states.accept(batch, invoke_id)
        batch.refresh_from_db()
    if found or not _needs_it(batch, db_now()) or states.give_up(batch, began):
        return
    if batch.state == BatchState.SENDING:
        states.resolve(batch, Answer(outcome=Outcome.UNKNOWN, code=batch.code, message=batch.message))
    _again_later(batch)


def _again_later(batch: Batch) -> None:
    wait = INTERVALS[min(batch.lookups, len(INTERVALS) - 1)]
    Batch.objects.filter(pk=batch.pk, invoke_id="").update(
        lookups=F("lookups") + 1, next_lookup_at=db_now() + timedelta(seconds=wait)
    )
