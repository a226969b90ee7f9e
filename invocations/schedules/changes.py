"""A schedule that was changed outside this console (ModifyInvocationAttribute): seen at the next look, never undone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from django.db.models import F

from cloud.invocations import Invocation as Listed
from invocations.clock import db_now
from invocations.models import Alarm, Batch, Invocation
from invocations.schedules.timing import Timing

MOST_IDS = 100  # instances that are named


def notice(batch: Batch, listed: Listed) -> None:
    """Keep what the cloud has now beside what was asked for, once it differs. The caller holds the batch's lock."""
    asked, found = _asked(batch), _found(listed)
    added = sorted({one.instance_id for one in listed.instances} - set(_ids(batch)))[:MOST_IDS]
    known = Alarm.objects.filter(kind=Alarm.Kind.SCHEDULE, batch=batch).first()
    if known is None and asked == found and not added:
        return
    now = db_now()
    detail = {"old": asked, "new": found, "added": added, "time": f"{now:%Y-%m-%d %H:%M} UTC"}
    if known is None:
        Alarm.objects.create(kind=Alarm.Kind.SCHEDULE, batch=batch, detail=detail, raised_at=now)
    elif known.detail["new"] != found or known.detail["added"] != added:
        Alarm.objects.filter(pk=known.pk).update(detail=detail, raised_at=now, seen_at=None, seen_by=None)
    else:
        return
    Invocation.objects.filter(pk=batch.invocation_id).update(version=F("version") + 1)


def alarms_of(run: Invocation) -> list[Alarm]:
    """One for each batch that was changed, the newest change first."""
    found = Alarm.objects.filter(kind=Alarm.Kind.SCHEDULE, batch__invocation=run).select_related("batch")
    return list(found.order_by("-raised_at"))


def frequency_of(batch: Batch) -> str:
    """As the cloud has it now."""
    alarm = Alarm.objects.filter(kind=Alarm.Kind.SCHEDULE, batch=batch).first()
    return str(alarm.detail["new"]["frequency"]) if alarm else batch.invocation.frequency


def frequencies_of(runs: Iterable[int]) -> dict[int, str]:
    """Of those that were changed, as the cloud has it now: schedule -> frequency, in one query."""
    found = Alarm.objects.filter(kind=Alarm.Kind.SCHEDULE, batch__invocation__in=list(runs)).order_by("raised_at")
    return {pk: str(detail["new"]["frequency"]) for pk, detail in found.values_list("batch__invocation", "detail")}


def timing_of(run: Invocation) -> Timing:
    """As the cloud has it now: of several batches what was changed last, if anything was."""
    alarm = next(iter(alarms_of(run)), None)
    text = str(alarm.detail["new"]["frequency"]) if alarm else run.frequency
    taken = run.batches.exclude(accepted_at=None).order_by("accepted_at").values_list("accepted_at", flat=True)
    return Timing(run.repeat_mode, text, taken.first())


def _asked(batch: Batch) -> dict[str, Any]:
    run = batch.invocation
    return {"frequency": run.frequency, "content_sha256": run.content_sha256}


def _found(listed: Listed) -> dict[str, Any]:
    digest = hashlib.sha256(listed.content.encode()).hexdigest()
    return {"frequency": listed.frequency, "content_sha256": digest}


def _ids(batch: Batch) -> list[str]:
    return list(batch.targets.values_list("instance_id", flat=True))
