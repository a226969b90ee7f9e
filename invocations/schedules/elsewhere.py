"""Schedules that were made outside this console: in the official one, or by a script. One can look at and stop them."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Q, QuerySet

import cloud.invocations as gateway
from cloud import connection
from invocations import sweeping
from invocations.clock import db_now
from invocations.models import Batch, Found, OtherInvocation, RepeatMode
from invocations.schedules.timing import Timing
from regions import mirrors
from regions.models import Mirror, MirrorKind

OPEN_WORDS = ("pending", "scheduled", "running", "stopping")
GOES_ON = Q(state__in=OPEN_WORDS)
REPEATING = (RepeatMode.PERIOD, RepeatMode.NEXT_REBOOT_ONLY, RepeatMode.EVERY_REBOOT)
MOST_LOOKED_UP = 20  # of those that are no longer listed: how they ended is asked one by one


def ensure_fresh(region: str) -> Mirror:
    """See `regions.mirrors.ensure_fresh`."""
    from invocations import tasks  # it hands this copy out

    return mirrors.ensure_fresh(region, MirrorKind.SCHEDULES, tasks.refresh_schedules)


def refresh(region: str) -> None:
    """Copy what repeats in the region and no row of ours stands for. What the cloud refuses stands in the mirror."""
    with mirrors.copying(region, MirrorKind.SCHEDULES):
        here, began = connection.current(), db_now()
        for invocation in gateway.list_invocations(here, region, timed=True):
            if invocation.tags.get("console-id") != settings.DEPLOYMENT_ID and not _is_known(region, invocation):
                sweeping.keep(region, invocation, is_ours=False)
        gone = Found.objects.filter(GOES_ON, region=region, is_ours=False, repeat_mode__in=REPEATING, seen_at__lt=began)
        ids = tuple(gone.values_list("invoke_id", flat=True)[:MOST_LOOKED_UP])
        for invocation in gateway.list_invocations(here, region, invoke_ids=ids, timed=False) if ids else ():
            sweeping.keep(region, invocation, is_ours=False)
        gone.filter(invoke_id__in=ids).update(state="stopped", seen_at=db_now())


def listed(region: str) -> QuerySet[Found]:
    return Found.objects.filter(region=region, repeat_mode__in=REPEATING)


def goes_on(found: Found) -> bool:
    return found.state in OPEN_WORDS


def timing_of(found: Found) -> Timing:
    return Timing(found.repeat_mode, found.frequency, found.created_at)


def stop(found: Found) -> None:
    """Ask the cloud to end it. Raises a member of `cloud.errors`."""
    gateway.stop(connection.current(), found.region, found.invoke_id)
    state = "stopping" if any(one.get("state") == "running" for one in found.targets.values()) else "stopped"
    Found.objects.filter(pk=found.pk).update(state=state)


def _is_known(region: str, invocation: gateway.Invocation) -> bool:
    own = Batch.objects.filter(region=region, invoke_id=invocation.invoke_id)
    other = OtherInvocation.objects.filter(batch__region=region, invoke_id=invocation.invoke_id)
    return own.exists() or other.exists()
