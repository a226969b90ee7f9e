"""Following schedules: a batch stays accepted while the cloud repeats it, and each time it ran is kept.

A target goes back from running to scheduled again and again; forward only is the rule for each execution, not for it.
The console's own clock ends nothing here: a schedule is over when the cloud no longer lists it among those that repeat.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

import cloud.invocations as gateway
from cloud import connection, errors, limits
from cloud.invocations import InvocationInstance
from invocations import counting, following, outputs, states
from invocations.clock import db_now
from invocations.models import REST, Batch, BatchState, RepeatMode, Target, TargetState
from invocations.schedules import changes, executions, replacing
from invocations.schedules.timing import Timing
from invocations.writing import update_each

REPEATING = (RepeatMode.PERIOD, RepeatMode.EVERY_REBOOT)  # those with a history; the others run once
AFTER_A_FAILURE = timedelta(seconds=30)
UNDER_WAY = timedelta(seconds=2)  # between two looks while something runs, longer the longer it takes,
LONG = timedelta(seconds=15)  # but not longer than this
WAITING = timedelta(minutes=5)  # and while nothing does
STARTUP = timedelta(minutes=1)  # nobody knows when an instance starts
EXPECTED = timedelta(minutes=1)  # after its time an execution is looked for often
MISSES = 5  # looks in a row that did not find it in any list, until it is called vanished


def poll(region: str, batches: Sequence[Batch]) -> None:
    """Ask about these batches, all of one schedule, and set when each is due again."""
    run = batches[0].invocation
    try:
        repeating = _list(region, batches, is_timed=True)
        over = _list(region, [b for b in batches if b.invoke_id not in repeating], is_timed=False)
        for batch in batches:
            _apply(batch, repeating.get(batch.invoke_id), over.get(batch.invoke_id))
    except errors.CloudError as error:
        _postpone(batches, error)
    replacing.go_on(run.pk)


def _list(region: str, batches: Sequence[Batch], *, is_timed: bool) -> dict[str, gateway.Invocation]:
    """InvokeId -> what the cloud says of it, among those that repeat or among those that do not any more."""
    ids = tuple(batch.invoke_id for batch in batches)
    if not ids:
        return {}
    if len(ids) * limits.PAGE < batches[0].invocation.total or len(ids) < 3:
        found = gateway.list_invocations(connection.current(), region, invoke_ids=ids, timed=is_timed)
    else:
        tags = {"console-run": str(batches[0].invocation_id), "console-id": settings.DEPLOYMENT_ID}
        found = gateway.list_invocations(connection.current(), region, tags=tags, timed=is_timed)
    return {invocation.invoke_id: invocation for invocation in found}


def _apply(batch: Batch, repeating: gateway.Invocation | None, over: gateway.Invocation | None) -> None:
    """Targets first, then the executions that are new to us. Raises a member of `cloud.errors`."""
    now = db_now()
    listed = repeating or over
    records = {record.instance_id: record for record in listed.instances} if listed else {}
    misses = 0 if listed else batch.lookups + 1
    with transaction.atomic():
        row = Batch.objects.select_for_update().get(pk=batch.pk)
        targets = list(Target.objects.select_for_update().filter(batch=batch).order_by("pk"))
        changed = [t for t in targets if t.instance_id in records and _advance(t, records[t.instance_id], now)]
        if misses >= MISSES:
            changed += _lose(targets, now)
        update_each(changed, following.COLUMNS)
        Batch.objects.filter(pk=row.pk).update(lookups=misses)
        if listed:
            changes.notice(row, listed)
        if changed:
            counting.recount(batch.invocation_id, batch.pk)
    is_complete = executions.fetch(batch, targets) if listed else True
    is_over = repeating is None and all(target.state in REST for target in targets)
    if is_over and (is_complete or _is_long_ago(targets, now)):
        _finish(batch)
        return
    wait = _wait(batch, targets, now) if is_complete else _a_tenth_of(now - _changed_at(targets))
    Batch.objects.filter(pk=batch.pk).update(
        next_poll_at=db_now() + wait, poll_lease_until=None, code="", message="", request_id=""
    )


def _advance(target: Target, record: InvocationInstance, now: datetime) -> bool:
    """Take over what the record says, whatever was known: the next time begins where this one ended."""
    state = following.word(record.status)
    if target.state == TargetState.STOPPING and state in (TargetState.SCHEDULED, TargetState.PENDING):
        return False  # the stop is on its way
    told = {
        "state": state,
        "reason": "",
        "exit_code": following.exit_code(record, state),
        "error_code": record.error_code,
        "error_info": record.error_info,
        "repeats": record.repeats,
        "started_at": record.started_at,
        "finished_at": record.finished_at,
        "seconds": following.seconds_between(record.started_at, record.finished_at),
    }
    if all(getattr(target, name) == value for name, value in told.items()):
        return False
    for name, value in told.items():
        setattr(target, name, value)
    target.changed_at = now
    return True


def _lose(targets: Iterable[Target], now: datetime) -> list[Target]:
    """The cloud has been asked again and again, and lists it nowhere."""
    lost = [target for target in targets if target.state not in REST]
    for target in lost:
        target.state, target.reason, target.changed_at = TargetState.UNKNOWN, "vanished", now
    return lost


def _finish(batch: Batch) -> None:
    with transaction.atomic():
        row = Batch.objects.select_for_update().get(pk=batch.pk)
        if row.state == BatchState.ACCEPTED and states.finish(row):
            counting.recount(row.invocation_id, row.pk)


def _wait(batch: Batch, targets: Sequence[Target], now: datetime) -> timedelta:
    """Often while something runs or should have begun, else until the next time, but not for ever."""
    moving = [t for t in targets if t.state not in REST and t.state != TargetState.SCHEDULED]
    if moving:
        since = max((t.started_at or t.changed_at for t in moving), default=now)
        return _a_tenth_of(now - since)
    timing = Timing.of(batch.invocation, batch.accepted_at)
    if timing.is_startup:
        return STARTUP
    last = max((t.started_at for t in targets if t.started_at), default=batch.accepted_at or now)
    due = timing.next_time(now - EXPECTED)
    if due and due <= now and last < due:
        return UNDER_WAY * 2
    due = timing.next_time(now)
    return min(WAITING, due - now + timedelta(seconds=1)) if due else WAITING


def _a_tenth_of(age: timedelta) -> timedelta:
    """Ever slower the longer it takes."""
    return min(LONG, max(UNDER_WAY, age / 10))


def _changed_at(targets: Sequence[Target]) -> datetime:
    return max(target.changed_at for target in targets)


def _is_long_ago(targets: Sequence[Target], now: datetime) -> bool:
    """What has not been told of by now is forgotten (A65)."""
    return _changed_at(targets) < now - outputs.FORGOTTEN


def _postpone(batches: Iterable[Batch], error: errors.CloudError) -> None:
    """Nobody's state changes, the reason is kept, and the next look comes soon."""
    said: Mapping[str, str] = {"code": error.code, "message": error.message, "request_id": error.request_id}
    for batch in batches:
        Batch.objects.filter(pk=batch.pk, state=BatchState.ACCEPTED).update(
            next_poll_at=db_now() + AFTER_A_FAILURE, poll_lease_until=None, **said
        )
