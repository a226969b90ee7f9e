"""Doing the workers' work in the test's own thread: what waits for its time is made due, and nothing sleeps."""

import time

from invocations import due, rollouts, tasks
from invocations.clock import db_now
from invocations.models import Batch, BatchState, Invocation, Target, Wave

PATIENCE = 20.0  # seconds without any change, after which a run that is still open is called stuck


def work_until_quiet(patience: float = PATIENCE) -> int:
    """Do everything that is due until every run has ended or waits for what only a person can mend.

    Returns the number of jobs done. Fails when nothing has moved for `patience` seconds.
    """
    done, last, moved_at = 0, None, time.monotonic()
    while jobs := _due_now():
        for name, argument in jobs:
            getattr(tasks, name.rpartition(".")[2])(argument)
        done += len(jobs)
        if (now := _picture()) != last:
            last, moved_at = now, time.monotonic()
        assert time.monotonic() - moved_at < patience, f"nothing moves any more: {last}"
    return done


def _due_now() -> list[due.Job]:
    if not Invocation.objects.live().exists() and not Batch.objects.filter(state=BatchState.ACCEPTED).exists():
        return []
    rollouts.advance()
    _hurry()
    due.expire()
    rollouts.advance()
    return due.jobs()


def _hurry() -> None:
    """What is only a matter of time happens now. A held batch stays held: its reason has to go first."""
    now = db_now()
    Wave.objects.filter(released_at=None, due_at__gt=now).update(due_at=now)
    Batch.objects.filter(state=BatchState.QUEUED, hold_reason="", next_attempt_at__gt=now).update(next_attempt_at=now)
    Batch.objects.filter(state=BatchState.UNSURE, next_lookup_at__gt=now).update(next_lookup_at=now)
    a_beat = now.replace(second=0, microsecond=0)  # for runs of any size
    Batch.objects.filter(state=BatchState.ACCEPTED, next_poll_at__gt=now).update(next_poll_at=a_beat)
    Batch.objects.filter(next_stop_at__gt=now).update(next_stop_at=now)


def _picture() -> list[object]:
    return [
        *Batch.objects.order_by("pk").values_list("pk", "state"),
        *Target.objects.order_by("pk").values_list("pk", "state"),
    ]
