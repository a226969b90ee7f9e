"""Stopping: in numbers before, one effect whoever presses how often, and nobody who may not."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import AuditEntry
from invocations.models import Batch, Invocation, Target
from tests.factories import RegionFactory, now
from tests.invocations.pages import read
from tests.invocations.runs import a_run

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _region():
    RegionFactory()


def stop(run, **query):
    return reverse("invocations:stop", args=[run.region, run.pk], query=query)


def sentences(response):
    return [item.text for item in read(response).one("ul", class_="check").all("li")]


def test_the_dialog_says_in_numbers_what_a_stop_would_do(operator):
    run = a_run({"success": 82, "failed": 4, "running": 14, "waiting": 20})

    response = operator.get(stop(run), headers=HTMX)

    page = read(response)
    assert page.all("html") == []
    assert page.one("h2").text == f"Stop run #{run.pk}?"
    assert sentences(response) == [
        "20 instances have not been sent and won’t be.",
        "14 are running and will be told to stop; what they have already done stays done.",
        "86 have finished and stay as they are.",
    ]
    assert "autofocus" in page.one("a").attrs


def test_a_batch_in_doubt_is_counted_apart(operator):
    run = a_run({"waiting": 60})
    Batch.objects.filter(invocation=run, seq=1).update(state="unsure", epoch=1)

    assert sentences(operator.get(stop(run)))[:2] == [
        "10 instances have not been sent and won’t be.",
        "50 are being sent or checked and will be told to stop once the cloud has answered.",
    ]


def test_looking_stops_nothing(operator):
    run = a_run({"running": 1, "waiting": 1})

    operator.get(stop(run))
    operator.post(stop(run), {"ask": "targets", "ids": run.targets.first().instance_id})

    run.refresh_from_db()
    assert (run.state, run.stop_requested_at) == ("running", None)


def test_the_same_is_a_page_of_its_own_without_script(operator):
    run = a_run({"running": 1})

    page = read(operator.get(stop(run)))

    assert page.one("form", action=stop(run)).all("input", name="scope")[0]["value"] == "run"
    assert len(page.all("h1")) == 1


def test_stopping_the_run_cancels_what_is_unsent_and_leads_back(operator):
    run = a_run({"success": 50, "waiting": 20})

    response = operator.post(stop(run), {"scope": "run"})

    run.refresh_from_db()
    assert (response.status_code, response.url) == (303, run.get_absolute_url())
    assert run.stop_requested_by == operator.person
    assert run.counts == {"success": 50, "cancelled": 20}
    assert AuditEntry.objects.filter(action="run.stopped", person=operator.person).count() == 1


def test_stopping_one_batch_leaves_the_others(operator):
    run = a_run({"waiting": 60})

    operator.post(stop(run), {"scope": "batch", "batch": "2"})

    assert set(run.batches.get(seq=1).targets.values_list("state", flat=True)) == {"waiting"}
    assert set(run.batches.get(seq=2).targets.values_list("state", flat=True)) == {"cancelled"}


def test_stopping_chosen_targets_tells_the_cloud_about_just_these(operator):
    run = a_run({"running": 3})
    one, two, _three = run.targets.order_by("pk").values_list("instance_id", flat=True)

    operator.post(stop(run), {"scope": "targets", "ids": [one, two]})

    asked = run.targets.filter(stop_requested_at__isnull=False).values_list("instance_id", flat=True)
    assert set(asked) == {one, two}
    assert run.batches.get().next_stop_at is not None


def test_B96_a_stop_pressed_twice_or_by_two_has_one_effect(operator, admin):
    run = a_run({"running": 2})

    operator.post(stop(run), {"scope": "run"})
    response = admin.post(stop(run), {"scope": "run"}, follow=True)

    run.refresh_from_db()
    assert response.status_code == 200
    assert run.stop_requested_by == operator.person


def test_B96_a_stop_that_comes_after_the_end_says_what_is_the_case(operator):
    run = a_run({"success": 2})

    asked = operator.get(stop(run))
    answered = operator.post(stop(run), {"scope": "run"}, follow=True)

    assert sentences(asked) == ["2 have finished and stay as they are.", "Nothing is left to stop."]
    assert read(asked).all("button", class_="btn danger") == []
    assert "Nothing was left to stop: it had already ended." in read(answered).text
    assert Invocation.objects.get().stop_requested_at is None


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"scope": "everything"}, 404),
        ({"scope": "batch"}, 404),
        ({"scope": "batch", "batch": "99"}, 404),
        ({"scope": "batch", "batch": "-1"}, 404),
        ({"scope": "batch", "batch": "9" * 30}, 404),
        ({"scope": "targets"}, 303),
        ({"scope": "targets", "ids": "i-nobody"}, 303),
        ({"scope": "targets", "ids": "'; drop table"}, 303),
    ],
)
def test_odd_scopes_stop_nothing(operator, fields, status):
    run = a_run({"running": 1, "waiting": 1})

    assert operator.post(stop(run), fields).status_code == status
    run.refresh_from_db()
    assert run.counts == {"running": 1, "waiting": 1}


def test_ids_of_another_run_are_not_touched(operator):
    run, other = a_run({"running": 1}), a_run({"running": 1})

    operator.post(stop(run), {"scope": "targets", "ids": other.targets.get().instance_id})

    assert Target.objects.filter(stop_requested_at__isnull=False).count() == 0


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_viewer_and_a_stranger_stop_nothing(viewer, stranger, method):
    run = a_run({"running": 1})

    assert getattr(viewer, method)(stop(run)).status_code == 404
    assert getattr(stranger, method)(stop(run)).status_code in (302, 401)
    run.refresh_from_db()
    assert run.stop_requested_at is None


def test_B10_other_methods_are_refused(operator):
    run = a_run({"running": 1})

    assert operator.delete(stop(run)).status_code == 405
    assert operator.put(stop(run)).status_code == 405


def test_stop_is_gone_from_the_page_once_it_was_asked_for(operator):
    run = a_run({"running": 1})
    Invocation.objects.filter(pk=run.pk).update(stop_requested_at=now() - timedelta(seconds=1), state="stopping")

    assert read(operator.get(run.get_absolute_url())).all("a", href=stop(run)) == []
