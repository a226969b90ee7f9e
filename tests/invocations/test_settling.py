"""Targets whose end nobody tells: asked for once more, marked by hand; the truth takes the place of any mark."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import AuditEntry
from invocations import dispatch, polling
from invocations.models import Attempt, Batch, BatchState
from tests.factories import RegionFactory, now
from tests.invocations.pages import read
from tests.invocations.runs import a_run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _region():
    RegionFactory()


def url(run, name):
    return reverse(f"invocations:{name}", args=[run.region, run.pk])


def ids_of(run, **which):
    return list(run.targets.filter(**which).values_list("instance_id", flat=True))


def shown(client, run, instance_id):
    return read(client.get(f"{run.get_absolute_url()}?target={instance_id}"))


@pytest.mark.parametrize("result", ["success", "failed"])
def test_A62_an_operator_marks_what_nobody_knows(result, operator):
    run = a_run({"unknown": 1, "unfollowed": 1, "success": 1})

    operator.post(url(run, "mark"), {"result": result, "ids": ids_of(run)})

    run.refresh_from_db()
    assert run.targets.filter(reason="marked", state=result, marked_by=operator.person).count() == 2
    assert run.state == ("success" if result == "success" else "partialfailed")
    entry = AuditEntry.objects.get(action="run.marked")
    assert (entry.detail["result"], len(entry.detail["ids"])) == (result, 2)
    (first, *_rest) = ids_of(run, reason="marked")
    word = "succeeded" if result == "success" else "failed"
    assert f"Marked by oscar as {word}." in shown(operator, run, first).text


def test_a_mark_can_be_changed_and_what_is_known_cannot(operator):
    run = a_run({"unknown": 1, "failed": 1})
    (unknown,), (failed,) = ids_of(run, state="unknown"), ids_of(run, state="failed")

    for result in ("success", "failed"):
        operator.post(url(run, "mark"), {"result": result, "ids": unknown})
    response = operator.post(url(run, "mark"), {"result": "success", "ids": failed}, follow=True)

    assert "Nothing was marked: how it ended is known." in read(response).text
    assert set(run.targets.values_list("state", "reason")) == {("failed", "marked"), ("failed", "")}


@pytest.mark.parametrize("state", ["unknown", "unfollowed"])
def test_the_page_offers_both_to_operators_alone(state, operator, viewer):
    run = a_run({state: 2})
    instance_id = ids_of(run)[0]

    assert shown(operator, run, instance_id).one("form", action=url(run, "ask"))
    assert shown(viewer, run, instance_id).all("form", action=url(run, "ask")) == []


@pytest.mark.parametrize("fields", [{}, {"result": "stopped"}, {"result": ""}])
def test_odd_results_mark_nothing_and_say_what_to_choose(fields, operator):
    run = a_run({"unknown": 1})

    answer = operator.post(url(run, "mark"), {**fields, "ids": ids_of(run)}, follow=True)

    assert "Nothing was marked: choose succeeded or failed." in answer.content.decode()
    assert ids_of(run, state="unknown")


def test_a_console_without_keys_says_so_where_the_cloud_is_to_be_asked(operator, settings):
    settings.CLOUD_ACCESS_KEY_ID = ""
    run = a_run({"unfollowed": 1})

    answer = operator.post(url(run, "ask"), {"ids": ids_of(run)}, follow=True)

    assert "The simulated cloud needs an access key" in answer.content.decode()


def give_up(run) -> None:
    """Its answer was lost, and the cloud did not list it for as long as the console looks."""
    batch = run.batches.get()
    Attempt.objects.update(started_at=now() - timedelta(days=1), send_by=now() - timedelta(days=1))
    Batch.objects.filter(pk=batch.pk).update(state=BatchState.UNKNOWN, next_attempt_at=now())
    run.targets.update(state="unknown", reason="unknown")


def test_A13_a_mark_gives_way_to_what_the_cloud_says_when_asked(operator, submitted, simulator, work_until_quiet):
    run = submitted(targets=2, content="exit 4")
    simulator.fault("InvokeCommand", "lose_after", times=1)
    dispatch.dispatch(run.batches.get().pk)
    give_up(run)
    operator.post(url(run, "mark"), {"result": "success", "ids": ids_of(run)})

    response = operator.post(url(run, "ask"), {"ids": ids_of(run)}, follow=True)
    work_until_quiet()

    assert "The cloud told something new of 2 instances." in read(response).text
    assert set(run.targets.values_list("state", "exit_code", "reason")) == {("failed", 4, "")}
    assert run.batches.get().is_late
    assert "Answer arrived late at" in operator.get(run.get_absolute_url()).content.decode()
    assert AuditEntry.objects.filter(action="run.marked").exists()


def test_A62_one_no_longer_followed_is_asked_for_once_more(operator, submitted, work_until_quiet):
    run = submitted(targets=2, content="echo back")
    work_until_quiet()
    run.targets.update(state="unfollowed", reason="unfollowed", exit_code=None, finished_at=None)

    operator.post(url(run, "ask"), {"ids": ids_of(run)})

    assert set(run.targets.values_list("state", "exit_code")) == {("success", 0)}


def test_A64_what_the_cloud_no_longer_lists_stays_as_it_was(operator, submitted, simulator, work_until_quiet):
    run = submitted(targets=2)
    work_until_quiet()
    one, other = run.targets.order_by("pk")
    run.targets.filter(pk=one.pk).update(state="running")
    batch = run.batches.get()
    simulator.forget_invocation(batch.invoke_id)
    Batch.objects.update(state=BatchState.ACCEPTED, accepted_at=now() - timedelta(minutes=3))
    Batch.objects.update(next_poll_at=now(), poll_lease_until=None)
    polling.poll_region(run.region)

    response = operator.post(url(run, "ask"), {"ids": one.instance_id}, follow=True)

    page = read(response).text
    assert "The cloud knows nothing more." in page
    assert f"The cloud no longer lists {batch.invoke_id}." in page
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.state, other.state) == ("unknown", "success")


def test_asking_a_cloud_that_does_not_answer_says_why(operator, submitted, simulator, work_until_quiet):
    run = submitted(targets=1)
    work_until_quiet()
    run.targets.update(state="unfollowed", reason="unfollowed")
    simulator.fault("DescribeInvocations", "forbid")

    response = operator.post(url(run, "ask"), {"ids": ids_of(run)}, follow=True)

    assert read(response).all("div", role="alert")
    assert run.targets.get().state == "unfollowed"


def test_what_is_known_is_not_asked_for(operator, submitted, simulator, work_until_quiet):
    run = submitted(targets=1)
    work_until_quiet()
    before = len(simulator.journal.calls())

    operator.post(url(run, "ask"), {"ids": ids_of(run)})

    assert len(simulator.journal.calls()) == before
