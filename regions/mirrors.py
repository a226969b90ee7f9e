"""Keeping the copies of the cloud fresh, on demand.

Whoever opens a page on a copy that is too old claims its refresh, which a worker does; whoever comes meanwhile waits a
little, or shows what there is. A page that stays open starts none, and no timer does.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from celery import Task
from django.db.models import Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from cloud.connection import ConfigurationError
from cloud.errors import CloudError, NotPermitted
from regions import account
from regions.models import Mirror, MirrorKind

log = logging.getLogger(__name__)

CLAIM = timedelta(seconds=120)  # a copy that takes longer may be started a second time
PAUSE = timedelta(seconds=10)  # after a failure, where the cloud does not say how long
GRACE = timedelta(seconds=2)  # even who asks for a fresh copy gets one that is this young
FIRST_WAIT, WAIT = 2.0, 0.5  # seconds a page waits where nothing is known yet, and where something is
_LOOK = 0.03  # seconds between two looks at a copy under way


def ensure_fresh(
    region: str,
    kind: MirrorKind,
    refresh_task: Task[[str], None],
    *,
    max_age: float = 60.0,
    wait: float | None = None,
) -> Mirror:
    """The mirror, not older than `max_age` seconds if that can be had within `wait` seconds.

    `refresh_task` takes the region's id. By default a page waits longer when it has nothing at all to show.
    """
    mirror = start_if_old(region, kind, refresh_task, max_age=max_age)
    wait_for([mirror], wait)
    return mirror


def start_if_old(region: str, kind: MirrorKind, refresh_task: Task[[str], None], *, max_age: float = 60.0) -> Mirror:
    """Claim the refresh and hand it to a worker, unless the copy is young, being made, or failed just now."""
    mirror = Mirror.objects.of(region, kind)
    now = timezone.now()
    if _is_young(mirror, now, max(timedelta(seconds=max_age), GRACE)) or not _claim(mirror, now):
        return mirror
    try:
        refresh_task.delay(region)
    except OperationalError as error:  # no broker: pages go on with what there is
        log.warning("no broker to hand the copy of %s in %s to: %s", kind, region, error)
        Mirror.objects.filter(pk=mirror.pk).update(claimed_until=None, next_try_at=now + PAUSE)
    mirror.refresh_from_db()
    return mirror


def wait_for(mirrors: Sequence[Mirror], seconds: float | None = None) -> None:
    """Bring the mirrors to where they are once the copies under way have ended, or after so many seconds in all."""
    until = time.monotonic() + (_patience(mirrors) if seconds is None else seconds)
    for mirror in mirrors:
        while mirror.is_refreshing and time.monotonic() < until:
            time.sleep(_LOOK)
            mirror.refresh_from_db()


@contextmanager
def copying(region: str, kind: MirrorKind) -> Iterator[datetime]:
    """Around the making of a copy: writes down that it is complete, or why there is none. Yields the time it began.

    What the cloud refuses ends here; the pages show it.
    """
    began = timezone.now()
    try:
        account.confirm()
        yield began
    except (CloudError, ConfigurationError) as error:
        _end(region, kind, **_failure(error))
    except BaseException:
        _end(region, kind)
        raise
    else:
        _end(region, kind, refreshed_at=began, **_NO_FAILURE)


_NO_FAILURE: dict[str, Any] = {
    "failed_at": None,
    "next_try_at": None,
    "error_kind": "",
    "error_code": "",
    "error_message": "",
    "error_action": "",
}


def _patience(mirrors: Sequence[Mirror]) -> float:
    return WAIT if all(mirror.refreshed_at for mirror in mirrors) else FIRST_WAIT


def _is_young(mirror: Mirror, now: datetime, max_age: timedelta) -> bool:
    return not mirror.has_failed and mirror.refreshed_at is not None and mirror.refreshed_at > now - max_age


def _claim(mirror: Mirror, now: datetime) -> bool:
    """Whether it is ours to refresh: one of all who ask at the same moment."""
    is_free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    may_try = Q(next_try_at=None) | Q(next_try_at__lte=now)
    as_read = Mirror.objects.filter(is_free, may_try, pk=mirror.pk, refreshed_at=mirror.refreshed_at)
    return bool(as_read.update(claimed_until=now + CLAIM))


def _end(region: str, kind: MirrorKind, **columns: Any) -> None:
    """The claim, too. Who copies without having been asked to by a page makes the row."""
    Mirror.objects.update_or_create(region=region, kind=kind, defaults={"claimed_until": None, **columns})


def _failure(error: CloudError | ConfigurationError) -> dict[str, Any]:
    now = timezone.now()
    pause = timedelta(seconds=getattr(error, "retry_after", None) or 0.0)
    return {
        "failed_at": now,
        "next_try_at": now + max(pause, PAUSE),
        "error_kind": type(error).__name__,
        "error_code": getattr(error, "code", ""),
        "error_message": getattr(error, "message", str(error)),
        "error_action": error.action if isinstance(error, NotPermitted) else "",
    }
