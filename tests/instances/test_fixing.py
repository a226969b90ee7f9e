"""Starting instances and installing agents."""

import json

import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from instances import mirror
from instances.models import Agent, Instance
from regions.models import MirrorKind
from tests.factories import HANGZHOU, InstanceFactory, MirrorFactory, RegionFactory

START = "/r/cn-hangzhou/instances/start/"
INSTALL = "/r/cn-hangzhou/instances/install-agent/"
HTMX = {"HX-Request": "true"}
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _region() -> None:
    RegionFactory()
    for kind in MirrorKind:
        MirrorFactory(kind=kind)


def test_the_question_names_count_and_effect(operator) -> None:
    stopped = InstanceFactory.create_batch(2, stopped=True)
    running = InstanceFactory()
    ids = ",".join(each.instance_id for each in [*stopped, running])

    page = operator.get(START, {"ids": ids}).content.decode()

    assert "Start 2 instances?" in page
    assert "Starting may incur charges." in page
    assert "1 of those chosen doesn’t need it and is left out." in page


def test_the_question_about_the_agent_says_when_it_works(operator) -> None:
    bare = InstanceFactory(agentless=True)

    page = operator.get(INSTALL, {"ids": bare.instance_id}, headers=HTMX).content.decode()

    assert "Install the agent on 1 instance?" in page
    assert "The agent works after the instance is restarted." in page
    assert "<html" not in page


def test_asking_starts_nothing(operator, simulator) -> None:
    operator.get(START, {"ids": InstanceFactory(stopped=True).instance_id})

    assert not simulator.journal.calls()


def test_stopped_instances_are_started(operator, simulator) -> None:
    ids = [each.instance_id for each in simulator.instances(HANGZHOU, status="Stopped", kind="ecs")][:2]
    mirror.refresh(HANGZHOU)

    response = operator.post(START, {"ids": ids}, follow=True)

    assert "Starting 2 instances." in response.content.decode()
    (call,) = simulator.journal.calls("StartInstances")
    assert call.instance_ids == sorted(ids, key=lambda i: Instance.objects.get(instance_id=i).name)
    rows = Instance.objects.filter(instance_id__in=ids)
    assert {row.status for row in rows} == {"starting"}
    assert all(row.started_at > timezone.now().replace(year=2000) for row in rows)


def test_one_entry_says_who_started_what(operator, simulator) -> None:
    (each, *_rest) = simulator.instances(HANGZHOU, status="Stopped", kind="ecs")
    mirror.refresh(HANGZHOU)

    operator.post(START, {"ids": each.instance_id})

    entry = AuditEntry.objects.get(action="instances.started")
    assert (entry.person, entry.region, entry.detail) == (
        operator.person,
        HANGZHOU,
        {"asked": [each.instance_id], "refused": {}},
    )


def test_each_that_cannot_be_started_is_told_with_its_reason(operator, simulator) -> None:
    stopped, other, *_rest = simulator.instances(HANGZHOU, status="Stopped", kind="ecs")
    mirror.refresh(HANGZHOU)
    simulator.start_instance(other.instance_id)
    simulator.advance(120)

    page = operator.post(START, {"ids": f"{stopped.instance_id},{other.instance_id}"}, follow=True).content.decode()

    assert "Starting 1 instance." in page
    assert f"{other.name} can’t be started:" in page
    assert "IncorrectInstanceStatus" in page
    assert AuditEntry.objects.get().detail["refused"] == {other.instance_id: "IncorrectInstanceStatus"}


def test_the_agent_is_installed(operator, simulator) -> None:
    (bare, *_rest) = simulator.instances(HANGZHOU, status="Running", agent="none")
    mirror.refresh(HANGZHOU)

    response = operator.post(INSTALL, {"ids": bare.instance_id}, follow=True)

    assert "Installing the agent on 1 instance." in response.content.decode()
    assert [call.instance_ids for call in simulator.journal.calls("InstallCloudAssistant")] == [[bare.instance_id]]
    assert AuditEntry.objects.get().action == "instances.agent_installed"


def test_htmx_is_told_in_the_dialog_and_the_page_that_something_changed(operator, simulator) -> None:
    (each, *_rest) = simulator.instances(HANGZHOU, status="Stopped", kind="ecs")
    mirror.refresh(HANGZHOU)

    response = operator.post(START, {"ids": each.instance_id}, headers=HTMX)

    assert response.status_code == 200
    assert json.loads(response.headers["HX-Trigger"]) == {"instances-changed": {"ids": [each.instance_id]}}
    assert "Starting 1 instance." in response.content.decode()
    assert "<html" not in response.content.decode()


def test_what_the_cloud_refuses_as_a_whole_is_explained(operator, simulator) -> None:
    stopped = InstanceFactory(stopped=True)
    simulator.fault("StartInstances", "forbid")

    response = operator.post(START, {"ids": stopped.instance_id})

    assert response.status_code == 422
    assert "Ask the account admin for the RAM action named in the detail" in response.content.decode()
    assert AuditEntry.objects.get().detail["error"]


def test_afterwards_one_is_back_where_one_was(operator, simulator) -> None:
    (each, *_rest) = simulator.instances(HANGZHOU, status="Stopped", kind="ecs")
    mirror.refresh(HANGZHOU)

    there = operator.post(START, {"ids": each.instance_id, "next": "/r/cn-hangzhou/commands/"})

    assert there.url == "/r/cn-hangzhou/commands/"


def test_B20_nobody_is_led_elsewhere(operator, simulator) -> None:
    (each, *_rest) = simulator.instances(HANGZHOU, status="Stopped", kind="ecs")
    mirror.refresh(HANGZHOU)

    assert operator.post(START, {"ids": each.instance_id, "next": "//evil"}).url == "/r/cn-hangzhou/instances/"


@pytest.mark.parametrize("ids", ["", "i-nothing", "<script>", "mi-hz1", "i-bp1" * 1000])
def test_B18_ids_of_nothing_start_nothing(operator, simulator, ids: str) -> None:
    response = operator.post(START, {"ids": ids})

    assert response.status_code == 422
    assert "None of the chosen instances is stopped." in response.content.decode()
    assert not simulator.journal.calls()


def test_instances_of_another_region_are_none_of_this_one(operator, simulator) -> None:
    elsewhere = InstanceFactory(region="cn-beijing", stopped=True)

    assert operator.post(START, {"ids": elsewhere.instance_id}).status_code == 422
    assert not simulator.journal.calls()


@pytest.mark.parametrize("url", [START, INSTALL])
def test_it_is_for_those_who_run_commands(viewer, stranger, url: str) -> None:
    ids = InstanceFactory(stopped=True).instance_id

    assert [viewer.get(url, {"ids": ids}).status_code, viewer.post(url, {"ids": ids}).status_code] == [404, 404]
    assert stranger.post(url, {"ids": ids}).status_code == 401
    assert not AuditEntry.objects.exists()


def test_a_started_machine_has_an_agent_that_may_still_report(operator, simulator) -> None:
    (each, *_rest) = simulator.instances(HANGZHOU, status="Stopped", kind="ecs")
    mirror.refresh(HANGZHOU)

    operator.post(START, {"ids": each.instance_id})

    assert Instance.objects.get(instance_id=each.instance_id).agent == Agent.UNKNOWN
