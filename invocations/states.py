"""The legal moves of a batch, and the only functions that make them.

Decisions are compare-and-set: "write if the row still is as I read it". A fact, an InvokeId the cloud named, is kept
whoever brings it. T1 to T12 are the moves of ARCHITECTURE.md, checked by the model in tests/models/.
Locks are taken in one order: batch, targets, invocation.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from invocations import children, counting, gates, trust
from invocations.answers import Answer, next_try
from invocations.clock import db_now
from invocations.models import (
    Alarm,
    Attempt,
    Batch,
    BatchState,
    OtherInvocation,
    Outcome,
    Target,
    TargetState,
)

log = logging.getLogger(__name__)
S = BatchState

MOVES: dict[str, set[str]] = {
    S.QUEUED: {S.SENDING, S.UNSURE, S.CANCELLED},  # every attempt is known to be without effect; unsure: only by T12
    S.SENDING: {S.SENDING, S.QUEUED, S.UNSURE, S.ACCEPTED, S.REJECTED, S.CANCELLED, S.UNKNOWN},
    S.UNSURE: {S.SENDING, S.QUEUED, S.ACCEPTED, S.CANCELLED, S.UNKNOWN},  # an attempt may have taken effect
    S.UNKNOWN: {S.ACCEPTED, S.CANCELLED},  # the truth may come late
    S.ACCEPTED: {S.FINISHED},
}  # every other state is an end


class IllegalMove(Exception):
    """A pair that is not in MOVES: a fault of the program, never of the cloud."""


def token_window() -> timedelta:
    """How long after its first doubtful attempt a batch may be signed again: W - L, or nothing at all.

    Where `LEASE + L <= W` does not hold, uncertain batches are looked up, never sent again.
    """
    seconds = settings.TOKEN_WINDOW - settings.REQUEST_LIFE
    return timedelta(seconds=seconds if seconds >= settings.LEASE else -1)


def claim(batch_id: Any, worker: str) -> Attempt | None:
    """T2: take the batch, and write the attempt's row before any call. None: not to be sent now, or not by us."""
    with transaction.atomic():
        batch = Batch.objects.select_for_update().filter(pk=batch_id).first()
        if batch is None:
            return None
        now = db_now()
        doubtful = list(batch.attempts.doubtful())
        if not _is_claimable(batch, now):
            return None
        if not may_send_again(batch, doubtful, now):
            # Only look-ups from here on: it must not take the turn of those that can be sent.
            Batch.objects.filter(pk=batch.pk).update(next_attempt_at=batch.send_deadline)
            return None
        if not gates.lets_go(batch):
            counting.restate(batch.invocation_id)  # it may have been this look that found it halted
            return None
        lease_until = now + timedelta(seconds=settings.LEASE)
        moved = _decide(
            batch, S.SENDING, epoch=batch.epoch + 1, lease_owner=worker, lease_until=lease_until, hold_reason=""
        )
        if not moved:
            return None
        batch.refresh_from_db()
        send_by = min([lease_until] + [attempt.started_at + token_window() for attempt in doubtful])
        attempt = batch.attempts.create(n=batch.epoch, worker=worker, started_at=now, send_by=send_by)
        counting.recount(batch.invocation_id, batch.pk)
    attempt.batch = batch
    return attempt


def _is_claimable(batch: Batch, now: datetime) -> bool:
    is_free = batch.state in (S.QUEUED, S.UNSURE) or (
        batch.state == S.SENDING and batch.lease_until is not None and batch.lease_until < now
    )
    return (
        is_free
        and batch.stop_requested_at is None
        and not batch.invoke_id
        and batch.next_attempt_at <= now < batch.send_deadline
        and trust.is_trusted()
    )


def may_send_again(batch: Batch, doubtful: Collection[Attempt], now: datetime) -> bool:
    """Whether the token's window is open: from the earliest attempt that may have taken effect, wherever there is one.

    Attempt 0 marks a batch of a restored database, whose children may be lost: it is only looked up (T12).
    """
    if any(attempt.n == 0 for attempt in doubtful) or batch.alarms.filter(kind=Alarm.Kind.PARAMETERS).exists():
        return False
    return all(now <= attempt.started_at + token_window() for attempt in doubtful)


def record(attempt: Attempt, answer: Answer) -> None:
    """T4: what the attempt came to, then what follows for its batch. May come hours late, from one without a lease."""
    with transaction.atomic():
        batch = Batch.objects.select_for_update().get(pk=attempt.batch_id)
        _settle(attempt, answer)
        if answer.is_alarm:
            raise_alarm(Alarm.Kind.PARAMETERS, batch, code=answer.code)
        holds_it = batch.state == S.SENDING and batch.epoch == attempt.n
        in_doubt = batch.attempts.doubtful().exists()
        if answer.outcome == Outcome.ACCEPTED:
            accept(batch, answer.invoke_id)
        elif holds_it and not in_doubt and answer.skip:
            refuse(batch, reason=answer.skip)
        elif holds_it and not in_doubt and answer.outcome == Outcome.REJECTED and not answer.splits:
            refuse(batch, reason="rejected", answer=answer)
        elif holds_it and not in_doubt and answer.outcome == Outcome.REJECTED and answer.unfit is not None:
            split(batch, answer)
        else:
            resolve(batch, answer)
        counting.recount(batch.invocation_id, batch.pk, *batch.children.values_list("pk", flat=True))


def _settle(attempt: Attempt, answer: Answer) -> None:
    Attempt.objects.filter(pk=attempt.pk, outcome=Outcome.OPEN).update(
        outcome=answer.outcome,
        finished_at=db_now(),
        signed_at=attempt.signed_at,
        http_status=answer.http_status,
        code=answer.code,
        message=answer.message,
        request_id=answer.request_id,
    )


def accept(batch: Batch, invoke_id: str) -> None:
    """T5: the cloud's own word is true in any state, so a worker that lost its lease is heard too."""
    now = db_now()
    unnamed = Batch.objects.filter(pk=batch.pk, invoke_id="")
    named = unnamed.update(
        state=S.ACCEPTED,
        invoke_id=invoke_id,
        hold_reason="",
        accepted_at=now,
        next_poll_at=now,
        next_stop_at=now if batch.stop_requested_at else None,
        is_late=batch.state in (S.UNKNOWN, S.CANCELLED, S.REJECTED),
    )
    if named:
        _move_targets(batch, TargetState.PENDING, reason="")
    elif not Batch.objects.filter(pk=batch.pk, invoke_id=invoke_id).exists():
        _keep_second(batch, invoke_id, now)


def _keep_second(batch: Batch, invoke_id: str, now: datetime) -> None:
    OtherInvocation.objects.get_or_create(batch=batch, invoke_id=invoke_id, defaults={"found_at": now})
    raise_alarm(Alarm.Kind.TWO_INVOCATIONS, batch, first=batch.invoke_id, second=invoke_id)
    log.error("two invocations for one batch: %s has %s and %s", batch, batch.invoke_id, invoke_id)


def resolve(batch: Batch, answer: Answer) -> None:
    """T6: the state follows from the attempts; while one is in doubt, a later refusal or hold ends nothing."""
    now = db_now()
    doubtful = list(batch.attempts.doubtful())
    is_being_sent = any(a.n == batch.epoch and a.outcome == Outcome.OPEN for a in doubtful) and (
        batch.lease_until is not None and now <= batch.lease_until
    )
    said = {"code": answer.code, "message": answer.message, "request_id": answer.request_id}
    if (batch.state == S.SENDING and is_being_sent) or (batch.state == S.UNSURE and doubtful):
        return  # the attempt's own row keeps what it came to
    if batch.state == S.SENDING and doubtful:
        due = next_try(answer, batch.epoch, now)
        reason = answer.hold_reason if answer.outcome == Outcome.UNKNOWN else ""
        look_up_at = now + timedelta(seconds=2)
        _decide(batch, S.UNSURE, hold_reason=reason, next_attempt_at=due, next_lookup_at=look_up_at, **said)
    elif batch.state in (S.SENDING, S.UNSURE) and batch.stop_requested_at:
        cancel(batch, reason="stopped", **said)
    elif batch.state in (S.SENDING, S.UNSURE):
        due = next_try(answer, batch.epoch, now)
        _decide(batch, S.QUEUED, hold_reason=answer.hold_reason, next_attempt_at=due, **said)
    elif batch.state == S.UNKNOWN and not doubtful:
        cancel(batch, reason="never-sent", **said)  # late truth


def refuse(batch: Batch, *, reason: str, answer: Answer | None = None) -> None:
    """T7b: proven that nothing ran, and nothing will: every target is skipped with the reason."""
    said = {} if answer is None else {"code": answer.code, "message": answer.message, "request_id": answer.request_id}
    if _decide(batch, S.REJECTED, secrets=None, **said):
        error: dict[str, Any] = {} if answer is None else {"error_code": answer.code, "error_info": answer.message}
        _move_targets(batch, TargetState.SKIPPED, reason=reason, **error)


def split(batch: Batch, answer: Answer) -> None:
    """T7: the unfit targets leave, the rest goes on in a child with its own token; all at once or it happens twice.

    Where nobody was found unfit the batch is halved, down to a single instance, which is skipped with the API's code.
    """
    unfit = answer.unfit or {}
    if not unfit and batch.size == 1:
        refuse(batch, reason="rejected", answer=answer)
        return
    said = {"code": answer.code, "message": answer.message, "request_id": answer.request_id}
    if not _decide(batch, S.REJECTED, secrets=None, **said):
        return
    waiting = batch.targets.filter(state=TargetState.WAITING)
    for reason in set(unfit.values()):
        ids = [instance_id for instance_id, why in unfit.items() if why == reason]
        _move_targets(batch, TargetState.SKIPPED, reason=reason, only=Q(instance_id__in=ids))
    rest = list(waiting.order_by("pk").values_list("instance_id", flat=True))
    if batch.stop_requested_at:
        _move_targets(batch, TargetState.CANCELLED, reason="stopped", only=Q(state=TargetState.WAITING))
    elif rest:
        children.create(batch, [rest] if unfit else children.halves(rest))


def cancel(batch: Batch, *, reason: str, **columns: Any) -> bool:
    """Nothing of it ran, and nothing will. Reasons: stopped, never-sent, not-in-time."""
    if not _decide(batch, S.CANCELLED, hold_reason="", secrets=None, **columns):
        return False
    _move_targets(batch, TargetState.CANCELLED, reason=reason)
    return True


def expire(batch: Batch) -> None:
    """T11: not sent within its deadline, or stopped, and nothing in doubt. A strange database knows neither (T12)."""
    with transaction.atomic():
        row = Batch.objects.select_for_update().get(pk=batch.pk)
        is_over = row.stop_requested_at is not None or db_now() >= row.send_deadline
        is_late = row.state == S.QUEUED and is_over and trust.believes(row)
        if is_late and not row.attempts.doubtful().exists():
            cancel(row, reason="stopped" if row.stop_requested_at else "not-in-time")
            counting.recount(row.invocation_id, row.pk)


def give_up(batch: Batch, began: datetime) -> bool:
    """T9: a complete look-up that began late enough found nothing, and sending again is no longer possible."""
    doubtful = list(batch.attempts.doubtful())
    settled = timedelta(seconds=settings.REQUEST_LIFE + settings.LOOKUP_SETTLE)
    if not doubtful or any(began <= attempt.send_by + settled for attempt in doubtful) or not trust.believes(batch):
        return False
    if batch.stop_requested_at is None and may_send_again(batch, doubtful, db_now()):
        return False
    if batch.state == S.SENDING and (batch.lease_until is None or db_now() <= batch.lease_until):
        return False
    if not _decide(batch, S.UNKNOWN, hold_reason="", secrets=None):
        return False
    _move_targets(batch, TargetState.UNKNOWN, reason="unknown")
    return True


def finish(batch: Batch) -> bool:
    """Every target of an accepted batch is at rest and its outputs are here."""
    return _decide(batch, S.FINISHED, finished_at=db_now(), next_poll_at=None, next_stop_at=None, secrets=None)


def distrust(batches: Iterable[Batch]) -> None:
    """T12: this database was restored, or went over to a replica: the lost time may have split or sent any of them."""
    now = db_now()
    for batch in batches:
        with transaction.atomic():
            row = Batch.objects.select_for_update().get(pk=batch.pk)
            row.attempts.get_or_create(
                n=0,
                defaults={"worker": "restore", "started_at": now, "send_by": now, "outcome": Outcome.UNKNOWN},
            )
            if row.state in (S.QUEUED, S.SENDING):
                _decide(row, S.UNSURE, hold_reason="", next_lookup_at=now)
            Batch.objects.filter(pk=row.pk, state=S.UNSURE).update(lookups=0, next_lookup_at=now)
            counting.recount(row.invocation_id, row.pk)


def raise_alarm(kind: str, batch: Batch, **detail: Any) -> None:
    Alarm.objects.get_or_create(kind=kind, batch=batch, defaults={"detail": detail, "raised_at": db_now()})


def _decide(batch: Batch, to: str, **columns: Any) -> bool:
    """Write if the row still is as we read it. False: somebody moved it first; read again before deciding anew."""
    if to not in MOVES.get(batch.state, ()):
        raise IllegalMove(f"{batch.state} -> {to}")
    as_read = Batch.objects.filter(pk=batch.pk, state=batch.state, epoch=batch.epoch, invoke_id=batch.invoke_id)
    return bool(as_read.update(state=to, **columns))


def _move_targets(batch: Batch, state: str, *, reason: str, only: Q | None = None, **columns: Any) -> None:
    """The targets follow their batch. Those that left it for a child are no longer its own."""
    Target.objects.filter(only or Q(), batch=batch).update(
        state=state, reason=reason, changed_at=timezone.now(), **columns
    )
