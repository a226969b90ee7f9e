"""Following accepted batches: one poller a region, few calls, results copied at once since the cloud forgets."""

from __future__ import annotations

import logging
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

import cloud.invocations as gateway
from cloud import connection, errors, limits
from invocations import contents, counting, following, outputs, requests, states, tracing
from invocations.clock import db_now
from invocations.models import REST, Batch, BatchState, Invocation, OtherInvocation, RepeatMode, Target
from invocations.schedules import following as schedules
from invocations.writing import update_each

log = logging.getLogger(__name__)

POLL_LEASE = timedelta(seconds=90)
AFTER_A_FAILURE = timedelta(seconds=5)
FRESH_OUTPUT = timedelta(seconds=5)  # a target that ended waits at most so long for its output, while others still run
SMALL_RUN = 10  # targets; so few outputs are fetched at every poll, while they grow


def poll_region(region: str) -> None:
    """Ask once about everything that is due in a region, and set when each batch is due again."""
    mine = _claim(region)
    by_run: dict[int, list[Batch]] = defaultdict(list)
    for batch in mine:
        by_run[batch.invocation_id].append(batch)
    for run_id, batches in by_run.items():
        tracing.note(run=run_id)
        if batches[0].invocation.repeat_mode == RepeatMode.ONCE:
            _poll_run(region, run_id, batches)
        else:
            schedules.poll(region, batches)


def _claim(region: str) -> list[Batch]:
    """The due batches nobody else is polling. The lease's very moment names its holder."""
    now = db_now()
    lease = now + POLL_LEASE
    free = Q(poll_lease_until=None) | Q(poll_lease_until__lt=now)
    due = Batch.objects.filter(free, region=region, state=BatchState.ACCEPTED, next_poll_at__lte=now)
    due.update(poll_lease_until=lease)
    return list(Batch.objects.filter(region=region, poll_lease_until=lease).select_related("invocation"))


def _poll_run(region: str, run_id: int, batches: Sequence[Batch]) -> None:
    size = Batch.objects.filter(invocation=run_id).exclude(invoke_id="").count()
    beat = _beat(run_id, size)
    if not any(batch.next_poll_at == _on_beat(batch.next_poll_at, beat) for batch in batches):
        _wait_for_the_others(batches, beat)
        return
    try:
        listed = _list(region, run_id, size, batches)
    except errors.CloudError as error:
        _postpone(batches, error)
        return
    tagged = _by_batch(listed.values())
    for batch in batches:
        _apply(batch, listed.get(batch.invoke_id), beat)
        _follow_others(batch, tagged[str(batch.pk)])


def _beat(run_id: int, size: int) -> int:
    """Seconds from one look at a run to the next at least: as many as a look at all that is open takes calls.

    So a run of any size has one call a second, and leaves the others to other runs.
    """
    is_open = Q(invocation=run_id, state=BatchState.ACCEPTED)
    return max(1, min(math.ceil(size / limits.PAGE), Batch.objects.filter(is_open).count()))


def _on_beat(moment: datetime | None, beat: int) -> datetime | None:
    """The first beat at or after a moment: the same for all batches of a run, so that one look serves them all."""
    if moment is None or beat == 1:
        return moment
    return datetime.fromtimestamp(beat * math.ceil(moment.timestamp() / beat), UTC)


def _wait_for_the_others(batches: Iterable[Batch], beat: int) -> None:
    """What was just accepted is looked at together with the rest of its run."""
    ids = [batch.pk for batch in batches]
    Batch.objects.filter(pk__in=ids).update(next_poll_at=_on_beat(db_now(), beat), poll_lease_until=None)


def _list(region: str, run_id: int, size: int, batches: Sequence[Batch]) -> dict[str, gateway.Invocation]:
    """InvokeId -> what the cloud says of it: by the run's tag, or one by one where that takes fewer calls.

    A tag filter yields at most 1,000 invocations, and it lists the finished ones, too: `size` of them.
    """
    ids = [batch.invoke_id for batch in batches]
    if len(ids) * limits.PAGE < size or size > limits.TAGGED_RESULTS:
        found = gateway.list_invocations(connection.current(), region, invoke_ids=tuple(ids))
    else:
        tags = {"console-run": str(run_id), "console-id": _deployment_of(batches[0])}
        found = gateway.list_invocations(connection.current(), region, tags=tags)
    return {invocation.invoke_id: invocation for invocation in found}


def _deployment_of(batch: Batch) -> str:
    """The one that sent it: of a copy that was adopted (T12) another one."""
    try:
        return dict(requests.read(batch).tags)["console-id"]
    except (ValueError, KeyError):
        return settings.DEPLOYMENT_ID


def _postpone(batches: Iterable[Batch], error: errors.CloudError) -> None:
    """The call did not come through: nobody's state changes, the reason is kept, the next try comes soon."""
    for batch in batches:
        Batch.objects.filter(pk=batch.pk).update(
            next_poll_at=db_now() + AFTER_A_FAILURE,
            poll_lease_until=None,
            code=error.code,
            message=error.action if isinstance(error, errors.NotPermitted) else error.message,
            request_id=error.request_id,
        )


def _apply(batch: Batch, invocation: gateway.Invocation | None, beat: int) -> None:
    """One transaction a batch: all of its targets' new states, or none."""
    now = db_now()
    records = {record.instance_id: record for record in invocation.instances} if invocation else {}
    with transaction.atomic():
        targets = list(Target.objects.select_for_update().filter(batch=batch).order_by("pk"))
        changed = [t for t in targets if t.instance_id in records and following.advance(t, records[t.instance_id], now)]
        changed += following.missing(batch, targets, records, invocation is not None, now)
        update_each(changed, following.COLUMNS)
        if changed:
            counting.recount(batch.invocation_id, batch.pk)
    _name(batch, invocation)
    contents.compare(batch, invocation)
    wanted = _outputs_wanted(batch, targets, now)
    is_complete = outputs.fetch(batch) if wanted else _has_all_outputs(batch)
    _next(batch, targets, is_complete, now, beat)


def _name(batch: Batch, invocation: gateway.Invocation | None) -> None:
    """A script that is run without being saved gets an ID for each call; the first that is told stands for the run."""
    if invocation and not batch.invocation.command_cloud_id:
        unnamed = Invocation.objects.filter(pk=batch.invocation_id, command_cloud_id="")
        unnamed.update(command_cloud_id=invocation.command_id, version=F("version") + 1)


def _outputs_wanted(batch: Batch, targets: Sequence[Target], now: datetime) -> bool:
    """Once at the end, sooner for what ended a while ago, at every poll of a small run."""
    if all(target.state in REST for target in targets):
        return not _has_all_outputs(batch)
    if batch.invocation.total <= SMALL_RUN:
        return True
    unread = Target.objects.filter(batch=batch, started_at__isnull=False).at_rest().exclude(output__is_complete=True)
    return unread.filter(changed_at__lte=now - FRESH_OUTPUT).exists()


def _has_all_outputs(batch: Batch) -> bool:
    return not Target.objects.filter(batch=batch, started_at__isnull=False).exclude(output__is_complete=True).exists()


def _next(batch: Batch, targets: Sequence[Target], is_complete: bool, now: datetime, beat: int) -> None:
    """Finished, or polled again: every second at first, ever slower the longer it takes."""
    if all(target.state in REST for target in targets) and is_complete:
        with transaction.atomic():
            row = Batch.objects.select_for_update().get(pk=batch.pk)
            if row.state == BatchState.ACCEPTED and states.finish(row):
                counting.touch(row)
        return
    age = (now - (batch.accepted_at or now)).total_seconds()
    is_silent = age > batch.invocation.timeout + following.GRACE.total_seconds()
    wait = 60.0 if is_silent else min(15.0, max(1.0, age / 10))
    due = _on_beat(db_now() + timedelta(seconds=wait), beat)
    Batch.objects.filter(pk=batch.pk).update(next_poll_at=due, poll_lease_until=None, code="", message="")


def _by_batch(listed: Iterable[gateway.Invocation]) -> Mapping[str, list[gateway.Invocation]]:
    """Our batch's id, as the tag says it -> the invocations that carry it."""
    tagged: dict[str, list[gateway.Invocation]] = defaultdict(list)
    for invocation in listed:
        tagged[invocation.tags.get("console-batch", "")].append(invocation)
    return tagged


def _follow_others(batch: Batch, tagged: Iterable[gateway.Invocation]) -> None:
    """A second invocation under this batch's tag is kept and followed beside the first (T5)."""
    for invocation in tagged:
        if invocation.invoke_id != batch.invoke_id:
            with transaction.atomic():
                row = Batch.objects.select_for_update().get(pk=batch.pk)
                states.accept(row, invocation.invoke_id)
            _store_other(batch, invocation)


def _store_other(batch: Batch, invocation: gateway.Invocation) -> None:
    results = {
        record.instance_id: {"state": following.word(record.status), "exit_code": record.exit_code}
        for record in invocation.instances
    }
    stored = OtherInvocation.objects.filter(batch=batch, invoke_id=invocation.invoke_id).exclude(results=results)
    if stored.update(results=results):
        Invocation.objects.filter(pk=batch.invocation_id).update(version=F("version") + 1)
