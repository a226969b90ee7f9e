"""A rollout on its way: waves end, gates open by time or by a person, failures past the limit halt it.

`advance` is the tick's; the rest is what a person decides. Each change holds the lock of the run's row and says in its
WHERE what must still be so: twice, late or by two at once, it has one effect.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count

from accounts import audit
from accounts.models import Person
from invocations import counting, gates, states, trust
from invocations.clock import db_now
from invocations.following import GRACE
from invocations.models import UNCONFIRMED, Batch, BatchState, Invocation, Rollout, Target, TargetState, Wave

CANCELLED_AT_ONCE = 100  # batches a tick


def advance() -> None:
    """Everything that time and results do to the rollouts that are under way. Few queries, however many there are."""
    now = db_now()
    live = Rollout.objects.filter(invocation__ended_at=None, invocation__stop_requested_at=None, stopped_at=None)
    rollouts = list(live.select_related("invocation").prefetch_related("waves"))
    open_targets = _open_targets(wave for rollout in rollouts if (wave := current(rollout.waves.all())))
    for rollout in rollouts:
        _advance(rollout, open_targets, now)
    _cancel_unsent()


def current(waves: Iterable[Wave]) -> Wave | None:
    """The last one that is released, while it has not ended."""
    released = [wave for wave in waves if wave.released_at]
    return released[-1] if released and not released[-1].ended_at else None


def following(waves: Iterable[Wave]) -> Wave | None:
    """The one that is released next."""
    return next((wave for wave in waves if not wave.released_at), None)


def is_silent(wave: Wave, timeout: int, now: datetime) -> bool:
    """Whether all of it was sent, and time-out and grace are over, for the last of it too. For a wave that is open."""
    patience = timedelta(seconds=timeout) + GRACE
    if wave.released_at is None or now <= wave.released_at + patience:
        return False  # without a query: it is asked every second
    rows = list(Batch.objects.filter(wave=wave).values_list("state", "accepted_at"))
    is_sent = not any(state in UNCONFIRMED for state, _at in rows)
    return is_sent and now > max((at for _state, at in rows if at), default=now) + patience


def _open_targets(waves: Iterable[Wave]) -> Counter[int]:
    """Wave -> targets that are not at rest."""
    rows = Target.objects.open().filter(batch__wave__in=[wave.pk for wave in waves]).order_by()
    return Counter(dict(rows.values_list("batch__wave").annotate(n=Count("pk"))))


def _advance(rollout: Rollout, open_targets: Counter[int], now: datetime) -> None:
    waves = list(rollout.waves.all())
    run, wave, following_one = rollout.invocation, current(waves), following(waves)
    if run.counts.get(TargetState.WAITING) and rollout.halted_at is None and gates.passed(run, rollout, waves):
        _halt(rollout.pk)
    elif wave and not open_targets[wave.pk]:
        _end(wave, following_one, rollout, now)
    elif wave and following_one and wave.silent_at is None and is_silent(wave, run.timeout, now):
        _mark_silent(wave, now)
    elif rollout.halted_at is None and following_one and following_one.due_at and following_one.due_at <= now:
        _release(run.pk, following_one.n, None)


def _halt(pk: int) -> None:
    """While something waits to be sent; afterwards there is nothing to halt."""
    with transaction.atomic():
        run = Invocation.objects.select_for_update().get(pk=pk)
        rollout = Rollout.objects.get(pk=pk)
        over = gates.passed(run, rollout, rollout.waves.all())
        if over and rollout.halted_at is None and run.counts.get(TargetState.WAITING):
            gates.halt(rollout, over)
            counting.restate(run.pk)


def _end(wave: Wave, following_one: Wave | None, rollout: Rollout, now: datetime) -> None:
    """All of a wave's targets are at rest: the next gate may count down now, unless somebody has to decide first."""
    with transaction.atomic():
        Invocation.objects.select_for_update().get(pk=rollout.pk)
        if not Wave.objects.filter(pk=wave.pk, ended_at=None).update(ended_at=now):
            return
        if following_one and rollout.gate == Rollout.Gate.TIMED and wave.silent_at is None:
            due_at = now + timedelta(seconds=rollout.pause)
            Wave.objects.filter(pk=following_one.pk, released_at=None).update(due_at=due_at)
        counting.restate(rollout.pk)


def _mark_silent(wave: Wave, now: datetime) -> None:
    """One that never answers would keep an automatic gate waiting, and may be a sign: a person decides."""
    with transaction.atomic():
        Invocation.objects.select_for_update().get(pk=wave.rollout_id)
        if Wave.objects.filter(pk=wave.pk, ended_at=None, silent_at=None).update(silent_at=now):
            counting.restate(wave.rollout_id)


def _release(run_id: int, n: int, person: Person | None) -> bool:
    """Open the gate of wave `n`, if all before it are released and nothing has halted the rollout.

    A limit that is a share grows with each wave that is released, so it is looked at before that.
    """
    with transaction.atomic():
        run = Invocation.objects.select_for_update().get(pk=run_id)
        rollout = Rollout.objects.get(pk=run_id)
        is_shut = rollout.halted_at or rollout.stopped_at or run.stop_requested_at or run.ended_at
        if is_shut or rollout.waves.filter(n__lt=n, released_at=None).exists():
            return False
        if over := gates.passed(run, rollout, rollout.waves.all()):
            gates.halt(rollout, over)
            counting.restate(run_id)
            return False
        released = rollout.waves.filter(n=n, released_at=None).update(released_at=db_now(), released_by=person)
        if released:
            counting.restate(run_id)
        return bool(released)


# What a person decides


def may_release(waves: Sequence[Wave]) -> bool:
    """Whether the gate of the next wave is the person's to open: the wave before it has ended, or fell silent."""
    wave = current(waves)
    return following(waves) is not None and (wave is None or wave.silent_at is not None)


def release(run: Invocation, n: int, person: Person, address: str) -> bool:
    """Let wave `n` go now. False: somebody had done so, or it is not its turn."""
    with transaction.atomic():
        if not may_release(list(run.rollout.waves.all())) or not _release(run.pk, n, person):
            return False
        _record("rollout.released", run, person, address, wave=n)
        return True


def go_on(run: Invocation, person: Person, address: str, *, limit: str | None = None) -> bool:
    """After a halt: what has failed so far is forgiven, counting starts anew. `limit` is another one from now on."""
    with transaction.atomic():
        row = Invocation.objects.select_for_update().get(pk=run.pk)
        columns = {} if limit is None else {"failure_limit": limit}
        halted = Rollout.objects.filter(pk=run.pk, stopped_at=None, halted_at__isnull=False)
        forgiven = gates.failures(row)
        if not halted.update(halted_at=None, forgiven=forgiven, **columns):
            return False
        _release_too(Rollout.objects.get(pk=run.pk), person)
        _record("rollout.continued", run, person, address, forgiven=forgiven, limit=limit)
        counting.restate(run.pk)
    return True


def stop_here(run: Invocation, person: Person, address: str) -> bool:
    """Nothing more is sent; what was sent goes on to its end."""
    with transaction.atomic():
        Invocation.objects.select_for_update().get(pk=run.pk)
        going_on = Rollout.objects.filter(pk=run.pk, stopped_at=None)
        if not going_on.update(stopped_at=db_now(), stopped_by=person):
            return False
        counting.restate(run.pk)
        _record("rollout.stopped", run, person, address)
    _cancel_unsent(run.pk)
    return True


def _release_too(rollout: Rollout, person: Person) -> None:
    """Who goes on after a halt has seen how the wave ended: a gate that waits for a hand need not be opened apart."""
    waves = list(rollout.waves.all())
    wave = following(waves)
    if wave and rollout.gate == Rollout.Gate.HAND and may_release(waves):
        _release(rollout.pk, wave.n, person)


def _cancel_unsent(run_id: int | None = None) -> None:
    """Of rollouts that were stopped. What is in doubt may have run: it is looked up, and never sent again."""
    stopped = Batch.objects.filter(state=BatchState.QUEUED, wave__rollout__stopped_at__isnull=False)
    if run_id:
        stopped = stopped.filter(invocation=run_id)
    for pk in list(stopped.order_by("pk").values_list("pk", flat=True)[: None if run_id else CANCELLED_AT_ONCE]):
        with transaction.atomic():
            batch = Batch.objects.select_for_update().get(pk=pk)
            is_unsent = batch.state == BatchState.QUEUED and not batch.attempts.doubtful().exists()
            if is_unsent and trust.believes(batch):
                states.cancel(batch, reason="stopped")
                counting.recount(batch.invocation_id, batch.pk)


def _record(action: str, run: Invocation, person: Person | None, address: str, **detail: object) -> None:
    audit.record(person, action, region=run.region, object=f"run {run.pk}", address=address, **detail)
