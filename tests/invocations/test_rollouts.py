"""Runs in waves, from submit to the last one: gates, halts and stops, judged by the simulated cloud's journal."""

import threading
from datetime import timedelta

import pytest
from django.db import connection as database
from django.db import transaction

from accounts.models import AuditEntry
from invocations import counting, dispatch, due, gates, rollouts, states, stopping
from invocations.answers import Answer
from invocations.models import Batch, BatchState, Invocation, Outcome, Rollout, Target, TargetState, Wave
from invocations.waves import Amount, Plan
from tests.factories import PersonFactory, now

pytestmark = pytest.mark.django_db(transaction=True)
HERE = "127.0.0.1"


def waves_of(size=1, **plan):
    plan.setdefault("gate", Rollout.Gate.TIMED)
    return Plan(kind=Rollout.Kind.WAVES, size=Amount(size), **plan)


def fresh(run: Invocation) -> Invocation:
    return Invocation.objects.get(pk=run.pk)


def sends(simulator) -> int:
    return len(simulator.journal.calls("InvokeCommand"))


def fail(run: Invocation, n: int, state: str = TargetState.FAILED) -> None:
    """As polling writes it: so many more of the run's targets have ended badly."""
    with transaction.atomic():
        pks = list(run.targets.filter(state=TargetState.WAITING).order_by("pk").values_list("pk", flat=True)[:n])
        Target.objects.filter(pk__in=pks).update(state=state)
        counting.recount(run.pk)


def succeed(run: Invocation, seq: int, **of: str) -> None:
    """All targets of a batch, or those of a state."""
    with transaction.atomic():
        run.targets.filter(batch__seq=seq, **of).update(state=TargetState.SUCCESS)
        counting.recount(run.pk)


def claim(run: Invocation, seq: int):
    return states.claim(run.batches.get(seq=seq).pk, "a-worker")


def told(action: str) -> dict:
    return AuditEntry.objects.get(action=action).detail


def test_a_wave_is_sent_only_after_the_one_before_it_has_ended(submitted, simulator, ran, work_until_quiet):
    run = submitted(targets=3, rollout=waves_of(1))

    work_until_quiet()

    first, second, third = run.rollout.waves.all()
    assert first.ended_at <= second.released_at < second.ended_at <= third.released_at
    assert set(ran().values()) == {1}
    assert fresh(run).state == "success"
    assert [wave.released_by for wave in (first, second, third)] == [None] * 3


def test_a_gate_waits_for_a_person_and_says_so(submitted, simulator, work_until_quiet):
    run = submitted(targets=4, rollout=Plan(kind="canary", size=Amount(1)))
    person = PersonFactory()

    work_until_quiet()

    assert (fresh(run).state, sends(simulator)) == ("paused", 1)
    assert due.jobs() == []
    assert rollouts.release(fresh(run), 2, person, HERE)
    work_until_quiet()
    assert (fresh(run).state, sends(simulator)) == ("success", 2)
    assert run.rollout.waves.get(n=2).released_by == person
    assert told("rollout.released") == {"wave": 2}


def test_a_gate_opens_once_and_only_when_it_is_its_turn(submitted, work_until_quiet):
    run = submitted(targets=3, rollout=waves_of(1, gate=Rollout.Gate.HAND))
    first, second = PersonFactory(), PersonFactory()

    assert not rollouts.release(run, 2, first, HERE)  # wave 1 is under way
    work_until_quiet()
    assert not rollouts.release(run, 3, first, HERE)  # wave 2 comes first
    assert rollouts.release(run, 2, first, HERE)
    assert not rollouts.release(run, 2, second, HERE)

    assert run.rollout.waves.get(n=2).released_by == first


def test_no_gate_opens_once_too_many_have_failed_although_the_next_wave_would_allow_more(submitted):
    run = submitted(targets=40, rollout=waves_of(10, limit=Amount(10, True), gate=Rollout.Gate.HAND))
    fail(run, 2)
    succeed(run, 1, state=TargetState.WAITING)
    Wave.objects.filter(n=1).update(ended_at=now())

    assert not rollouts.release(fresh(run), 2, PersonFactory(), HERE)

    assert Rollout.objects.get().halted_failures == 2
    assert run.rollout.waves.get(n=2).released_at is None


def test_a_timed_gate_opens_when_its_time_has_come_or_a_person_is_quicker(submitted):
    run = submitted(targets=3, rollout=waves_of(1, pause=600))
    succeed(run, 1)

    rollouts.advance()
    rollouts.advance()

    second = run.rollout.waves.get(n=2)
    assert second.released_at is None
    assert timedelta(minutes=9) < second.due_at - now() <= timedelta(minutes=10)
    Wave.objects.filter(pk=second.pk).update(due_at=now())
    rollouts.advance()
    assert run.rollout.waves.get(n=2).released_at


def test_who_continues_now_does_not_wait_for_the_time(submitted):
    run = submitted(targets=2, rollout=waves_of(1, pause=600))
    succeed(run, 1)
    rollouts.advance()

    assert rollouts.release(run, 2, PersonFactory(), HERE)

    assert claim(run, 2)


def test_a_batch_of_a_wave_that_is_not_released_is_neither_due_nor_claimed(submitted):
    run = submitted(targets=2, rollout=waves_of(1, gate=Rollout.Gate.HAND))

    assert [argument for _name, argument in due.jobs()] == [str(run.batches.get(seq=1).pk)]
    assert claim(run, 2) is None


def test_failures_past_the_limit_stop_it_and_the_trail_names_the_rule(submitted, simulator, ran, work_until_quiet):
    run = submitted(targets=4, content="exit 1", rollout=waves_of(1, limit=Amount(1)))

    work_until_quiet()

    assert sorted(ran().values()) == [1, 1]
    run = fresh(run)
    assert (run.state, run.counts) == ("failed", {"failed": 2, "cancelled": 2})
    assert run.targets.filter(state="cancelled", reason="stopped").count() == 2
    halted = run.rollout
    assert (halted.halted_wave, halted.halted_failures, halted.halted_limit) == (2, 2, 1)
    assert (halted.stopped_at is not None, halted.stopped_by) == (True, None)
    entry = AuditEntry.objects.get(action="rollout.halted")
    assert (entry.person, entry.detail["rule"]) == (None, "stop when more than 1 fail")


def test_failures_past_the_limit_pause_it_and_counting_starts_anew(submitted, simulator, work_until_quiet):
    run = submitted(targets=5, content="exit 1", rollout=waves_of(1, limit=Amount(1), on_failures="pause"))

    work_until_quiet()
    assert (fresh(run).state, sends(simulator)) == ("paused", 2)
    assert rollouts.go_on(fresh(run), PersonFactory(), HERE)
    assert not rollouts.go_on(fresh(run), PersonFactory(), HERE)
    work_until_quiet()

    assert (fresh(run).state, sends(simulator)) == ("paused", 4)
    assert Rollout.objects.get().forgiven == 2
    assert told("rollout.continued") == {"forgiven": 2, "limit": None}


def test_whoever_goes_on_may_set_another_limit(submitted, simulator, work_until_quiet):
    run = submitted(targets=4, content="exit 1", rollout=waves_of(1, limit=Amount(0), on_failures="pause"))
    work_until_quiet()

    rollouts.go_on(fresh(run), PersonFactory(), HERE, limit="3")
    work_until_quiet()

    assert (fresh(run).state, sends(simulator)) == ("failed", 4)


def test_who_goes_on_after_a_halt_opens_the_gate_as_well(submitted, simulator, work_until_quiet):
    plan = waves_of(1, gate=Rollout.Gate.HAND, limit=Amount(0), on_failures="pause")
    run = submitted(targets=2, content="exit 1", rollout=plan)
    work_until_quiet()

    rollouts.go_on(fresh(run), PersonFactory(), HERE)
    work_until_quiet()

    assert sends(simulator) == 2


@pytest.mark.parametrize("state", gates.FAILURES)
def test_the_limit_holds_in_the_middle_of_a_wave_whatever_went_wrong(submitted, settings, state):
    settings.BATCH_SIZE = 1
    run = submitted(targets=4, rollout=waves_of(4, limit=Amount(1)))
    assert claim(run, 1)

    fail(run, 2, state)

    assert claim(run, 4) is None
    assert run.batches.get(seq=4).state == BatchState.QUEUED
    assert due.jobs() == []  # the refusal has recorded it: nobody asks again
    assert Rollout.objects.get().halted_at


def test_a_claim_that_finds_the_limit_passed_shows_the_pause_at_once(submitted, settings):
    settings.BATCH_SIZE = 1
    run = submitted(targets=3, rollout=waves_of(3, limit=Amount(0), on_failures="pause"))
    fail(run, 1)
    before = fresh(run)

    claim(run, 3)

    assert (before.state, fresh(run).state) == ("queued", "paused")
    assert fresh(run).version > before.version


def test_skipped_instances_do_not_count(submitted, settings):
    settings.BATCH_SIZE = 1
    run = submitted(targets=3, rollout=waves_of(3, limit=Amount(0)))

    fail(run, 2, TargetState.SKIPPED)

    assert claim(run, 3)


def test_a_share_is_of_the_waves_released_so_far(submitted, settings):
    settings.BATCH_SIZE = 1
    run = submitted(targets=20, rollout=waves_of(10, limit=Amount(10, True), gate=Rollout.Gate.HAND))

    fail(run, 1)
    assert claim(run, 10)
    fail(run, 1)
    assert claim(run, 9) is None


def test_a_claim_waits_for_what_is_about_to_be_known(submitted, settings):
    """Polling has written the failure that is one too many, and has not committed it yet."""
    settings.BATCH_SIZE = 1
    run = submitted(targets=3, rollout=waves_of(3, limit=Amount(0)))
    claims = []

    def claim_beside() -> None:
        try:
            claims.append(claim(run, 3))
        finally:
            database.close()

    beside = threading.Thread(target=claim_beside)
    with transaction.atomic():
        run.targets.filter(batch__seq=1).update(state=TargetState.FAILED)
        counting.recount(run.pk)
        beside.start()
        beside.join(0.5)
        assert beside.is_alive()
    beside.join(20)

    assert claims == [None]
    assert not run.batches.get(seq=3).attempts.exists()


def test_a_failure_that_becomes_known_between_claim_and_call_keeps_it_from_the_cloud(
    submitted, simulator, settings, monkeypatch
):
    settings.BATCH_SIZE = 1
    run = submitted(targets=3, rollout=waves_of(3, limit=Amount(0)))
    claimed = states.claim

    def claim_then_fail(batch_id, worker):
        attempt = claimed(batch_id, worker)
        fail(run, 1)
        return attempt

    monkeypatch.setattr(states, "claim", claim_then_fail)
    batch = run.batches.get(seq=3)

    dispatch.dispatch(batch.pk)

    assert sends(simulator) == 0
    assert batch.attempts.get().outcome == Outcome.NOT_SENT
    assert Batch.objects.get(pk=batch.pk).state == BatchState.QUEUED


def test_a_batch_in_doubt_is_looked_up_and_not_sent_again_after_a_halt(
    submitted, simulator, settings, work_until_quiet
):
    settings.BATCH_SIZE = 1
    run = submitted(targets=2, rollout=waves_of(2, limit=Amount(0)))
    attempt = claim(run, 1)
    states.record(attempt, Answer(outcome=Outcome.UNKNOWN))
    fail(Invocation.objects.get(pk=run.pk), 2)
    rollouts.advance()
    Batch.objects.filter(seq=1).update(next_attempt_at=now())

    assert claim(run, 1) is None
    assert run.batches.get(seq=1).state == BatchState.UNSURE
    assert [name.rpartition(".")[2] for name, _argument in due.jobs() if "look_up" not in name] == []


def test_stop_here_leaves_what_runs_and_sends_nothing_more(submitted, simulator, work_until_quiet):
    run = submitted(targets=3, rollout=waves_of(1, gate=Rollout.Gate.HAND))
    person = PersonFactory()
    dispatch.dispatch(run.batches.get(seq=1).pk)

    assert rollouts.stop_here(run, person, HERE)
    assert not rollouts.stop_here(run, person, HERE)
    work_until_quiet()

    assert fresh(run).counts == {"success": 1, "cancelled": 2}
    assert fresh(run).state == "stopped"
    assert simulator.journal.calls("StopInvocation") == []
    assert Rollout.objects.get().stopped_by == person


def test_what_comes_back_unsent_after_stop_here_is_cancelled(submitted):
    run = submitted(targets=2, rollout=waves_of(1, gate=Rollout.Gate.HAND))
    attempt = claim(run, 1)
    rollouts.stop_here(run, PersonFactory(), HERE)

    states.record(attempt, Answer(outcome=Outcome.NO_EFFECT))
    rollouts.advance()

    assert fresh(run).counts == {"cancelled": 2}


def test_a_plain_stop_ends_every_wave(submitted, work_until_quiet):
    run = submitted(targets=3, rollout=waves_of(1, gate=Rollout.Gate.HAND))
    work_until_quiet()

    stopping.request(fresh(run), PersonFactory(), HERE)

    assert fresh(run).counts == {"success": 1, "cancelled": 2}
    assert not rollouts.release(fresh(run), 2, PersonFactory(), HERE)


def test_a_target_that_never_answers_shuts_even_an_automatic_gate(submitted):
    run = submitted(targets=2, rollout=waves_of(1))
    first = run.batches.get(seq=1)
    states.record(claim(run, 1), Answer(outcome=Outcome.ACCEPTED, invoke_id="t-1"))
    long_ago = now() - timedelta(seconds=run.timeout + 601)
    Batch.objects.filter(pk=first.pk).update(accepted_at=long_ago)
    Wave.objects.filter(n=1).update(released_at=long_ago)

    rollouts.advance()
    assert fresh(run).state == "paused"
    succeed(run, 1)  # it answers after all: a person decides all the same
    rollouts.advance()
    rollouts.advance()

    assert run.rollout.waves.get(n=2).released_at is None
    assert rollouts.release(fresh(run), 2, PersonFactory(), HERE)


def test_children_of_a_split_stay_in_their_wave(submitted):
    run = submitted(targets=4, rollout=waves_of(2))
    attempt = claim(run, 1)

    states.record(attempt, Answer(outcome=Outcome.REJECTED, splits=True, too_many=True, unfit={}))

    assert set(run.batches.filter(parent__isnull=False).values_list("wave__n", flat=True)) == {1}


def test_what_no_gate_has_let_go_in_24_hours_lapses(submitted):
    run = submitted(targets=2, rollout=waves_of(1, gate=Rollout.Gate.HAND))
    Batch.objects.update(send_deadline=now())

    due.expire()

    assert set(run.targets.values_list("state", "reason")) == {("cancelled", "not-in-time")}


def test_waves_of_a_restored_database_are_never_sent(submitted, simulator):
    run = submitted(targets=2, rollout=waves_of(1, gate=Rollout.Gate.HAND))

    states.distrust(run.batches.all())
    Wave.objects.update(released_at=now())

    assert [claim(run, seq) for seq in (1, 2)] == [None, None]
    assert sends(simulator) == 0
