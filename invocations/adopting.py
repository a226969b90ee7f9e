"""T12: what became of batches whose rows lost some time, asked by the tag of their run.

In the lost time a batch may have been split: then its own tag finds nothing, and the children's rows and tokens are
gone. Instances that are found in any invocation of the run are adopted with it; the rest ends as outcome unknown.
Nothing is ever sent for them, not even under their own token.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet

import cloud.invocations as gateway
from accounts.plain_input import as_uuid
from cloud import connection, errors
from invocations import children, counting, requests, states
from invocations.clock import db_now
from invocations.models import Batch, BatchState, Found, Invocation, Target

AGAIN_AFTER = timedelta(seconds=60)
AFTER_A_FAILURE = timedelta(seconds=10)
CLOCKS_APART = timedelta(minutes=2)  # the cloud's and ours


def is_distrusted(batch: Batch) -> bool:
    """Whether it is one of these: attempt 0 says so."""
    return batch.attempts.filter(n=0).exists()


def look_up(batch: Batch) -> None:
    """Settle all such batches of the batch's run at once, as far as the cloud knows of them."""
    run = batch.invocation
    if not _take_turn(batch):
        return
    began = db_now()
    try:
        listed = _listed(batch)
    except errors.CloudError:
        _doubtful(run).update(lookups=F("lookups") + 1, next_lookup_at=db_now() + AFTER_A_FAILURE)
        return
    with transaction.atomic():
        rows = list(_doubtful(run).select_for_update().order_by("seq"))
        for invocation in listed:
            _adopt(run, rows, invocation)
        for row in Batch.objects.filter(pk__in=[row.pk for row in rows], state=BatchState.UNSURE):
            states.give_up(row, began)
        counting.recount(run.pk)


def _doubtful(run: Invocation) -> QuerySet[Batch]:
    return Batch.objects.filter(pk__in=run.batches.filter(attempts__n=0).values("pk"), state=BatchState.UNSURE)


def _take_turn(batch: Batch) -> bool:
    """One call speaks for all of the run's; False where another worker makes it, or has just made it."""
    now = db_now()
    due = Q(next_lookup_at=None) | Q(next_lookup_at__lte=now)
    if not Batch.objects.filter(due, pk=batch.pk, state=BatchState.UNSURE).update(next_lookup_at=now + AGAIN_AFTER):
        return False
    _doubtful(batch.invocation).update(lookups=F("lookups") + 1, next_lookup_at=now + AGAIN_AFTER)
    return True


def _listed(batch: Batch) -> list[gateway.Invocation]:
    """All invocations of the run, those of schedules too. The tags are those of the deployment that sent them."""
    tags = {key: value for key, value in requests.read(batch).tags if key != "console-batch"}
    return gateway.list_tagged(connection.current(), batch.region, tags)


def _adopt(run: Invocation, rows: Sequence[Batch], invocation: gateway.Invocation) -> None:
    """T5 where its batch has a row, else a row for it: a child that was split off in the lost time."""
    if _is_known(run, invocation) or _is_of_another_run(run, invocation):
        return
    batch_id = as_uuid(invocation.tags.get("console-batch"))
    if batch_id is None:
        return
    own = Batch.objects.select_for_update().filter(pk=batch_id, invocation=run).first()
    if own is not None:
        states.accept(own, invocation.invoke_id)
    else:
        _adopt_child(run, rows, invocation, batch_id=batch_id)
    Found.objects.filter(region=run.region, invoke_id=invocation.invoke_id).delete()


def _is_known(run: Invocation, invocation: gateway.Invocation) -> bool:
    return Batch.objects.filter(region=run.region, invoke_id=invocation.invoke_id).exists()


def _is_of_another_run(run: Invocation, invocation: gateway.Invocation) -> bool:
    """A restored database gives numbers again that runs of the lost time had."""
    return invocation.created_at is not None and invocation.created_at < run.submitted_at - CLOCKS_APART


def _adopt_child(run: Invocation, rows: Sequence[Batch], invocation: gateway.Invocation, *, batch_id: UUID) -> None:
    listed = {instance.instance_id for instance in invocation.instances}
    targets = Target.objects.filter(batch__in=rows, batch__state=BatchState.UNSURE, instance_id__in=listed)
    first = targets.select_related("batch").order_by("pk").first()
    if first is None or not requests.describes(requests.read(first.batch), invocation):
        return
    ids = list(targets.order_by("pk").values_list("instance_id", flat=True))
    children.adopt(first.batch, ids, batch_id=batch_id, invoke_id=invocation.invoke_id)


@dataclass(frozen=True, slots=True)
class Adopted:
    """What came of it, in instances."""

    found: int = 0
    unknown: int = 0
    doubtful: int = 0  # still looked up

    @property
    def is_over(self) -> bool:
        return not self.doubtful


def outcome(runs: Iterable[Invocation] | QuerySet[Invocation]) -> Adopted | None:
    """Of the batches that were distrusted in these runs; None: there are none."""
    rows = Target.objects.filter(invocation__in=runs, batch__attempts__n=0).order_by()
    has_id = Q(batch__state__in=[BatchState.ACCEPTED, BatchState.FINISHED])
    counts = rows.aggregate(
        all=Count("pk"),
        found=Count("pk", filter=has_id),
        doubtful=Count("pk", filter=Q(batch__state=BatchState.UNSURE)),
    )
    if not counts["all"]:
        return None
    found, doubtful = counts["found"], counts["doubtful"]
    return Adopted(found, counts["all"] - found - doubtful, doubtful)
