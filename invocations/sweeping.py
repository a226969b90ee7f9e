"""Looking in the cloud for what this deployment sent and its database does not know (A35): lost with some of its time.

At start and every hour each region with runs is asked for everything that carries this deployment's tag. What belongs
to a batch that has no InvokeId yet is given to it (T5); what no row stands for is kept as found. The checks that the
cloud makes by itself (`console-check`) are no runs.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

import cloud.invocations as gateway
from accounts.plain_input import as_uuid
from cloud import connection, errors
from invocations import counting, states, trust
from invocations.clock import db_now
from invocations.following import exit_code, word
from invocations.models import Alarm, Batch, BatchState, Deployment, Found, Invocation, OtherInvocation
from regions.models import Mirror, MirrorKind

log = logging.getLogger(__name__)

EVERY = timedelta(hours=1)
SOONER = timedelta(minutes=5)  # after a region could not be asked


def is_due() -> bool:
    """Claims the turn, so that one worker sweeps. Not while nobody knows whose database this is."""
    if not trust.is_trusted():
        return False
    now = db_now()
    rows = Deployment.objects.filter(pk=1)
    return bool(
        rows.filter(swept_at=None).update(swept_at=now) or rows.filter(swept_at__lte=now - EVERY).update(swept_at=now)
    )


def ask() -> None:
    """At a start: what was lost before is to be found now."""
    Deployment.objects.filter(pk=1).update(swept_at=None)


def sweep() -> None:
    """All regions. One that cannot be asked is asked again soon, and keeps none of the others from it."""
    for region in _regions():
        try:
            sweep_region(region)
        except errors.CloudError as error:
            log.warning("%s could not be searched for unknown runs: %s", region, error.code)
            Deployment.objects.filter(pk=1).update(swept_at=db_now() - EVERY + SOONER)


def _regions() -> list[str]:
    """With runs; and those somebody has chosen instances in, for all the runs of one may be lost."""
    with_runs = Invocation.objects.values_list("region", flat=True).distinct()
    looked_at = Mirror.objects.filter(kind=MirrorKind.INSTANCES).exclude(region="").values_list("region", flat=True)
    return sorted({*with_runs, *looked_at, *Found.objects.values_list("region", flat=True)})


def sweep_region(region: str) -> None:
    """Raises a member of `cloud.errors`."""
    tags = {"console-id": settings.DEPLOYMENT_ID}
    listed = gateway.list_tagged(connection.current(), region, tags)
    unknown = [one for one in _unknown(region, listed) if not _give_to_its_batch(region, one)]
    news = [one for one in unknown if keep(region, one, is_ours=True)]
    if news:
        _raise_alarm()


def _unknown(region: str, listed: Iterable[gateway.Invocation]) -> list[gateway.Invocation]:
    known = {
        *Batch.objects.filter(region=region).exclude(invoke_id="").values_list("invoke_id", flat=True),
        *OtherInvocation.objects.filter(batch__region=region).values_list("invoke_id", flat=True),
    }
    return [one for one in listed if one.invoke_id not in known and "console-check" not in one.tags]


def _give_to_its_batch(region: str, invocation: gateway.Invocation) -> bool:
    """Whether there is a row it belongs to. A batch that has another InvokeId keeps this one beside it, and alarms."""
    batch_id = as_uuid(invocation.tags.get("console-batch"))
    with transaction.atomic():
        batch = Batch.objects.select_for_update().filter(pk=batch_id, region=region).first() if batch_id else None
        if batch is None:
            return False
        if batch.state != BatchState.SENDING:  # its own worker is about to say so
            states.accept(batch, invocation.invoke_id)
            counting.recount(batch.invocation_id)
    return True


def keep(region: str, invocation: gateway.Invocation, *, is_ours: bool) -> bool:
    """Store how it stands now. True for one that is new here. No output: nothing would tell secrets from the rest."""
    now = db_now()
    run_tag = invocation.tags.get("console-run", "")
    described = {
        "is_ours": is_ours,
        "run_tag": run_tag[:64],
        "command_cloud_id": invocation.command_id,
        "command_name": invocation.command_name,
        "command_type": invocation.command_type,
        "content": invocation.content.replace("\x00", "\ufffd"),  # PostgreSQL stores no NUL
        "username": invocation.username,
        "repeat_mode": invocation.repeat_mode,
        "frequency": invocation.frequency,
        "state": word(invocation.status),
        "targets": _targets(invocation),
        "created_at": invocation.created_at,
        "seen_at": now,
    }
    _row, is_new = Found.objects.update_or_create(
        region=region,
        invoke_id=invocation.invoke_id,
        defaults=described,
        create_defaults={**described, "found_at": now},
    )
    return is_new


def _targets(invocation: gateway.Invocation) -> dict[str, dict[str, object]]:
    return {
        one.instance_id: {
            "state": word(one.status),
            "exit_code": exit_code(one, word(one.status)),
            "error_code": one.error_code,
            "repeats": one.repeats,
            "started_at": _text(one.started_at),
            "finished_at": _text(one.finished_at),
        }
        for one in invocation.instances
    }


def _text(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _raise_alarm() -> None:
    """One for all that nobody has seen yet."""
    detail = {"n": Found.objects.filter(is_ours=True).count()}
    if not Alarm.objects.filter(kind=Alarm.Kind.FOUND, seen_at=None).update(detail=detail):
        Alarm.objects.create(kind=Alarm.Kind.FOUND, detail=detail, raised_at=db_now())
