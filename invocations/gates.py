"""What stands between a batch of a rollout and the cloud: its wave's gate, the failure limit, a stop.

Whoever changes a rollout or its waves, and whoever claims one of its batches, holds the lock of its run's row, taken
after the batch's. So a claim sees every failure that polling has made known, and none is sent after one too many was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import F
from django.db.models.functions import Greatest

from accounts import audit
from invocations.clock import db_now
from invocations.models import Batch, Invocation, Rollout, Target, TargetState, Wave
from invocations.waves import Amount

FAILURES = (
    TargetState.FAILED,
    TargetState.TIMEOUT,
    TargetState.ERROR,
    TargetState.INVALID,
    TargetState.ABORTED,
    TargetState.UNKNOWN,
    TargetState.UNFOLLOWED,
)  # what the limit counts; an instance that is skipped was never tried


@dataclass(frozen=True, slots=True)
class Passed:
    """The limit was passed: by how many failures, beyond those a person went on from, in which wave."""

    wave: int
    failures: int
    limit: int


def failures(run: Invocation) -> int:
    return _failed(run.counts)


def _failed(counts: Mapping[str, int]) -> int:
    return sum(counts.get(state, 0) for state in FAILURES)


def follow(run_id: int, before: Mapping[str, int], after: Mapping[str, int]) -> None:
    """What counted as failed and turned out not to have (late truth, a mark) is no longer forgiven either.

    Else it would let as many others fail unseen. The caller holds the run's lock.
    """
    cleared = _failed(before) - _failed(after)
    if cleared > 0:
        Rollout.objects.filter(pk=run_id).update(forgiven=Greatest(F("forgiven") - cleared, 0))


def passed(run: Invocation, rollout: Rollout, waves: Iterable[Wave]) -> Passed | None:
    """Judged by the run's counters and the waves that are released so far. None while the limit holds."""
    limit = Amount.read(rollout.failure_limit, least=0)
    if limit is None:
        return None
    released = [wave for wave in waves if wave.released_at]
    most = limit.limit_of(sum(wave.size for wave in released))
    counted = failures(run) - rollout.forgiven
    return Passed(released[-1].n, counted, most) if counted > most else None


def lets_go(batch: Batch) -> bool:
    """Whether this batch may be sent now. In the claim's transaction, after the lock of the batch's row.

    Where the limit turns out to be passed the halt is recorded at once, so that nobody asks again.
    """
    if batch.wave_id is None:
        return True
    run = Invocation.objects.select_for_update().get(pk=batch.invocation_id)
    rollout = Rollout.objects.get(pk=run.pk)
    waves = list(rollout.waves.all())
    if (
        rollout.halted_at
        or rollout.stopped_at
        or not any(wave.pk == batch.wave_id and wave.released_at for wave in waves)
    ):
        return False
    if over := passed(run, rollout, waves):
        halt(rollout, over)
        return False
    return True


def has_shut(batch: Batch) -> bool:
    """Whether the gate has shut since the batch was claimed: looked at once more before the call (T3)."""
    if batch.wave_id is None:
        return False
    rollout = Rollout.objects.select_related("invocation").get(pk=batch.invocation_id)
    is_halted = bool(rollout.halted_at or rollout.stopped_at)
    return is_halted or passed(rollout.invocation, rollout, rollout.waves.all()) is not None


def is_paused(run_id: int) -> bool:
    """Whether a gate, a halt or a silent target keeps what is unsent waiting, and nothing released is still to be sent.

    For a run that has something unsent.
    """
    rollout = Rollout.objects.filter(pk=run_id, stopped_at=None).first()
    if rollout is None or rollout.halted_at:
        return rollout is not None
    waves = list(rollout.waves.all())
    released = [wave for wave in waves if wave.released_at]
    if len(released) == len(waves):
        return False
    return released[-1].silent_at is not None or not _is_under_way(released)


def _is_under_way(waves: Iterable[Wave]) -> bool:
    return Target.objects.open().filter(batch__wave__in=waves).exists()


def halt(rollout: Rollout, over: Passed) -> None:
    """By the rollout's own rule, which may be to stop. The caller holds the run's lock."""
    now = db_now()
    stops = rollout.on_failures == Rollout.OnFailures.STOP
    halted = Rollout.objects.filter(pk=rollout.pk, halted_at=None, stopped_at=None).update(
        halted_at=now,
        halted_wave=over.wave,
        halted_failures=over.failures,
        halted_limit=over.limit,
        stopped_at=now if stops else None,
    )
    if halted:
        audit.record(
            None,
            "rollout.halted",
            region=rollout.invocation.region,
            object=f"run {rollout.pk}",
            rule=f"{rollout.on_failures} when more than {rollout.failure_limit} fail",
            wave=over.wave,
            failures=over.failures,
            limit=over.limit,
        )
