"""What somebody who reaches the broker, or trouble between two steps, can make of a run: nothing."""

from datetime import timedelta

import pytest
from celery.signals import before_task_publish
from django.db import DatabaseError
from django.db import connection as database

from accounts.models import AuditEntry
from consoleapp.celery import app
from invocations import dispatch, states, tasks
from invocations.models import Batch, Invocation, Outcome, Target
from tests.factories import now

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def published():
    """The arguments of every message, as they leave."""
    found = []

    def keep(body, **_more):
        args, kwargs, _embed = body
        found.append((args, kwargs))

    before_task_publish.connect(keep)
    yield found
    before_task_publish.disconnect(keep)


def sends(simulator):
    return simulator.journal.calls("InvokeCommand")


def test_C69_a_message_said_again_and_again_sends_a_batch_once(submitted, simulator, ran, work_until_quiet):
    batch = str(submitted(targets=2).batches.get().pk)

    for _ in range(3):
        tasks.dispatch_batch(batch)
    work_until_quiet()
    for task in (tasks.dispatch_batch, tasks.stop_batch, tasks.look_up_batch):
        task(batch)

    assert len(sends(simulator)) == 1
    assert set(ran().values()) == {1}
    assert simulator.journal.calls("StopInvocation") == []


@pytest.mark.parametrize("later", ["next_attempt_at", "send_deadline", "stop_requested_at"])
def test_C69_a_message_wakes_and_does_not_decide(submitted, simulator, later):
    batch = submitted(targets=1).batches.get()
    moments = {
        "next_attempt_at": now() + timedelta(hours=1),
        "send_deadline": now() - timedelta(seconds=1),
        "stop_requested_at": now(),
    }
    Batch.objects.filter(pk=batch.pk).update(**{later: moments[later]})

    tasks.dispatch_batch(str(batch.pk))

    assert sends(simulator) == []


def test_C40_messages_are_json_and_carry_one_id_each(submitted, published):
    run = submitted(targets=120)

    tasks.hand_out_due()

    known = {str(pk) for pk in run.batches.values_list("pk", flat=True)}
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_ignore_result
    assert {argument for args, _kwargs in published for argument in args} == known
    assert all(kwargs == {} for _args, kwargs in published)


def test_C67_a_run_that_cannot_be_audited_does_not_exist(submitted, simulator):
    table = AuditEntry._meta.db_table
    with database.cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{table}" RENAME TO "{table}_away"')
    try:
        with pytest.raises(DatabaseError):
            submitted(targets=1)
    finally:
        with database.cursor() as cursor:
            cursor.execute(f'ALTER TABLE "{table}_away" RENAME TO "{table}"')

    tasks.hand_out_due()

    assert not Invocation.objects.exists()
    assert not Target.objects.exists()
    assert sends(simulator) == []


def test_C70_what_is_stopped_between_claim_and_call_is_not_sent(submitted, simulator):
    batch = submitted(targets=1).batches.get()
    attempt = states.claim(batch.pk, "one")
    Batch.objects.filter(pk=batch.pk).update(stop_requested_at=now())

    assert dispatch._try(attempt, dispatch.Stopwatch()).outcome == Outcome.NOT_SENT
    assert sends(simulator) == []


def test_C70_who_is_disabled_between_claim_and_call_sends_nothing(submitted, simulator):
    run = submitted(targets=1)
    attempt = states.claim(run.batches.get().pk, "one")
    type(run.person).objects.filter(pk=run.person.pk).update(is_active=False)

    answer = dispatch._try(attempt, dispatch.Stopwatch())

    assert (answer.outcome, answer.skip) == (Outcome.NOT_SENT, "not-permitted")
    assert sends(simulator) == []
