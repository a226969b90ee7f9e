"""Schedules against the simulated cloud: made once, followed for as long as they go on, every execution kept."""

import time
from datetime import UTC, timedelta

import pytest

from cloud import connection
from invocations import polling, stopping, tasks
from invocations.clock import db_now
from invocations.models import Alarm, Attempt, Batch, BatchState, Execution, Invocation, Outcome
from invocations.schedules import following, replacing
from invocations.schedules.timing import Timing
from tests.factories import HANGZHOU, PersonFactory

pytestmark = pytest.mark.django_db(transaction=True)

EVERY_5_MINUTES = Timing("Period", "rate(5m)")


def at(moment, zone="UTC"):
    return Timing("Period", f"at({moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} {zone})")


def look(times=1):
    """One look at everything the cloud has taken, as if it were due."""
    for _ in range(times):
        Batch.objects.filter(state=BatchState.ACCEPTED).update(next_poll_at=db_now(), poll_lease_until=None)
        polling.poll_region(HANGZHOU)


@pytest.fixture
def look_until(simulator):
    def until(condition):
        for _ in range(200):
            look()
            if condition():
                return
        raise AssertionError("it did not come true")

    return until


@pytest.fixture
def made(submitted, look_until):
    """A schedule that the cloud has taken and keeps."""

    def make(targets=2, content="date", timing=EVERY_5_MINUTES, **plan):
        run = submitted(targets, content, timing=timing, **plan)
        send(run)
        look_until(lambda: states(run) == {"scheduled"})
        run.refresh_from_db()
        return run

    return make


def send(run):
    for pk in run.batches.values_list("pk", flat=True):
        tasks.dispatch_batch(str(pk))


def states(run):
    return set(run.targets.values_list("state", flat=True))


def ran(run):
    """(instance, number, state, exit code) of all that is kept."""
    rows = Execution.objects.filter(invocation=run).order_by("n", "target__instance_id")
    return list(rows.values_list("n", "state", "exit_code", "is_complete"))


def test_a_schedule_is_taken_and_waits(made, simulator):
    run = made()

    assert (run.state, run.ended_at) == ("scheduled", None)
    (call,) = simulator.journal.calls("InvokeCommand")
    assert call.tags["console-run"] == str(run.pk)
    assert run.batches.get().state == BatchState.ACCEPTED
    assert simulator.journal.executions() == []


def test_each_execution_is_kept_with_its_output_and_the_schedule_goes_on(made, simulator, look_until):
    run = made(content="echo number $RANDOM; exit 3")
    for n in (1, 2):
        simulator.advance(300)
        look_until(lambda n=n: len(ran(run)) == 2 * n and states(run) == {"scheduled"})

    assert ran(run) == [(1, "failed", 3, True)] * 2 + [(2, "failed", 3, True)] * 2
    run.refresh_from_db()
    assert (run.state, states(run)) == ("scheduled", {"scheduled"})
    assert all(one.content.startswith(b"number") for one in Execution.objects.all())
    due = set(Execution.objects.values_list("due_at", flat=True))
    assert len(due) == 2, "both instances belong to the same two times"
    assert max(due) - min(due) == timedelta(minutes=5)


def test_what_is_here_already_is_not_read_again(made, simulator, look_until):
    run = made(1)
    simulator.advance(300)
    look_until(lambda: ran(run) == [(1, "success", 0, True)])
    before = len(simulator.journal.calls("DescribeInvocationResults"))

    look(3)

    assert len(simulator.journal.calls("DescribeInvocationResults")) == before


def test_A88_a_lost_reply_makes_no_second_schedule(submitted, simulator, look_until):
    run = submitted(2, "date", timing=EVERY_5_MINUTES)
    simulator.fault("InvokeCommand", "lose_after", times=1)
    send(run)
    batch = run.batches.get()
    assert batch.state == BatchState.UNSURE

    tasks.look_up_batch(str(batch.pk))

    batch.refresh_from_db()
    assert batch.state == BatchState.ACCEPTED
    assert list(simulator.accepted()) == [batch.invoke_id]
    look_until(lambda: states(run) == {"scheduled"})


def test_A90_a_time_that_passed_while_it_waited_is_not_sent(submitted, simulator):
    soon = db_now() + timedelta(seconds=59)
    run = submitted(2, "date", timing=at(soon))

    send(run)

    run.refresh_from_db()
    assert simulator.journal.calls("InvokeCommand") == []
    assert states(run) == {"skipped"}
    assert set(run.targets.values_list("reason", flat=True)) == {"time-passed"}
    assert Attempt.objects.get().outcome == Outcome.NOT_SENT
    assert run.ended_at is not None


def test_A90_after_a_call_that_may_have_been_taken_nothing_is_called_not_run(submitted, simulator):
    run = submitted(1, "date", timing=at(db_now() + timedelta(seconds=70)))
    simulator.fault("InvokeCommand", "lose_after", times=1)
    send(run)
    Batch.objects.update(next_attempt_at=db_now())
    Invocation.objects.update(frequency=at(db_now() + timedelta(seconds=30)).text)  # as if it had waited

    send(run)

    assert run.batches.get().state == BatchState.UNSURE
    assert states(run) == {"waiting"}
    assert len(simulator.journal.calls("InvokeCommand")) == 1


def test_a_single_time_runs_once_and_ends(made, simulator, look_until):
    moment = db_now() + timedelta(minutes=10)
    run = made(2, timing=at(moment))

    simulator.advance(600)
    look_until(lambda: run.batches.get().state == BatchState.FINISHED)

    run.refresh_from_db()
    assert (run.state, run.counts) == ("success", {"success": 2})
    assert set(Execution.objects.values_list("due_at", flat=True)) == {moment.replace(microsecond=0)}


def test_A91_the_next_startup_runs_once_and_is_over(made, simulator, look_until):
    run = made(1, timing=Timing("NextRebootOnly"))
    (instance_id,) = run.targets.values_list("instance_id", flat=True)

    simulator.reboot_instance(instance_id)
    look_until(lambda: run.batches.get().state == BatchState.FINISHED)
    simulator.reboot_instance(instance_id)
    look(2)

    assert ran(run) == [(1, "success", 0, True)]
    assert len(simulator.journal.executions()) == 1


def test_A91_waiting_for_a_startup_ends_with_the_instance(made, simulator, look_until):
    run = made(2, timing=Timing("NextRebootOnly"))
    gone = run.targets.order_by("pk").first()

    simulator.release_instance(gone.instance_id)
    look_until(lambda: states(run) == {"scheduled", "aborted"})

    gone.refresh_from_db()
    run.refresh_from_db()
    assert gone.error_code == "InstanceNotExists"
    assert run.state == "scheduled"


def test_A91_every_startup_is_kept(made, simulator, look_until):
    run = made(1, timing=Timing("EveryReboot"))
    (instance_id,) = run.targets.values_list("instance_id", flat=True)
    for n in (1, 2):
        simulator.reboot_instance(instance_id)
        look_until(lambda n=n: len([row for row in ran(run) if row[-1]]) == n and states(run) == {"scheduled"})

    assert [row[0] for row in ran(run)] == [1, 2]
    assert set(Execution.objects.values_list("due_at", flat=True)) == {None}


def test_A92_after_a_day_away_every_execution_is_listed(made, simulator, look_until):
    run = made(1, "echo x", timing=Timing("Period", "rate(4h)"))
    for n in range(1, 7):
        simulator.advance(4 * 3600)
        simulator_settles(run, n)

    look_until(lambda: len(ran(run)) == 6)

    assert [row[0] for row in ran(run)] == list(range(1, 7))
    assert len(set(Execution.objects.values_list("due_at", flat=True))) == 6


def simulator_settles(run, n):
    """Until the n-th round, which has just come, is over in the cloud: a round that overlaps it would be skipped."""
    import cloud.invocations as gateway

    batch, until = run.batches.get(), time.monotonic() + 20
    while time.monotonic() < until:
        (listed,) = gateway.list_invocations(connection.current(), HANGZHOU, invoke_ids=(batch.invoke_id,), timed=True)
        if {(one.status, one.repeats) for one in listed.instances} == {("Scheduled", n)}:
            return
    raise AssertionError("the round did not end")


def test_A92_what_the_cloud_has_forgotten_is_named(made, simulator, look_until, monkeypatch):
    run = made(1, "echo x", timing=Timing("Period", "rate(1h)"))
    for n in range(1, 4):
        simulator.advance(3600)
        simulator_settles(run, n)
    look_until(lambda: len(ran(run)) == 3)
    target = run.targets.get()
    # Two that nobody saw: the cloud counts five by now, and lists the first three and none of these
    Execution.objects.filter(n__in=(1, 2)).delete()
    Execution.objects.filter(n=3).update(n=5, finished_at=db_now() - timedelta(hours=1))
    type(target).objects.update(repeats=5)

    from invocations.schedules import executions

    assert executions.fetch(run.batches.get(), [run.targets.get()])

    lost = Execution.objects.filter(error_code=executions.LOST)
    assert [one.n for one in lost] == [4]


def test_A93_an_agent_that_is_too_old_fails_alone(submitted, simulator, look_until):
    run = submitted(2, "date", timing=EVERY_5_MINUTES)
    old = run.targets.order_by("pk").first()
    simulator.event("agent_version", instance_id=old.instance_id, version="2.2.3.281")

    send(run)
    look_until(lambda: states(run) == {"scheduled", "invalid"})

    old.refresh_from_db()
    run.refresh_from_db()
    assert old.error_code == "ClientNeedUpgrade"
    assert (run.state, run.ended_at) == ("scheduled", None)


def test_A79_a_change_made_elsewhere_is_seen_with_old_and_new(made, simulator, look_until):
    run = made(1)
    batch = run.batches.get()

    simulator_modifies(batch.invoke_id, frequency="rate(10m)")
    look()

    alarm = Alarm.objects.get(kind=Alarm.Kind.SCHEDULE)
    assert alarm.batch == batch
    assert alarm.detail["old"]["frequency"] == "rate(5m)"
    assert alarm.detail["new"]["frequency"] == "rate(10m)"
    run.refresh_from_db()
    assert run.frequency == "rate(5m)", "what was asked for here stays as it was"
    look()
    assert Alarm.objects.filter(kind=Alarm.Kind.SCHEDULE).count() == 1


def simulator_modifies(invoke_id, **changed):
    from cloud import sdk
    from cloud.gate import call

    request = sdk.ecs().ModifyInvocationAttributeRequest(region_id=HANGZHOU, invoke_id=invoke_id, **changed)
    call("ModifyInvocationAttribute", connection.current(), HANGZHOU, request)


def test_no_clock_of_ours_ends_a_schedule(made, simulator):
    run = made(1)
    Batch.objects.update(accepted_at=db_now() - timedelta(days=400))
    run.targets.update(changed_at=db_now() - timedelta(days=400))

    look(2)

    run.refresh_from_db()
    assert (run.state, run.batches.get().state) == ("scheduled", BatchState.ACCEPTED)


def test_a_schedule_that_is_listed_nowhere_ends_only_after_several_looks(made, simulator):
    run = made(1)
    simulator.forget_invocation(run.batches.get().invoke_id)

    look(following.MISSES - 1)
    assert states(run) == {"scheduled"}
    look(2)

    run.refresh_from_db()
    assert (run.state, states(run)) == ("unknown", {"unknown"})


def test_a_stopped_schedule_has_no_further_times(made, simulator, look_until):
    run = made(2)
    stopping.request(run, PersonFactory(), "127.0.0.1")
    for pk in run.batches.values_list("pk", flat=True):
        tasks.stop_batch(str(pk))

    look_until(lambda: run.batches.get().state == BatchState.FINISHED)

    run.refresh_from_db()
    assert (run.state, states(run)) == ("stopped", {"cancelled"})
    simulator.advance(3600)
    assert simulator.journal.executions() == []


def test_a_replacement_stops_the_old_one_once_it_is_taken_and_not_before(made, submitted, simulator, look_until):
    old = made(1)
    new = submitted(1, "date", timing=Timing("Period", "rate(10m)"), replaces=old)

    look(2)
    old.refresh_from_db()
    assert old.stop_requested_at is None, "nothing of the new one is in the cloud yet"
    send(new)
    look_until(lambda: states(new) == {"scheduled"})
    old.refresh_from_db()

    assert old.stop_requested_at is not None
    assert replacing.is_taken(new)


def test_a_replacement_that_is_refused_leaves_the_old_one_as_it_is(made, submitted, simulator, look_until):
    old = made(1)
    new = submitted(1, "date", timing=at(db_now() + timedelta(seconds=30)), replaces=old)

    send(new)
    look(2)
    old.refresh_from_db()

    assert replacing.has_failed(new)
    assert (old.stop_requested_at, states(old)) == (None, {"scheduled"})


def test_a_call_that_fails_changes_nothing_and_is_tried_again(made, simulator):
    run = made(1)
    simulator.fault("DescribeInvocations", "status", code=503, times=1)

    look()

    batch = run.batches.get()
    assert (states(run), batch.state) == ({"scheduled"}, BatchState.ACCEPTED)
    assert batch.next_poll_at > db_now()
    assert batch.poll_lease_until is None


def test_while_nothing_runs_it_is_seldom_asked(made):
    run = made(1, timing=Timing("Period", "rate(5m)"))
    wait = run.batches.get().next_poll_at - db_now()
    assert timedelta(seconds=60) <= wait <= timedelta(seconds=302)


def test_secrets_are_hidden_in_every_execution(made, simulator, look_until):
    run = made(1, "echo {{word}}", secrets={"word": "hunter2hunter2"})
    for n in (1, 2):
        simulator.advance(300)
        look_until(lambda n=n: len([row for row in ran(run) if row[-1]]) == n)

    assert all(b"hunter2" not in bytes(one.content) for one in Execution.objects.all())
