"""Copying the machines of a region from the cloud."""

from copy import copy
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cloud.errors import NotPermitted
from instances import mirror
from instances.models import Agent, Instance, InstanceTag, Kind
from regions.models import Mirror, MirrorKind, Region
from tests.factories import InstanceFactory, RegionFactory

HANGZHOU = "cn-hangzhou"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _region() -> None:
    RegionFactory()


def row_of(instance_id: str) -> Instance:
    return Instance.objects.get(region=HANGZHOU, instance_id=instance_id)


def state_of(kind: MirrorKind = MirrorKind.INSTANCES) -> Mirror:
    return Mirror.objects.of(HANGZHOU, kind)


def test_every_machine_of_the_region_is_copied(simulator) -> None:
    mirror.refresh(HANGZHOU)

    expected = {
        (each.instance_id, each.name, each.status.lower()) for each in simulator.instances(HANGZHOU, kind="ecs")
    }
    rows = Instance.objects.filter(kind=Kind.ECS).values_list("instance_id", "name", "status")
    assert set(rows) == expected
    assert Instance.objects.filter(kind=Kind.MANAGED).count() == len(simulator.instances(HANGZHOU, kind="managed"))
    assert Region.objects.get().instance_count == len(expected)


def test_what_is_known_of_a_machine_is_copied(simulator) -> None:
    (machine, *_rest) = simulator.instances(HANGZHOU, kind="ecs", agent="normal", os_type="linux")

    mirror.refresh(HANGZHOU)

    row = row_of(machine.instance_id)
    assert (row.os_type, row.agent, row.tags) == ("linux", Agent.NORMAL, machine.tags)
    assert row.private_ip
    assert f" {row.private_ip} " in row.addresses
    assert row.agent_version
    assert row.heartbeat_at > timezone.now() - timedelta(minutes=3)
    assert dict(row.tag_rows.values_list("key", "value")) == machine.tags


def test_the_agent_is_as_its_heartbeat_says(simulator) -> None:
    mirror.refresh(HANGZHOU)

    expected = {"normal": Agent.NORMAL, "silent": Agent.ABNORMAL, "none": Agent.NONE}
    for each in simulator.instances(HANGZHOU, kind="ecs"):
        agent = expected[each.agent] if each.status == "Running" else Agent.UNKNOWN
        assert row_of(each.instance_id).agent == agent, each


def test_a_second_copy_changes_what_changed(simulator) -> None:
    stopped, retagged, *_rest = simulator.instances(HANGZHOU, kind="ecs", status="Running")
    mirror.refresh(HANGZHOU)
    simulator.stop_instance(stopped.instance_id)
    simulator.retag_instance(retagged.instance_id, {"env": "new"})

    mirror.refresh(HANGZHOU)

    assert row_of(stopped.instance_id).status in ("stopping", "stopped")
    assert row_of(retagged.instance_id).tags == {"env": "new"}
    assert list(InstanceTag.objects.filter(instance=row_of(retagged.instance_id)).values_list("key", "value")) == [
        ("env", "new")
    ]


def test_a_released_machine_stays_marked_as_such(simulator) -> None:
    (gone, *_rest) = simulator.instances(HANGZHOU, kind="ecs", status="Running")
    mirror.refresh(HANGZHOU)
    simulator.release_instance(gone.instance_id)

    mirror.refresh(HANGZHOU)

    row = row_of(gone.instance_id)
    assert (row.status, row.agent) == ("released", Agent.UNKNOWN)
    assert row.released_at is not None
    assert Instance.objects.filter(released_at__isnull=False).count() == 1


def test_it_is_known_since_when_a_machine_runs(simulator) -> None:
    (machine, *_rest) = simulator.instances(HANGZHOU, kind="ecs", status="Stopped")
    mirror.refresh(HANGZHOU)
    assert row_of(machine.instance_id).started_at is None
    simulator.start_instance(machine.instance_id)
    simulator.advance(120)

    began = timezone.now()
    mirror.refresh(HANGZHOU)
    mirror.refresh(HANGZHOU)

    row = row_of(machine.instance_id)
    assert row.status == "running"
    assert began <= row.started_at <= timezone.now()


def test_a_machine_that_always_ran_runs_since_it_was_made(simulator) -> None:
    mirror.refresh(HANGZHOU)

    running = Instance.objects.filter(kind=Kind.ECS, status="running")
    assert not running.exclude(started_at=None).filter(started_at__gt=timezone.now() - timedelta(minutes=5)).exists()


def test_A80_an_empty_answer_without_permission_releases_nobody(simulator) -> None:
    mirror.refresh(HANGZHOU)
    simulator.fault("DescribeInstances", "forbid")

    mirror.refresh(HANGZHOU)

    assert not Instance.objects.exclude(released_at=None).exists()
    failed = state_of()
    assert (failed.error_kind, failed.error_action) == ("NotPermitted", "ecs:DescribeInstances")


def test_A80_dispatch_is_told_rather_than_that_all_are_gone(simulator) -> None:
    ids = simulator.running_instances(HANGZHOU, 3)
    mirror.refresh(HANGZHOU)
    simulator.fault("DescribeInstances", "forbid")

    with pytest.raises(NotPermitted):
        mirror.refresh_some(HANGZHOU, ids)

    assert not Instance.objects.exclude(released_at=None).exists()


def test_A80_a_region_with_no_machines_is_believed_to_have_none(simulator) -> None:
    RegionFactory(region_id="eu-west-1", name_en="UK (London)", has_managed=False)

    mirror.refresh("eu-west-1")

    assert Mirror.objects.of("eu-west-1", MirrorKind.INSTANCES).refreshed_at is not None
    assert Region.objects.get(pk="eu-west-1").instance_count == 0


def test_A81_one_released_among_many_costs_nobody_else_their_status(simulator) -> None:
    ids = simulator.running_instances(HANGZHOU, 100)
    mirror.refresh(HANGZHOU)
    Instance.objects.update(agent=Agent.UNKNOWN)
    simulator.release_instance(ids[40])

    mirror.refresh_some(HANGZHOU, ids)

    assert row_of(ids[40]).status == "released"
    others = Instance.objects.filter(instance_id__in=ids).exclude(instance_id=ids[40])
    assert set(others.values_list("agent", flat=True)) == {Agent.NORMAL}


def test_only_those_asked_about_are_looked_at(simulator) -> None:
    ids = simulator.running_instances(HANGZHOU, 2)
    (managed,) = simulator.running_instances(HANGZHOU, 1, kind="managed")

    mirror.refresh_some(HANGZHOU, [*ids, managed])

    assert set(Instance.objects.values_list("instance_id", flat=True)) == {*ids, managed}


def test_what_the_cloud_refuses_is_written_down(simulator) -> None:
    simulator.fault("DescribeInstances", "throttle", times=1)

    mirror.refresh(HANGZHOU)

    failed = state_of()
    assert (failed.error_kind, failed.is_refreshing, failed.refreshed_at) == ("Throttled", False, None)
    assert failed.next_try_at > timezone.now()


def test_managed_machines_are_no_reason_to_know_nothing_of_the_others(simulator) -> None:
    simulator.fault("DescribeManagedInstances", "forbid", times=1)

    mirror.refresh(HANGZHOU)

    assert state_of(MirrorKind.MANAGED).error_action == "ecs:DescribeManagedInstances"
    assert state_of().refreshed_at is not None


def test_a_region_without_managed_machines_is_not_asked_for_any(simulator) -> None:
    RegionFactory(region_id="eu-central-1", has_managed=False)

    mirror.refresh("eu-central-1")

    assert not simulator.journal.calls("DescribeManagedInstances")


def test_thousands_of_machines_are_stored_in_parts() -> None:
    """No transaction keeps other writers waiting for long."""
    began = timezone.now()
    one = InstanceFactory.build(tags={}, seen_at=began)
    rows = [copy(one) for _ in range(3000)]
    for n, row in enumerate(rows):
        row.instance_id, row.tags = f"i-{n}", {"env": "prod", "role": "web"}

    with CaptureQueriesContext(connection) as queries:
        mirror._store(rows, Instance.objects.filter(region=HANGZHOU, kind=Kind.ECS), began)

    transactions = [query for query in queries if query["sql"].startswith("SAVEPOINT")]
    assert (Instance.objects.count(), InstanceTag.objects.count()) == (3000, 6000)
    assert len(transactions) == 3000 / mirror.AT_ONCE
