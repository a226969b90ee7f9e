"""Sending one batch: permit, claim, call, record. May run beside its twin: only the claim that counts goes on."""

from __future__ import annotations

import dataclasses
import logging
import os
import socket
from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import F

import cloud.invocations as gateway
from cloud import clock, connection, errors, limiter
from instances import mirror
from instances.models import Instance
from invocations import gates, interception, lookup, persisting, preflight, requests, states, tracing
from invocations.answers import SLOW_RETRY, Answer
from invocations.clock import Stopwatch, db_now
from invocations.models import Attempt, Batch, BatchState, HoldReason, Invocation, Outcome
from invocations.schedules import limits
from invocations.schedules.timing import Timing
from regions.models import Account

log = logging.getLogger(__name__)

PERMIT_WAIT = 1.0  # seconds; the tick comes again, and waiting workers would keep polling from its turn
UNREADABLE = "UnreadableRecord"  # the code of a batch whose frozen request is none
LOOKING_UP = "ecs:DescribeInvocations"  # as polling notes the action that is not permitted
CLOCK_TOLERANCE = 60.0  # seconds the cloud's clock may differ before nothing is sent (E2)


@cache
def worker() -> str:
    """This process, as attempts and leases name it."""
    return f"{socket.gethostname()}-{os.getpid()}"


def dispatch(batch_id: Any) -> None:
    """Send one due batch, if it is ours to send."""
    batch = Batch.objects.select_related("invocation__person").filter(pk=batch_id).first()
    if batch is None:
        return
    tracing.note(run=batch.invocation_id, batch=batch.pk)
    if _is_held_back(batch) or not _has_permit(batch):
        return
    attempt = states.claim(batch.pk, worker())  # permit first: waiting must not eat the lease
    if attempt is None:
        return
    watch = Stopwatch()
    answer = interception.judged(attempt, investigated(attempt, _try(attempt, watch)))
    persisting.until_stored(lambda: states.record(attempt, answer), answer.invoke_id)


def _has_permit(batch: Batch) -> bool:
    """Of the limiter."""
    if not requests.is_readable(batch):
        log.error("%s cannot be read: nothing of it is sent", batch)
        _hold(batch, HoldReason.PARAMETERS, code=UNREADABLE)
        return False
    return limiter.acquire(requests.read(batch).operation, batch.region, wait=PERMIT_WAIT)


def _try(attempt: Attempt, watch: Stopwatch) -> Answer:
    """T3: one number is lease check and signing date, so a worker that slept sends an old request, or none."""
    run = attempt.batch.invocation
    request = requests.thaw(attempt.batch)
    attempt.signed_at = attempt.started_at + watch.elapsed()
    if attempt.signed_at > attempt.send_by or _is_called_off(attempt.batch):
        return Answer(outcome=Outcome.NOT_SENT)
    if request.sha256() != attempt.batch.request_sha256:
        return Answer(outcome=Outcome.NOT_SENT, hold_reason=HoldReason.PARAMETERS, wait=SLOW_RETRY, is_alarm=True)
    if not _is_still_permitted(run):
        return Answer(outcome=Outcome.NOT_SENT, skip="not-permitted")
    if limits.is_too_late(Timing.of(run).frequency, attempt.signed_at):
        return Answer(outcome=Outcome.NOT_SENT, skip="time-passed")
    return _send(attempt, request)


def _send(attempt: Attempt, request: requests.Frozen) -> Answer:
    """What the answer says about this one attempt; no transaction is open here."""
    assert attempt.signed_at is not None
    try:
        accepted = gateway.send(
            connection.current(), request, client_token=attempt.batch.client_token, date=attempt.signed_at
        )
    except errors.CloudError as error:
        return Answer.of(error)
    return Answer(outcome=Outcome.ACCEPTED, invoke_id=accepted.invoke_id, request_id=accepted.request_id)


def investigated(attempt: Attempt, answer: Answer) -> Answer:
    """T7: before a batch is split, a look-up by tag must find nothing; preflight names the unfit (the API does not).

    Where the look-up itself fails the answer stays as it is, and the batch is sent again later.
    """
    if answer.outcome != Outcome.REJECTED or not answer.splits:
        return answer
    batch = attempt.batch
    try:
        found = lookup.find(batch)
        if found:
            return Answer(outcome=Outcome.ACCEPTED, invoke_id=found[0])
        unfit = {} if answer.too_many else _unfit(batch)
    except errors.CloudError:
        return answer
    return dataclasses.replace(answer, unfit=unfit)


def _unfit(batch: Batch) -> dict[str, str]:
    """Instance id -> reason, by the cloud's present word on just these."""
    ids = list(batch.targets.values_list("instance_id", flat=True))
    mirror.refresh_some(batch.region, ids)
    run = batch.invocation
    known = preflight.with_reason(
        Instance.objects.filter(region=batch.region, instance_id__in=ids),
        run.command_type,
        username=run.username,
        password_name=run.windows_password_name,
    ).values_list("instance_id", "reason")
    reasons = dict(known)
    return {i: reasons.get(i, "released") for i in ids if reasons.get(i, "released")}


def _is_called_off(batch: Batch) -> bool:
    """Read after the claim: somebody stopped it, or too much had failed by then."""
    is_stopped = Batch.objects.filter(pk=batch.pk, stop_requested_at__isnull=False).exists()
    return is_stopped or gates.has_shut(batch)


def _is_still_permitted(run: Invocation) -> bool:
    """Read after the claim: whoever started it may still run commands (C24)."""
    run.person.refresh_from_db(fields=["is_active", "role"])
    return run.person.is_active and run.person.is_operator


def _is_held_back(batch: Batch) -> bool:
    """Whether sending waits for what no call would tell: another account or cloud (C59), a clock that is off (E2)."""
    run = batch.invocation
    account = Account.objects.first()
    offset = abs(clock.offset(connection.current()) or 0.0)
    if run.cloud_kind != settings.CLOUD or (account and account.account_id != run.account_id):
        reason = HoldReason.ACCOUNT
    elif offset > CLOCK_TOLERANCE:
        reason = HoldReason.CLOCK
    elif _cannot_be_looked_up(batch.region):
        reason = HoldReason.PERMISSION
    else:
        return False
    _hold(batch, reason)
    return True


def _cannot_be_looked_up(region: str) -> bool:
    """Whether what was sent before can't be followed for want of permission: then nothing more is sent (A76)."""
    refused = Batch.objects.filter(region=region, state=BatchState.ACCEPTED, message=LOOKING_UP)
    return refused.exists()


def _hold(batch: Batch, reason: str, **columns: str) -> None:
    """No attempt, no move: the batch says why it waits."""
    unsent = [BatchState.QUEUED, BatchState.UNSURE]
    waiting = Batch.objects.filter(pk=batch.pk, state__in=unsent, epoch=batch.epoch)
    due = db_now() + timedelta(seconds=SLOW_RETRY)
    if waiting.update(hold_reason=reason, next_attempt_at=due, **columns):
        Invocation.objects.filter(pk=batch.invocation_id).update(version=F("version") + 1)
