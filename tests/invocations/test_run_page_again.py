"""Run again opens the panel, filled in; nothing ever runs by itself."""

import pytest
from django.urls import reverse

from invocations.models import Draft, Invocation
from tests.factories import RegionFactory
from tests.invocations.runs import a_run

pytestmark = pytest.mark.django_db
STATES = {"success": 3, "failed": 2, "timeout": 1, "skipped": 2, "unknown": 1, "unfollowed": 1, "cancelled": 2}


@pytest.fixture(autouse=True)
def _region():
    RegionFactory()


def again(run):
    return reverse("invocations:again", args=[run.region, run.pk])


@pytest.mark.parametrize(
    ("which", "states"),
    [
        ("failed", {"failed", "timeout"}),
        ("skipped", {"skipped"}),
        ("unknown", {"unknown", "unfollowed"}),
        ("unsent", {"cancelled"}),
        ("failed,unsent", {"failed", "timeout", "cancelled"}),
        ("all", set(STATES)),
        ("", set(STATES)),
        ("nonsense", set(STATES)),
    ],
)
def test_which_targets_go_into_the_draft(operator, which, states):
    run = a_run(STATES)

    response = operator.post(again(run), {"which": which, "confirmed": "on"})

    draft = Draft.objects.get()
    panel = reverse("invocations:panel", args=[run.region, run.command_cloud_id])
    assert (response.status_code, response.url) == (303, f"{panel}?draft={draft.pk}")
    assert set(draft.chosen) == set(run.targets.filter(state__in=states).values_list("instance_id", flat=True))
    assert (draft.person, draft.again_of) == (operator.person, run)
    assert Invocation.objects.count() == 1


def test_chosen_rows_go_into_the_draft(operator):
    run = a_run({"success": 3})
    one, two, _three = run.targets.values_list("instance_id", flat=True)

    operator.post(again(run), {"which": "ids", "ids": [one, two]})

    assert set(Draft.objects.get().chosen) == {one, two}


def test_only_those_who_run_commands_and_only_by_post(operator, viewer, stranger):
    run = a_run({"failed": 1})

    assert viewer.post(again(run), {"which": "failed"}).status_code == 404
    assert stranger.post(again(run), {"which": "failed"}).status_code == 401
    assert operator.get(again(run)).status_code == 405
    assert Draft.objects.count() == 0
