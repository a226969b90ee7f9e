"""Addresses that somebody kept: of what is gone, of what never was, of what is only partly left (B18, B19)."""

import pytest
from django.urls import reverse

from instances.models import Instance
from invocations.models import Invocation
from tests.factories import HANGZHOU, OutputFactory, RegionFactory, now
from tests.invocations.panels import Shown, fresh_region
from tests.invocations.runs import a_run

pytestmark = pytest.mark.django_db


def addresses(region: str, run: int, instance_id: str) -> dict[str, str]:
    of_run, of_target = [region, run], [region, run, instance_id]
    return {
        "run": reverse("invocations:run", args=of_run),
        "live": reverse("invocations:live", args=of_run),
        "target": reverse("invocations:target", args=of_target),
        "output": reverse("invocations:output", args=of_target),
    }


@pytest.fixture
def kept():
    """A run with an output, whose command and instance are gone since."""
    fresh_region()
    target = OutputFactory(
        content=b"what is left\n", target__state="success", target__batch__invocation__command__deleted_at=now()
    ).target
    assert not Instance.objects.exists()
    return target


@pytest.mark.parametrize("page", ["run", "target"])
@pytest.mark.parametrize("query", [{}, {"target": "i-bp1nowhere"}, {"page": "99999"}, {"batch": "99"}, {"tab": "x"}])
def test_B19_what_is_left_of_a_run_is_shown(viewer, kept, page, query) -> None:
    address = addresses(HANGZHOU, kept.invocation_id, kept.instance_id)[page]

    shown = Shown(viewer.get(address, query))

    assert kept.name in shown.text
    assert kept.invocation.command_name in shown.text
    assert page == "run" or "what is left" in shown.text


def test_B19_an_output_that_the_cloud_no_longer_has_is_said_to_be_gone(viewer) -> None:
    fresh_region()
    run = a_run({"success": 1}, age=40 * 86_400)
    target = run.targets.get()

    shown = Shown(viewer.get(addresses(HANGZHOU, run.pk, target.instance_id)["target"]))

    assert target.name in shown.text
    assert "The output is no longer available." in shown.text


KINDS = ["run", "live", "target", "output"]
GONE = [(kind, where) for kind in KINDS for where in ("gone", "never", "of another region")]


@pytest.mark.parametrize(("kind", "where"), [*GONE, ("target", "of another run"), ("output", "of another run")])
def test_B19_what_is_gone_is_answered_as_what_never_was(viewer, kept, kind, where) -> None:
    RegionFactory(region_id="cn-beijing")
    run, instance_id, region = kept.invocation_id, kept.instance_id, HANGZHOU
    if where == "gone":
        Invocation.objects.filter(pk=run).delete()
    elif where == "never":
        run = 10**6
    elif where == "of another region":
        region = "cn-beijing"
    else:
        instance_id = a_run({"success": 1}).targets.get().instance_id

    answer = viewer.get(addresses(region, run, instance_id)[kind])

    assert answer.status_code == 404
    assert "<h1" in answer.content.decode()
    assert kept.name not in answer.content.decode()
