"""Asking the cloud once more about targets that nobody follows: unknown, no longer followed, or marked by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from django.db import transaction

import cloud.invocations as gateway
from cloud import connection
from invocations import counting, following, lookup, marking, outputs, states
from invocations.clock import db_now
from invocations.models import Batch, Invocation, Target

AT_ONCE = 20  # batches, each a call or two, while a person waits


def ask(run: Invocation, ids: Collection[str]) -> tuple[int, int]:
    """How many targets the cloud told something new of, and of how many it was asked.

    Raises a member of `cloud.errors`; what was told until then stays.
    """
    asked: dict[object, list[Target]] = defaultdict(list)
    for target in marking.open_to_it(run).filter(instance_id__in=ids).select_related("batch").order_by("batch__seq"):
        asked[target.batch_id].append(target)
    batches = [targets[0].batch for targets in list(asked.values())[:AT_ONCE]]
    news = sum(_ask_of(batch, [target.pk for target in asked[batch.pk]]) for batch in batches)
    return news, sum(len(asked[batch.pk]) for batch in batches)


def _ask_of(batch: Batch, wanted: Collection[int]) -> int:
    """One that the cloud never confirmed is looked up by its tag: found, it is followed again from here on (T5)."""
    if not batch.invoke_id:
        found = lookup.find(batch)
        for invoke_id in found:
            with transaction.atomic():
                states.accept(Batch.objects.select_for_update().get(pk=batch.pk), invoke_id)
                counting.recount(batch.invocation_id)
        return len(wanted) if found else 0
    listed = gateway.list_invocations(connection.current(), batch.region, invoke_ids=(batch.invoke_id,))
    return _take_over(batch, listed[0], wanted) if listed else 0


def _take_over(batch: Batch, listed: gateway.Invocation, wanted: Collection[int]) -> int:
    records = {record.instance_id: record for record in listed.instances}
    now = db_now()
    with transaction.atomic():
        Batch.objects.select_for_update().get(pk=batch.pk)
        targets = Target.objects.select_for_update().filter(pk__in=wanted, instance_id__in=records).order_by("pk")
        changed = [target for target in targets if following.advance(target, records[target.instance_id], now)]
        for target in changed:
            target.save(update_fields=following.COLUMNS)
        if changed:
            counting.recount(batch.invocation_id)
    if changed:
        outputs.fetch(batch)
    return len(changed)
