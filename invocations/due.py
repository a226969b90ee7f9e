"""What is due now, found from the rows alone, and handed to the workers. The tick comes every second."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from celery import current_app
from django.db import transaction
from django.db.models import Q, QuerySet, Window
from django.db.models.functions import RowNumber
from kombu.exceptions import OperationalError

from cloud import limiter
from invocations import rollouts, states, trust
from invocations.clock import db_now
from invocations.models import Batch, BatchState, CheckCall

log = logging.getLogger(__name__)

TICK = 1.0  # seconds
Job = tuple[str, str]  # the task's name, its one argument

DISPATCH, LOOK_UP, POLL, STOP, CHECK = (
    f"invocations.tasks.{name}"
    for name in ("dispatch_batch", "look_up_batch", "poll_region", "stop_batch", "check_call")
)


def hand_out() -> None:
    """Wake the workers for everything that is due. A message that is lost is made again by the next tick."""
    expire()
    rollouts.advance()
    for name, argument in jobs():
        current_app.send_task(name, args=[argument])


def hand_out_soon() -> None:
    """After the commit of what made something due. Without a broker the tick finds it a little later."""
    transaction.on_commit(_hand_out_quietly)


def _hand_out_quietly() -> None:
    try:
        current_app.send_task("invocations.tasks.hand_out_due")
    except OperationalError as error:
        log.warning("no broker to wake the workers with: %s", error)


def jobs() -> list[Job]:
    now = db_now()
    return [*_dispatches(now), *_stops(now), *_look_ups(now), *_polls(now), *_checks(now)]


def expire() -> None:
    """T11: what was not sent in time, or stopped while it was not known whether it was sent, ends; nothing in doubt."""
    is_over = Q(send_deadline__lte=db_now()) | Q(stop_requested_at__isnull=False)
    for batch in Batch.objects.filter(is_over, state=BatchState.QUEUED)[:100]:
        states.expire(batch)


def _dispatches(now: datetime) -> Iterator[Job]:
    """As many a region as the rate allows until the next tick: more messages would only keep polling waiting.

    Runs take turns, however many batches each has and whenever it began.
    """
    if not trust.is_trusted():
        return
    yield from _few_a_region(Batch.objects.due(now), DISPATCH, "InvokeCommand")


def _look_ups(now: datetime) -> Iterator[Job]:
    in_doubt = Q(state=BatchState.UNSURE) | Q(state=BatchState.SENDING, lease_until__lt=now)
    due = Batch.objects.filter(in_doubt).filter(Q(next_lookup_at=None) | Q(next_lookup_at__lte=now))
    yield from _few_a_region(due, LOOK_UP, "DescribeInvocations")


def _stops(now: datetime) -> Iterator[Job]:
    yield from _few_a_region(Batch.objects.filter(next_stop_at__lte=now), STOP, "StopInvocation")


def _few_a_region(due: QuerySet[Batch], task: str, operation: str) -> Iterator[Job]:
    share = math.ceil(limiter.rate(operation) * TICK)
    for region in due.order_by().values_list("region", flat=True).distinct():
        for pk in _in_turn(due.filter(region=region))[:share]:
            yield task, str(pk)


def _in_turn(due: QuerySet[Batch]) -> QuerySet[Batch, UUID]:
    """The first one due of each run before the second of any. By lot among runs, so that none is always last."""
    turn = Window(RowNumber(), partition_by="invocation", order_by="seq")
    return due.annotate(turn=turn).order_by("turn", "?").values_list("pk", flat=True)


def _polls(now: datetime) -> Iterator[Job]:
    free = Q(poll_lease_until=None) | Q(poll_lease_until__lt=now)
    due = Batch.objects.filter(free, state=BatchState.ACCEPTED, next_poll_at__lte=now)
    for region in due.order_by().values_list("region", flat=True).distinct():
        yield POLL, region


def _checks(now: datetime) -> Iterator[Job]:
    """Last, and no more than the rate allows: what runs comes first."""
    share = math.ceil(limiter.rate("InvokeCommand") * TICK)
    due = CheckCall.objects.filter(next_at__lte=now)
    for region in due.order_by().values_list("check_of__region", flat=True).distinct():
        for pk in due.filter(check_of__region=region).order_by("next_at", "n").values_list("pk", flat=True)[:share]:
            yield CHECK, str(pk)
