"""Faults that need no process of their own to be killed, each judged by the journal and the rows."""

from datetime import timedelta

import kombu.exceptions
import kombu.serialization
import pytest
from django.db import OperationalError
from django.utils import timezone

from consoleapp.celery import app
from invocations import dispatch, due, outputs, persisting, polling, states, tasks
from invocations.clock import db_now
from invocations.models import Attempt, Batch, BatchState, Invocation, Outcome, Output, Target
from tests.factories import now
from tests.invocations.pages import read

pytestmark = pytest.mark.django_db(transaction=True)


def poll(region: str) -> None:
    Batch.objects.update(next_poll_at=now(), poll_lease_until=None)
    polling.poll_region(region)


def test_A03_without_a_broker_the_run_is_found_by_the_tick(submitted, ran, work_until_quiet, monkeypatch):
    def is_away(*args, **kwargs):
        raise kombu.exceptions.OperationalError

    monkeypatch.setattr("celery.current_app.send_task", is_away)

    submitted(targets=2)
    work_until_quiet()

    assert set(ran().values()) == {1}


def test_A09_half_read_outputs_are_read_again_from_the_first_page(submitted, simulator, settings):
    settings.BATCH_SIZE = 100
    run = submitted(targets=60)
    batch = run.batches.get()
    dispatch.dispatch(batch.pk)
    batch.refresh_from_db()
    while Target.objects.open().exists():
        simulator.fault("DescribeInvocationResults", "status", code=503, body="json", times=1)
        poll(run.region)
    Output.objects.all().delete()
    simulator.clear_faults()
    simulator.fault("DescribeInvocationResults", "status", code=503, body="json", nth=2)

    assert not outputs.fetch(batch)
    assert not Output.objects.exists()
    assert outputs.fetch(batch)
    assert Output.objects.filter(is_complete=True).count() == 60


def test_A19_of_two_pollers_one_asks(submitted, simulator):
    run = submitted(targets=1, content="while true; do :; done")
    dispatch.dispatch(run.batches.get().pk)
    assert polling._claim(run.region)
    before = len(simulator.journal.calls())

    polling.poll_region(run.region)

    assert len(simulator.journal.calls()) == before


def test_A24_a_worker_whose_clock_is_off_takes_no_lease_from_another(submitted, monkeypatch, is_on_services):
    if not is_on_services:
        pytest.skip("SQLite is one machine: there is one clock")
    run = submitted(targets=1)
    attempt = states.claim(run.batches.get().pk, "first")
    real = timezone.now
    monkeypatch.setattr("django.utils.timezone.now", lambda: real() + timedelta(hours=1))

    assert states.claim(run.batches.get().pk, "an hour ahead") is None
    assert attempt is not None


def test_A28_messages_that_come_late_and_often_change_nothing(submitted, simulator, work_until_quiet):
    run = submitted(targets=2)
    batch = str(run.batches.get().pk)
    work_until_quiet()
    calls, version = len(simulator.journal.calls()), Invocation.objects.get(pk=run.pk).version

    for _ in range(3):
        for task in (tasks.stop_batch, tasks.look_up_batch, tasks.dispatch_batch):
            task(batch)
        tasks.poll_region(run.region)
        tasks.hand_out_due()

    assert len(simulator.journal.calls()) == calls
    assert Invocation.objects.get(pk=run.pk).version == version


def test_A29_a_second_copy_of_a_message_finds_the_lease(submitted):
    batch = submitted(targets=1).batches.get()

    assert app.conf.task_acks_late is False
    assert states.claim(batch.pk, "first")
    assert states.claim(batch.pk, "second") is None


def test_A31_a_message_that_is_no_json_is_refused():
    assert list(app.conf.accept_content) == ["json"]
    with pytest.raises(kombu.exceptions.ContentDisallowed):
        kombu.serialization.loads(b"\x80\x04.", "application/x-python-serialize", "binary", accept={"json"})


@pytest.mark.parametrize("times", [1, 3])
def test_A34_A36_an_answer_is_written_again_until_it_is_stored(
    times, submitted, simulator, ran, monkeypatch, work_until_quiet
):
    run = submitted(targets=1)
    real, failures = states.record, iter(range(times))

    def record(attempt, answer):
        if next(failures, None) is not None:
            raise OperationalError("the connection was cut")
        real(attempt, answer)

    monkeypatch.setattr(persisting, "WAITS", (0, 0, 0))
    monkeypatch.setattr(states, "record", record)
    dispatch.dispatch(run.batches.get().pk)

    assert run.batches.get().state == BatchState.ACCEPTED
    assert Attempt.objects.get().outcome == Outcome.ACCEPTED
    work_until_quiet()
    assert set(ran().values()) == {1}


def test_A34_an_answer_that_can_never_be_stored_is_found_by_its_tag(
    submitted, simulator, ran, monkeypatch, work_until_quiet
):
    def record(attempt, answer):
        raise OperationalError("the connection was cut")

    run = submitted(targets=1)
    with monkeypatch.context() as context:
        context.setattr(persisting, "WAITS", ())
        context.setattr(states, "record", record)
        with pytest.raises(OperationalError):
            dispatch.dispatch(run.batches.get().pk)
    Batch.objects.update(lease_until=now() - timedelta(seconds=1))

    work_until_quiet()

    assert set(ran().values()) == {1}
    assert Invocation.objects.get(pk=run.pk).state == "success"


def test_A41_a_record_that_cannot_be_read_keeps_nobody_else_waiting(submitted, operator, ran, work_until_quiet):
    broken, other = submitted(targets=1), submitted(targets=1)
    broken.batches.update(request="{not json")

    work_until_quiet()

    assert Invocation.objects.get(pk=other.pk).state == "success"
    assert broken.batches.get().hold_reason == "parameters"
    page = read(operator.get(broken.get_absolute_url()))
    assert "The record of batch 1 can’t be read, so nothing of it is sent." in page.text
    assert operator.get("/runs/").status_code == 200
    assert sum(ran().values()) == 1


def test_A41_a_record_in_doubt_that_cannot_be_read_is_asked_about_ever_less_often(submitted, simulator):
    simulator.fault("InvokeCommand", "lose_after", times=1)
    batch = submitted(targets=1).batches.get()
    tasks.dispatch_batch(str(batch.pk))
    Batch.objects.update(request="{not json", next_lookup_at=db_now())

    tasks.look_up_batch(str(batch.pk))

    batch.refresh_from_db()
    assert (batch.state, batch.lookups) == ("unsure", 1)
    assert batch.next_lookup_at > db_now()


def test_A61_one_released_between_choosing_and_sending_is_skipped_as_that(submitted, simulator, ran, work_until_quiet):
    simulator.rule("strict_targets")
    run = submitted(targets=3)
    gone = run.targets.first().instance_id
    simulator.release_instance(gone)

    work_until_quiet()

    assert run.targets.get(instance_id=gone).reason == "released"
    assert gone not in ran()
    assert Invocation.objects.get(pk=run.pk).counts == {"success": 2, "skipped": 1}


@pytest.mark.parametrize("offset", [1200, -1200])
def test_A71_a_clock_that_is_off_holds_the_run_and_says_by_how_much(
    offset, submitted, simulator, operator, ran, work_until_quiet
):
    simulator.rule("check_date")
    run = submitted(targets=1)
    simulator.clock(offset)
    dispatch.dispatch(run.batches.get().pk)
    assert run.batches.get().hold_reason == "clock"
    assert "clock is 1200 s off" in read(operator.get(run.get_absolute_url())).text
    assert ran() == {}

    simulator.clock(0)
    polling.gateway.list_invocations(polling.connection.current(), run.region)  # any answer tells the time
    Batch.objects.update(next_attempt_at=now())
    work_until_quiet()

    assert set(ran().values()) == {1}


def test_A102_after_two_days_of_sleep_nothing_is_sent(submitted, simulator, ran):
    run = submitted(targets=1)
    batch = run.batches.get()
    states.claim(batch.pk, "fell asleep")
    two_days = timedelta(days=2)
    Attempt.objects.update(started_at=now() - two_days, send_by=now() - two_days)
    Batch.objects.update(lease_until=now() - two_days, next_attempt_at=now(), send_deadline=now() + two_days)

    for name, argument in due.jobs():
        getattr(tasks, name.rpartition(".")[2])(argument)
    tasks.look_up_batch(str(batch.pk))

    assert run.targets.get().state == "unknown"
    assert simulator.journal.calls("InvokeCommand") == []
    assert ran() == {}
