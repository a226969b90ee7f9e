"""Deleting the cloud commands that carried older versions, once nothing needs them any more."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q

from commands.deleting import delete_superseded
from commands.models import Superseded
from invocations.clock import db_now
from invocations.models import Invocation

GRACE = timedelta(hours=1)  # whoever had the panel open may still run the version they were looking at
AT_ONCE = 20  # calls in a row


def retire() -> int:
    """How many the cloud has no longer. What is refused, as while an execution is running, is tried the next time."""
    runs = Invocation.objects.live().filter(region=OuterRef("region"), command_cloud_id=OuterRef("cloud_id"))
    is_seen_by_nobody = Q(since__lt=db_now() - GRACE) | Q(command__deleted_at__isnull=False)
    unused = Superseded.objects.filter(~Exists(runs), is_seen_by_nobody, deleted_at=None)
    return sum(delete_superseded(old) for old in unused.order_by("since")[:AT_ONCE])
