"""Batches that carry on for a batch known to have had no effect."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Sequence

from django.db.models import Max

from invocations import requests
from invocations.clock import db_now
from invocations.models import Batch, BatchState, Outcome, Target, TargetState

ADOPTED = "adopted"  # the worker of an attempt that another database made


def halves(ids: Sequence[str]) -> list[Sequence[str]]:
    """Two parts of nearly the same size; `ids` has at least two."""
    middle = (len(ids) + 1) // 2
    return [ids[:middle], ids[middle:]]


def create(parent: Batch, groups: Sequence[Sequence[str]]) -> None:
    """One child a group, with its own token; the group's targets move to it. Belongs in the split's transaction."""
    last = Batch.objects.filter(invocation=parent.invocation_id).aggregate(last=Max("seq"))["last"]
    for part, ids in enumerate(groups):
        child = _child(parent, ids, seq=last + 1 + part, part=part)
        child.save(force_insert=True)
        Target.objects.filter(invocation=parent.invocation_id, instance_id__in=ids).update(batch=child)


def adopt(parent: Batch, ids: Sequence[str], *, batch_id: uuid.UUID, invoke_id: str) -> None:
    """A child whose row was lost with some time of the database (T12), as the cloud knows it; never to be sent.

    Its attempt 0 marks it, as it marks its parent. The token that it was sent under is lost.
    """
    now = db_now()
    numbers = Batch.objects.filter(invocation=parent.invocation_id).aggregate(seq=Max("seq"))
    child = _child(parent, ids, seq=numbers["seq"] + 1, part=parent.children.count(), child_id=batch_id)
    child.state, child.invoke_id, child.accepted_at, child.next_poll_at = BatchState.ACCEPTED, invoke_id, now, now
    child.stop_requested_at = parent.stop_requested_at
    child.next_stop_at = now if parent.stop_requested_at else None
    child.save(force_insert=True)
    child.attempts.create(n=0, worker=ADOPTED, started_at=now, send_by=now, outcome=Outcome.ACCEPTED)
    targets = Target.objects.filter(invocation=parent.invocation_id, instance_id__in=ids)
    targets.update(batch=child, state=TargetState.PENDING, changed_at=now)


def _child(parent: Batch, ids: Sequence[str], *, seq: int, part: int, child_id: uuid.UUID | None = None) -> Batch:
    child_id = child_id or uuid.uuid4()
    request = requests.read(parent)
    tags = requests.tags(parent.invocation_id, child_id)
    request = dataclasses.replace(request, instance_ids=tuple(ids), tags=tags)
    child = Batch(
        id=child_id,
        invocation_id=parent.invocation_id,
        region=parent.region,
        kind=parent.kind,
        wave_id=parent.wave_id,
        parent=parent,
        part=part,
        seq=seq,
        client_token=uuid.uuid4().hex,
        secrets=parent.secrets,
        size=len(ids),
        next_attempt_at=db_now(),
        send_deadline=parent.send_deadline,
    )
    requests.freeze(child, request)
    return child
