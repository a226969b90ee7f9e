"""T12: whether this database is the one this console wrote last, or a copy, or one that lost some time.

The deployment's id stands in the database and on disk; beside the one on disk stands how far this console had written.
A database that has another id, or whose newest row is older than that mark, sends nothing until an admin has looked.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Max
from django.utils.dateparse import parse_datetime

from invocations import states
from invocations.clock import db_now
from invocations.models import Attempt, Batch, BatchState, Deployment, Invocation

log = logging.getLogger(__name__)

SLACK = timedelta(seconds=1)  # the mark is written after the row it speaks of


def watch() -> None:
    """At start and at each tick: pause a strange database, else move the mark on."""
    deployment = _row()
    newest, mark = _newest(), _mark()
    is_copy = deployment.deployment_id != settings.DEPLOYMENT_ID
    is_older = mark is not None and (newest is None or newest < mark - SLACK)
    if deployment.paused_at is None and (is_copy or is_older):
        log.error("this database was restored or copied: nothing is sent until an admin has looked")
        Deployment.objects.filter(pk=1).update(paused_at=db_now(), pause_reason="copied" if is_copy else "restored")
    elif deployment.paused_at is None and newest is not None and newest != mark:
        _write_mark(newest)


def adopt() -> int:
    """An admin says that the original is gone. How many unfinished batches are looked up now, and never sent again."""
    unfinished = Batch.objects.filter(state__in=[BatchState.QUEUED, BatchState.SENDING, BatchState.UNSURE])
    batches = list(unfinished)
    states.distrust(batches)
    _mark_file().unlink(missing_ok=True)
    Deployment.objects.filter(pk=1).update(deployment_id=settings.DEPLOYMENT_ID, paused_at=None, pause_reason="")
    return len(batches)


def _row() -> Deployment:
    return Deployment.objects.get_or_create(pk=1, defaults={"deployment_id": settings.DEPLOYMENT_ID})[0]


def _newest() -> datetime | None:
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
