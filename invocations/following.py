"""What one record of the cloud does to one target. States only move forward; the console's own clock fails nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from cloud.invocations import InvocationInstance
from invocations.marking import MARKED
from invocations.models import REST, Batch, Target, TargetState

COLUMNS = [
    "state",
    "reason",
    "exit_code",
    "error_code",
    "error_info",
    "repeats",
    "started_at",
    "finished_at",
    "seconds",
    "changed_at",
]
GRACE = timedelta(minutes=10)  # an agent may be silent so long after its time-out before it is polled slowly
LISTING_LAG = timedelta(minutes=2)  # an accepted invocation may be missing from the list so long (A64)
RECORD_LAG = timedelta(minutes=5)  # and one of its targets so long after the others ended (A63)
PATIENCE = timedelta(hours=24)  # after the time-out a silent target is no longer followed (A62)

# Later ones win. A word the API adds later ranks with what runs: it is open until its target ends.
_RANK: dict[str, int] = {
    TargetState.WAITING: 0,
    TargetState.PENDING: 1,
    TargetState.SCHEDULED: 1,
    TargetState.RUNNING: 2,
    TargetState.STOPPING: 3,
}
_OPEN = 2
_END = 4


def word(status: str) -> str:
    """The API's InvocationStatus as a target state; an unknown one is itself, in lower case."""
    return TargetState.STOPPED.value if status == "Terminated" else status.lower()


def _rank(state: str) -> int:
    return _END if state in REST else _RANK.get(state, _OPEN)


def exit_code(record: InvocationInstance, state: str) -> int | None:
    """0 is told for what never ran or never reported, too; only with success is it one."""
    is_meant = state == TargetState.SUCCESS or (state in REST and record.exit_code)
    return record.exit_code if is_meant else None


def advance(target: Target, record: InvocationInstance, now: datetime) -> bool:
    """Take over what the record says, unless it is older than what is known. True when anything changed."""
    state = word(record.status)
    if not _is_newer(target, state, record.finished_at):
        return False
    before = [getattr(target, column) for column in COLUMNS if column != "changed_at"]
    target.state = state
    target.reason = ""
    target.exit_code = exit_code(record, state)
    target.error_code, target.error_info = record.error_code, record.error_info
    target.repeats = record.repeats
    target.started_at, target.finished_at = record.started_at, record.finished_at
    target.seconds = seconds_between(record.started_at, record.finished_at)
    if before == [getattr(target, column) for column in COLUMNS if column != "changed_at"]:
        return False
    target.changed_at = now
    return True


def _is_newer(target: Target, state: str, finished_at: datetime | None) -> bool:
    """An end changes only to a later end; a guess of ours or a mark by hand (marking.py) gives way to any end."""
    known, told = _rank(target.state), _rank(state)
    if target.state in (TargetState.UNKNOWN, TargetState.UNFOLLOWED) or target.reason == MARKED:
        return told == _END
    if known < _END:
        return told >= known
    is_later = finished_at is not None and (target.finished_at is None or finished_at > target.finished_at)
    return told == _END and is_later


def seconds_between(started_at: datetime | None, finished_at: datetime | None) -> float | None:
    """None where either is missing, or they run backwards (A69)."""
    if started_at is None or finished_at is None or finished_at < started_at:
        return None
    return (finished_at - started_at).total_seconds()


def missing(
    batch: Batch,
    targets: Sequence[Target],
    records: Mapping[str, InvocationInstance],
    is_listed: bool,
    now: datetime,
) -> list[Target]:
    """Targets of an accepted batch that have had their time and end without a word of the cloud; changed, not saved."""
    accepted_at = batch.accepted_at or now
    quiet_since = max([t.changed_at for t in targets if t.state in REST], default=None)
    others_ended = all(t.state in REST for t in targets if t.instance_id in records)
    ended = []
    for target in targets:
        if target.state in REST:
            continue
        if not is_listed and now > accepted_at + LISTING_LAG:
            ended.append(_end(target, TargetState.UNKNOWN, "vanished", now))
        elif is_listed and target.instance_id not in records and others_ended:
            if quiet_since and now > quiet_since + RECORD_LAG:
                ended.append(_end(target, TargetState.UNKNOWN, "no-record", now))
        elif now > accepted_at + timedelta(seconds=batch.invocation.timeout) + PATIENCE:
            ended.append(_end(target, TargetState.UNFOLLOWED, "unfollowed", now))
    return ended


def _end(target: Target, state: str, reason: str, now: datetime) -> Target:
    target.state, target.reason, target.changed_at = state, reason, now
    return target
