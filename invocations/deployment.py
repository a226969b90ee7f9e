"""T12: whether this database is the one this console wrote last, or a copy, or one that lost some time.

The deployment's id stands in the database and on disk; beside the one on disk stands how far this console had written.
A database that has another id, or whose newest row is older than that mark, sends nothing until an admin has looked.
A promoted replica of PostgreSQL is noticed by its timeline, and needs nobody.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Max, Q, QuerySet
from django.utils.dateparse import parse_datetime

from invocations import states, trust
from invocations.clock import db_now
from invocations.models import UNCONFIRMED, Alarm, Attempt, Batch, BatchState, Deployment, Invocation

log = logging.getLogger(__name__)

SLACK = timedelta(seconds=1)  # the mark is written after the row it speaks of
MOST_NAMED = 20  # runs in an alarm
RESTORED, COPIED, KEPT, FAILOVER = "restored", "copied", "kept", "failover"


def watch() -> None:
    """At start and at each tick: pause a strange database, distrust what a failover may have lost, move the mark on."""
    deployment = _row()
    newest, mark = newest_row(), _mark()
    is_copy = deployment.deployment_id != settings.DEPLOYMENT_ID
    if deployment.paused_at is None and (is_copy or _is_older(deployment, newest, mark)):
        log.error("this database was restored or copied: nothing is sent until an admin has looked")
        _pause(COPIED if is_copy else RESTORED, mark)
    elif deployment.paused_at is None:
        _follow_timeline(deployment)
        if newest is not None and newest != mark:
            _write_mark(newest)
    elif mark is not None and deployment.paused_at < mark and _is_older(deployment, newest, mark):
        _pause(RESTORED, mark)  # and restored again, to a moment at which it had been paused


def _is_older(deployment: Deployment, newest: datetime | None, mark: datetime | None) -> bool:
    """Each machine has a mark of its own; one from before the adoption tells of rows that are known to be gone."""
    if mark is None or (deployment.adopted_at is not None and mark <= deployment.adopted_at):
        return False
    return newest is None or newest < mark - SLACK


def _pause(reason: str, mark: datetime | None) -> None:
    Deployment.objects.filter(pk=1).update(paused_at=db_now(), pause_reason=reason, written_until=mark)


def note_restored(made_at: datetime) -> None:
    """A backup was put in place, paused: keep until when, as far as is known, was written since it was made."""
    until = max(made_at, _mark() or made_at)
    Deployment.objects.filter(pk=1, paused_at__isnull=False).update(written_until=until)


def unfinished() -> QuerySet[Batch]:
    """What may have been sent, or split, in the time that was lost.

    A run that was submitted here since sending is paused is none of these: it has not been sent from anywhere.
    """
    paused_at = Deployment.objects.values_list("paused_at", flat=True).first()
    batches = Batch.objects.filter(state__in=UNCONFIRMED)
    return batches if paused_at is None else batches.filter(invocation__submitted_at__lte=paused_at)


def adopt() -> int:
    """An admin says that the original is gone. How many unfinished batches are looked up now, and never sent again."""
    batches = list(unfinished())
    states.distrust(batches)
    because = _row().pause_reason
    _go_on(because if because == COPIED else RESTORED, deployment_id=settings.DEPLOYMENT_ID)
    _mark_file().unlink(missing_ok=True)
    return len(batches)


def keep_as_copy() -> None:
    """An admin says that the original still runs: sending and schedules stay off here."""
    Deployment.objects.filter(pk=1, paused_at__isnull=False).update(pause_reason=KEPT)


def _go_on(because: str, **columns: str) -> None:
    """After the batches: until this stands, nothing is claimed."""
    Deployment.objects.filter(pk=1).update(
        paused_at=None,
        pause_reason="",
        timeline=trust.timeline(),
        adopted_at=db_now(),
        adopted_because=because,
        swept_at=None,  # the cloud is searched for runs that no row stands for
        **columns,
    )


def _follow_timeline(deployment: Deployment) -> None:
    """After a failover what was due, or being sent, may have been sent and split in the second that was lost.

    What waited for a later moment was not touched then: it goes on as if nothing had been.
    """
    timeline = trust.timeline()
    if timeline == deployment.timeline:
        return
    if not deployment.timeline:
        Deployment.objects.filter(pk=1).update(timeline=timeline)
        return
    now = db_now()
    was_due = Q(state=BatchState.SENDING) | Q(next_attempt_at__lte=now)
    batches = list(Batch.objects.filter(was_due, state__in=UNCONFIRMED))
    log.error("the database went over to another server: %s batches are looked up, not sent again", len(batches))
    states.distrust(batches)
    _go_on(FAILOVER)
    _tell_of_failover(sorted({batch.invocation_id for batch in batches}), now)


def _tell_of_failover(runs: Collection[int], now: datetime) -> None:
    named = ", ".join(f"#{run}" for run in list(runs)[:MOST_NAMED])
    detail = {"why": FAILOVER, "n": len(runs), "runs": named}
    Alarm.objects.create(kind=Alarm.Kind.RESTORED, detail=detail, raised_at=now)


def _row() -> Deployment:
    return Deployment.objects.get_or_create(pk=1, defaults={"deployment_id": settings.DEPLOYMENT_ID})[0]


def newest_row() -> datetime | None:
    """The newest thing dispatch wrote."""
    moments = [
        Invocation.objects.aggregate(newest=Max("submitted_at"))["newest"],
        Attempt.objects.aggregate(newest=Max("started_at"))["newest"],
    ]
    return max((moment for moment in moments if moment), default=None)


def _mark_file() -> Path:
    return Path(settings.VAR) / "high_water"


def _write_mark(newest: datetime) -> None:
    """Whole or not at all: a mark cut off by a power cut would be none."""
    new = _mark_file().with_suffix(".new")
    new.write_text(newest.isoformat())
    new.replace(_mark_file())


def _mark() -> datetime | None:
    try:
        return parse_datetime(_mark_file().read_text().strip())
    except FileNotFoundError:
        return None
