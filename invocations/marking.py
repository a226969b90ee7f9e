"""What people say of targets whose end the cloud does not tell: marked by hand, until the truth comes.

A mark counts like a guess of the console's own: any end that the cloud tells takes its place (following.py); the audit
trail keeps who had said what.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts import audit
from accounts.models import Person
from invocations import counting
from invocations.clock import db_now
from invocations.models import Invocation, Target, TargetState

MARKED = "marked"  # the reason of a target
RESULTS = (TargetState.SUCCESS, TargetState.FAILED)


def open_to_it(run: Invocation) -> QuerySet[Target]:
    """Unknown, no longer followed, or marked before."""
    unsettled = Q(state__in=[TargetState.UNKNOWN, TargetState.UNFOLLOWED]) | Q(reason=MARKED)
    return run.targets.filter(unsettled)


def mark(run: Invocation, result: str, ids: Collection[str], person: Person, address: str) -> int:
    """How many of them are marked now; the others are not open to it (any more)."""
    with transaction.atomic():
        targets = list(open_to_it(run).filter(instance_id__in=ids).select_for_update().order_by("pk"))
        if not targets:
            return 0
        marked = Target.objects.filter(pk__in=[target.pk for target in targets])
        marked.update(state=result, reason=MARKED, marked_by=person, changed_at=db_now())
        counting.recount(run.pk)
        audit.record(
            person,
            "run.marked",
            region=run.region,
            object=f"run {run.pk}",
            address=address,
            result=result,
            ids=[target.instance_id for target in targets],
        )
    return len(targets)
