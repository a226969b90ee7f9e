"""10,000 targets in 200 batches (A94, A96): nothing is asked once for each of them, and counters equal rows."""

import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Count
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from instances.models import Instance
from invocations import counting, dispatch, due, polling, states, stopping, tasks
from invocations.models import Batch, BatchState, Invocation, Target
from invocations.submitting import RunPlan, submit
from tests.factories import (
    HANGZHOU,
    AccountFactory,
    BatchFactory,
    CommandFactory,
    InvocationFactory,
    PersonFactory,
    RegionFactory,
    now,
)

HTMX = {"HX-Request": "true"}
FIRST_PAGE = 500_000  # bytes
A_BEAT = datetime(2026, 11, 1, tzinfo=UTC)  # at which a run of any size is looked at


def grow(run: Invocation, targets: int) -> None:
    """Add batches of 50 to the run: the first of them wait to be sent, the rest have finished."""
    rows = []
    for n in range(targets // 50):
        is_waiting = n < 5
        batch = BatchFactory(invocation=run, seq=1000 + n, size=50, accepted=not is_waiting)
        state = "waiting" if is_waiting else ("failed" if n % 7 == 0 else "success")
        ended = {} if is_waiting else {"started_at": now(), "finished_at": now(), "seconds": 1.5, "exit_code": n % 3}
        rows += [
            Target(
                invocation=run,
                batch=batch,
                instance_id=f"i-{run.pk}-{n:04d}-{m:02d}",
                kind="ecs",
                name=f"grown-{n:04d}-{m:02d}",
                state=state,
                changed_at=now(),
                **ended,
            )
            for m in range(50)
        ]
    Target.objects.bulk_create(rows, batch_size=500)
    run.batches.filter(seq__gte=1000, state=BatchState.ACCEPTED).update(
        state=BatchState.FINISHED, finished_at=now(), next_poll_at=None
    )
    Invocation.objects.filter(pk=run.pk).update(total=run.targets.count())
    with transaction.atomic():
        counting.recount(run.pk)


def test_A94_no_page_and_no_work_asks_more_queries_for_10000_targets_than_for_1000(operator):
    RegionFactory()
    small, large = InvocationFactory(), InvocationFactory()
    grow(small, 1000)
    grow(large, 10_000)

    runs = Invocation.objects.in_bulk([small.pk, large.pk]).values()
    asked = {run.total: _queries(operator, run) for run in runs}

    assert asked[1000] == asked[10_000]
    assert asked[10_000]["nothing new"] <= 4
    assert len(operator.get(large.get_absolute_url()).content) < FIRST_PAGE


def _queries(operator, run):
    live = reverse("invocations:live", args=[run.region, run.pk])
    waiting = run.batches.filter(state=BatchState.QUEUED).order_by("seq")
    operator.get(run.get_absolute_url())
    work = {
        "page": lambda: operator.get(run.get_absolute_url()),
        "page of batches": lambda: operator.get(run.get_absolute_url(), {"batch_page": "2"}),
        "settings": lambda: operator.get(run.get_absolute_url(), {"tab": "settings"}),
        "failed ones": lambda: operator.get(run.get_absolute_url(), {"state": "failed", "page": "2"}),
        "something new": lambda: operator.get(live, {"v": "0"}, headers=HTMX),
        "nothing new": lambda: operator.get(live, {"v": str(run.version)}, headers=HTMX),
        "history": lambda: operator.get(reverse("invocations:history", args=[run.region])),
        "tick": due.jobs,
        "claim": lambda: states.claim(waiting[0].pk, "test"),
        "recount": lambda: counting.recount(run.pk, waiting[1].pk),
        "stop of a batch": lambda: stopping.request(run, operator.person, "", scope="batch", batch=waiting[2]),
    }
    return {name: _number_of_queries(each) for name, each in work.items()}


def _number_of_queries(work) -> int:
    with CaptureQueriesContext(connection) as queries:
        work()
    return len(queries)


@pytest.mark.django_db(transaction=True)
def test_A94_a_poll_of_one_batch_costs_the_same_in_a_run_of_1000_and_of_10000(submitted, simulator):
    runs = {size: submitted(targets=50) for size in (1000, 10_000)}
    for size, run in runs.items():
        grow(run, size)
        dispatch.dispatch(run.batches.get(seq=1).pk)
    _wait_for_executions(simulator, 100)

    queries = {}
    for size, run in runs.items():
        Batch.objects.filter(seq=1).update(next_poll_at=now() + timedelta(hours=1))
        run.batches.filter(seq=1).update(next_poll_at=A_BEAT)
        queries[size] = _number_of_queries(lambda: polling.poll_region(HANGZHOU))

    assert {run.batches.get(seq=1).state for run in runs.values()} == {BatchState.FINISHED}
    assert queries[1000] == queries[10_000] <= 35


def _wait_for_executions(simulator, number: int) -> None:
    while sum(ran.finished is not None for ran in simulator.journal.executions()) < number:
        pass


@pytest.mark.django_db
def test_A94_the_rows_of_10000_targets_are_written_in_few_queries():
    RegionFactory()
    AccountFactory()
    command, person = CommandFactory(), PersonFactory()
    instances = [Instance(region=HANGZHOU, instance_id=f"i-{n}", kind="ecs", name=f"web-{n}") for n in range(10_000)]
    plan = RunPlan(command=command, person=person, address="", form_token=uuid.uuid4(), ecs=instances)

    assert _number_of_queries(lambda: submit(plan)) <= 250  # SQLite takes 50 rows of targets at a time

    run = Invocation.objects.get()
    assert run.counts == {"waiting": 10_000}
    assert Counter(run.batches.values_list("size", flat=True)) == {50: 200}


@pytest.mark.django_db(transaction=True)
def test_a_run_takes_two_calls_a_batch_and_one_for_50_of_them_when_all_are_looked_at(submitted, simulator, settings):
    settings.BATCH_SIZE = 1
    run = submitted(targets=51)
    for _name, batch in due.jobs():
        tasks.dispatch_batch(batch)
    _wait_for_executions(simulator, 51)

    run.batches.update(next_poll_at=A_BEAT + timedelta(milliseconds=1))
    tasks.poll_region(run.region)
    assert not simulator.journal.calls("DescribeInvocations"), "each batch would be looked at when it was accepted"
    assert len(set(run.batches.values_list("next_poll_at"))) == 1

    run.batches.update(next_poll_at=A_BEAT)
    tasks.poll_region(run.region)
    calls = Counter(call.operation for call in simulator.journal.calls())
    assert (calls["InvokeCommand"], calls["DescribeInvocationResults"], calls["DescribeInvocations"]) == (51, 51, 2)
    assert Invocation.objects.get(pk=run.pk).state == "success"


@pytest.mark.django_db(transaction=True)
def test_A96_viewers_call_nobody(submitted, operator, viewer, simulator, work_until_quiet):
    run = submitted(targets=2)
    work_until_quiet()
    before = len(simulator.journal.calls())

    for client in (operator, viewer):
        client.get(run.get_absolute_url())
        for version in ("0", "1", "999999"):
            client.get(reverse("invocations:live", args=[run.region, run.pk]), {"v": version}, headers=HTMX)

    assert len(simulator.journal.calls()) == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("trouble", ["none", "lose_after", "refuse", "too_many"])
def test_INV6_counters_equal_rows_after_every_step(trouble, submitted, simulator, settings, work_until_quiet):
    settings.BATCH_SIZE = 3
    run = submitted(targets=9, content="hostname; exit $((RANDOM % 2))")
    if trouble == "lose_after":
        simulator.fault("InvokeCommand", "lose_after", times=1)
    elif trouble == "refuse":
        simulator.stop_instance(run.targets.first().instance_id)
    elif trouble == "too_many":
        simulator.fault("InvokeCommand", "reject", code="InstanceIds.ExceedLimit", times=1)
    _counters_equal_rows(run)

    for n in range(40):
        jobs = due.jobs()
        for name, argument in jobs[:2]:
            getattr(tasks, name.rpartition(".")[2])(argument)
            _counters_equal_rows(run)
        if n == 3:
            stopping.request(run, run.person, "", scope="targets", ids=[run.targets.last().instance_id])
            _counters_equal_rows(run)
    work_until_quiet()

    _counters_equal_rows(run)


def _counters_equal_rows(run: Invocation) -> None:
    row = Invocation.objects.get(pk=run.pk)
    counted = dict(run.targets.values_list("state").annotate(n=Count("pk")).order_by())
    assert row.counts == counted
    assert row.finished == run.targets.at_rest().count()
    for batch in run.batches.all():
        assert batch.counts == dict(batch.targets.values_list("state").annotate(n=Count("pk")).order_by())


@pytest.mark.django_db
def test_A94_a_large_run_and_a_later_one_take_turns(settings):
    settings.API_QPS = "*=4"
    large, later = InvocationFactory(), InvocationFactory()
    for seq in range(100, 140):
        BatchFactory(invocation=large, seq=seq, next_attempt_at=now() - timedelta(minutes=5))
    for seq in range(1, 40):
        BatchFactory(invocation=later, seq=seq, next_attempt_at=now() - timedelta(minutes=1))

    handed = [Batch.objects.get(pk=pk) for name, pk in due.jobs() if name == due.DISPATCH]

    turns = Counter((batch.invocation_id, batch.seq) for batch in handed)
    assert turns == Counter([(large.pk, 100), (large.pk, 101), (later.pk, 1), (later.pk, 2)])
